/**
 * Where everything stands in a guest's memory, which begins at guest-physical address 0. The same in every guest, so that
 * a snapshot's memory can be read without knowing who made it.
 */

/** Real mode's interrupt vector table (Intel SDM volume 3, section 22.1.4), unused in long mode. */
export const VECTOR_TABLE = 0;
/** A guest's own page: the witness's report begins here. */
export const HEADER = 0x1000;
export const GDT = 0x2000;
export const IDT = 0x3000;
/** Six pages: PML4, PDPT, and a page directory for each of the four GiB below 4 GiB. */
export const PAGE_TABLES = 0x4000;
/** For each vector the address of a handler of the operation that is going on, or 0. */
export const HOOKS = 0xa000;
/** A page for whoever needs memory to try something on. */
export const SCRATCH = 0xb000;
/** The handlers of all vectors, which are the same in every guest of a mode. */
export const HANDLERS = 0xc000;
/** One block a vCPU. */
export const VCPU_BLOCKS = 0x1_0000;
/** A power of two, and aligned so: a handler finds its vCPU's block by its stack pointer. */
export const VCPU_BLOCK_BYTES = 0x4000;
export const MAXIMUM_VCPUS = 8;
/** Behind the blocks: the slots of a table's operations, then the program. */
export const SLOTS: number = VCPU_BLOCKS + MAXIMUM_VCPUS * VCPU_BLOCK_BYTES;
export const GUEST_BYTES = 0x20_0000;

/** Offsets in a vCPU's block. */
export const BLOCK = {
  /** The slot of the operation that is going on, or 0. */
  slot: 0x00,
  /** Where the guest goes on after a fault, with which stack pointer and which flags. */
  resume: 0x08,
  stack: 0x10,
  flags: 0x18,
  /** How a handler ends an interrupt: `EOI`. */
  eoi: 0x20,
  /** An exception while no operation was going on: how many, then vector, error code, RIP and CR2 of the last. */
  strays: 0x28,
  strayVector: 0x30,
  strayError: 0x38,
  strayAddress: 0x40,
  strayCr2: 0x48,
  /** Real mode: the segment of the program. */
  segment: 0x50,
  /** The task state segment, 104 bytes (Intel SDM volume 3, figure 9-11). */
  tss: 0x80,
  /** Free for a guest's own use, up to `counters`. */
  own: 0x100,
  /** How often each vector was taken: 256 numbers of 32 bits. */
  counters: 0x400,
  /** Stacks grow down from here. */
  userStackTop: 0x1000,
  interruptStackTop: 0x2000,
  doubleFaultStackTop: 0x3000,
  stackTop: 0x4000,
} as const;

/** How an interrupt's handler says that it is done. */
export const EOI = { none: 0, xapic: 1, x2apic: 2 } as const;
export type Eoi = keyof typeof EOI;

export function vcpuBlock(vcpu: number): number {
  if (vcpu >= MAXIMUM_VCPUS) throw new RangeError(`a guest has at most ${MAXIMUM_VCPUS} vCPUs`);
  return VCPU_BLOCKS + vcpu * VCPU_BLOCK_BYTES;
}

/** Ports that a guest tells its host something through; no device of KVM's answers them. */
export const PORT = {
  /** The program is at its end; AL is 0, or 1 after an exception that no operation made. */
  end: 0xf4,
  /** A round is done. */
  doorbell: 0xf5,
  /** The host is to do something now. */
  host: 0xf6,
} as const;
