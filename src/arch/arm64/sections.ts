/**
 * What each arm64 probe step writes: the data of the sections of a surface. Rows are tuples where there are hundreds
 * of them. (Aliases and not interfaces, because only those are assignable to `Json`.) Register ids and values are hex; a value whose read failed is the errno's name instead.
 */
import type { Trial } from '../../model/index.ts';

/** `0x…`, or the errno's name where the read failed. A register of more than 8 bytes is one little-endian number. */
export type ValueOrErrno = string;
export type RegisterRow = readonly [id: string, value: ValueOrErrno];

/** Section `vcpus`: the registers of a fresh vCPU for each combination of vCPU features, in a VM with a vGICv3. */
export type VcpusSection = {
  /** KVM_ARM_PREFERRED_TARGET. */
  readonly target: number;
  readonly features: string;
  /** Whether the VMs had a vGICv3 (it shows in ID_AA64PFR0_EL1.GIC); else the errno of creating it. */
  readonly vgic: 'v3' | (string & {});
  readonly combinations: readonly Combination[];
};

export type Combination = {
  /** As a VMM would say it: `psci`, `psci+pmu`, … */
  readonly name: string;
  /** KVM_ARM_VCPU_* names without the prefix. */
  readonly features: readonly string[];
} & (
  | { readonly outcome: 'created'; readonly registers: readonly RegisterRow[] }
  /** As `base`, but for these; a register whose value differs is in `changed` with this combination's value. */
  | {
      readonly outcome: 'created';
      readonly base: string;
      readonly added: readonly RegisterRow[];
      readonly removed: readonly string[];
      readonly changed: readonly RegisterRow[];
    }
  | { readonly outcome: 'refused'; readonly call: string; readonly errno: string }
  /** The host lacks the capability that this combination needs; nothing was tried. */
  | { readonly outcome: 'absent'; readonly capability: string }
);

/**
 * What was written into one field of an ID register, all else at its default, and what came of it. Values are those of
 * the field. Named fields of up to 5 bits have every value tried; of unnamed bits the neighbours of the default, 0 and the
 * largest come first, and all others only if one of those was not refused. Of wider fields the same four are tried and
 * every single bit.
 */
export type FieldTrial = {
  readonly shift: number;
  readonly width: number;
  readonly taken: readonly number[];
  /** Accepted, and the default still reads. */
  readonly ignored?: readonly number[];
  /** Accepted, and something else reads: the whole register's value. */
  readonly changed?: readonly (readonly [wrote: number, reads: string])[];
  /** By errno; `others` where every value of the field was tried and all that are not named above were refused so. */
  readonly refused?: Readonly<Record<string, readonly number[] | 'others'>>;
};

export type IdRegisterTrial = {
  readonly id: string;
  readonly value: ValueOrErrno;
  /** Writing the default itself. */
  readonly same: Trial['outcome'];
  /** Fields with at least one alternative that was not refused. */
  readonly fields: readonly FieldTrial[];
  /** Errno to the fields (shift:width) whose alternatives were all refused with it. */
  readonly fixed: Readonly<Record<string, readonly string[]>>;
  /** Where two or more fields took other values: all of them at once, each at the lowest that it took. */
  readonly together?: Trial;
};

/** Section `id-registers`: the latitude of the ID and cache registers and of PMCR_EL0, tried on a vCPU with every feature but EL2. */
export type IdRegistersSection = {
  readonly vcpu: string;
  readonly registers: readonly IdRegisterTrial[];
  /** KVM_ARM_GET_REG_WRITABLE_MASKS: what the host says is writable; masks of 0 are left out. */
  readonly declared:
    | { readonly ranges: string; readonly masks: readonly (readonly [id: string, mask: string])[] }
    | { readonly absent: string };
  /** MIDR, REVIDR and AIDR once KVM_CAP_ARM_WRITABLE_IMP_ID_REGS is enabled. */
  readonly implementation: { readonly registers: readonly IdRegisterTrial[] } | { readonly absent: string };
};

export type ValueTrials = {
  readonly id: string;
  readonly value: ValueOrErrno;
  readonly trials: readonly Trial[];
};

