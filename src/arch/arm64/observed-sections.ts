/**
 * Section `observed`: what code in a guest read of its machine, on a vCPU with every feature but EL2, with a vGICv3 and an
 * ITS. A value is hex, or says how the read faulted: `undefined`, `trapped` (the syndrome of a trapped register), `data
 * abort`, `exception class 0x…`, `the guest did not come to it`.
 */
export type Read = string;

export type ObservedSection = {
  readonly vcpu: string;
  /** `v3+its`, `v3`, `none`: with which interrupt controller. */
  readonly gic: string;
  /** By table of operations, how the guest ended that was not simply done. */
  readonly ended: Readonly<Record<string, string>>;
  /** System registers, by KVM register id, and CCSIDR_EL1 of each cache that CLIDR_EL1 can name. */
  readonly registers: readonly (readonly [id: string, value: Read])[];
  /** Registers in the frames of the interrupt controller, by name. */
  readonly frames: readonly (readonly [name: string, value: Read])[];
  /** Bits that were flipped, and those that read flipped afterwards; then all was put back. */
  readonly writable: readonly (readonly [name: string, flipped: string, taken: Read])[];
  /** Calls by HVC: the function and its first parameter, x0 as the guest finds it, and x1 to x3 where they are not 0. */
  readonly calls: readonly ObservedCall[];
  /** As KVM_REG_ARM64_SVE_VLS, of what RDVL says for each length in ZCR_EL1; or how it faulted. */
  readonly vectorLengths: Read;
  /** Counters against each other; null where they could not be read. */
  readonly counters: {
    /** Whether both advanced while the guest went round in a loop. */
    readonly advance: string;
    /** Of the physical counter's advance to the virtual one's: `same`, or what it was at least, in percent. */
    readonly rate: string;
  };
};

export type ObservedCall = readonly [name: string, parameter: string, x0: Read, ...others: string[]];
