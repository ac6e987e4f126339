/**
 * What is kept of a stream has bounds, because a stream says itself how much there is of everything. Each is far above what
 * QEMU writes for the largest guests (some 20 KB of state and of description a vCPU); past it the reader gives up with the
 * offset.
 */

/** Device state, whole: all that is not RAM and not described by a footer search. */
export const MAXIMUM_DEVICE_STATE: number = 64 * 1024 * 1024;

/** The description (vmdesc), bytes of JSON. */
export const MAXIMUM_DESCRIPTION: number = 32 * 1024 * 1024;

/** Objects and arrays in the description. */
export const MAXIMUM_DESCRIPTION_NODES = 1_000_000;

/** Levels of nesting in the description; QEMU's devices have less than twenty. */
export const MAXIMUM_DESCRIPTION_DEPTH = 64;

/** Fields and elements of arrays over all sections. */
export const MAXIMUM_FIELDS = 2_000_000;

/** RAM blocks, live sections, commands. */
export const MAXIMUM_LISTED = 65_536;
