/**
 * Where the interrupt controller's frames are in guest-physical addresses, as on QEMU's virt machine, and the registers in
 * them that behaviour tests and observations use (Arm IHI 0069, chapter 12).
 */
export const FRAME = {
  distributor: 0x0800_0000,
  its: 0x0808_0000,
  redistributor: 0x080a_0000,
  /** SGI_base of the first redistributor. */
  sgi: 0x080b_0000,
} as const;

/** An address of the device region where nothing is. */
export const NOWHERE = 0x0a00_0000;

/** Shared peripheral interrupts 32 to 63 in the distributor's registers of one bit each, and a priority of the first four. */
export const GICD = { IGROUPR1: 0x84, ISPENDR1: 0x204, ICPENDR1: 0x284, IPRIORITYR8: 0x420 } as const;
export const GICR = { CTLR: 0x0 } as const;
