/** The segments of a guest in long mode, by their places in the GDT. */

/** Selectors. User segments stand in the order that SYSRET wants: STAR[63:48] + 8 is SS, + 16 is CS (SDM 2B, SYSRET). */
export const SELECTOR = { code: 0x08, data: 0x10, userBase: 0x18, userData: 0x20, userCode: 0x28, tss: 0x30 } as const;

/** Selectors of a vCPU's task register: a system descriptor takes two entries (SDM 3A, section 9.2.3). */
export function tssSelector(vcpu: number): number {
  return SELECTOR.tss + 16 * vcpu;
}