/** Section `firmware`: the firmware pseudo-registers and what they take. */
export type FirmwareSection = {
  readonly vcpu: string;
  readonly registers: readonly ValueTrials[];
};

/**
 * Section `state`: registers that hold the guest's state. Each was written back as read, then with all bits flipped.
 */
export type StateSection = {
  readonly vcpu: string;
  /** Registers where both writes were taken as they are, every bit. */
  readonly free: readonly string[];
  /** The others: the outcome of each write, and the bits that the second one changed. */
  readonly limited: readonly StateRow[];
};

export type StateRow = readonly [id: string, writtenBack: string, flipped: string, changedBits: string];

/**
 * Section `unlisted-registers`: registers that other kernels list for a vCPU with every feature and this one does not, and
 * what came of writing them.
 */
export type UnlistedRegistersSection = {
  readonly vcpu: string;
  /** How many were asked for. */
  readonly asked: number;
  /** By the errno of KVM_SET_ONE_REG with the value that it reads, or 0 where it does not read. */
  readonly refused: Readonly<Record<string, readonly string[]>>;
  /** Accepted all the same. */
  readonly answered: readonly UnlistedRow[];
};

/** The outcomes of writing the value back and of writing all bits flipped, and the bits that the second one changed. */
export type UnlistedRow = readonly [
  id: string,
  value: ValueOrErrno,
  writtenBack: string,
  flipped: string,
  changedBits: string,
];

/** Section `sve`: KVM_REG_ARM64_SVE_VLS before KVM_ARM_VCPU_FINALIZE. */
export type SveSection = {
  /** The default set: bit n is a vector length of n + 1 quadwords. */
  readonly lengths: string;
  /** Sets that were written. */
  readonly trials: readonly Trial[];
  readonly finalize: string;
  /** A write after finalization. */
  readonly afterwards: string;
};

/** One device or vCPU attribute: whether it is there, what it reads, what it takes. */
export type AttributeTrials = {
  /** `group:attribute`, both decimal or hex as the uapi header has them. */
  readonly attribute: string;
  readonly name: string;
  readonly has: boolean | string;
  readonly reads?: ValueOrErrno;
  readonly trials: readonly Trial[];
};

/** One emulated register of an interrupt controller, through the device's attributes. */
export type GicRegister = {
  readonly name: string;
  readonly offset: string;
  /** Before KVM_DEV_ARM_VGIC_CTRL_INIT, and after. */
  readonly before: ValueOrErrno;
  readonly after: ValueOrErrno;
  /** Written before initialization, where a read is possible then; and after. */
  readonly trialsBefore: readonly Trial[];
  readonly trials: readonly Trial[];
};

/** Sections `vgic-v2`, `vgic-v3` and `its`. */
export type GicSection = {
  readonly device: string;
  /** Calls that set the device up, in order, with their outcomes: `taken` or an errno. */
  readonly setUp: readonly (readonly [step: string, outcome: string])[];
  readonly registers: readonly GicRegister[];
  readonly attributes: readonly AttributeTrials[];
};

/** Section `vcpu-attributes`: PMU, timers, steal time, SMCCC filter, counter offset. */
export type VcpuAttributesSection = {
  readonly vcpu: string;
  /** Physical PMUs that KVM can use, as /sys/bus/event_source lists them; the numbers are the host's own. */
  readonly pmus: readonly string[];
  readonly attributes: readonly AttributeTrials[];
};

/** Section `vm`: what a VM can be created as, and the VM-wide capabilities that change what a guest sees. */
export type VmSection = {
  /** KVM_CAP_ARM_VM_IPA_SIZE: the largest IPA size in bits, 0 where only the default of 40 exists. */
  readonly ipaMaximum: number;
  /** KVM_CREATE_VM with the machine type given, `taken` or an errno: default, maximum, one more, 31. */
  readonly ipaSizes: readonly (readonly [bits: number, outcome: string])[];
  /** KVM_ENABLE_CAP of each on a fresh VM: `taken` or an errno. */
  readonly enable: readonly (readonly [capability: string, outcome: string])[];
};
