/**
 * What the x86 probe steps write: the data of each section, and the shape that a file must have to be read as one.
 * Rows are flat objects, so that two recordings differ in git line by line. Register values are hex; indexes, flags,
 * sizes and errno names are what the KVM API document calls them.
 */
import { OBSERVED } from './observed-sections.ts';
import type { ObservedData } from './observed-sections.ts';
import { count, flag, hexOf, listOf, nullable, oneOf, optional, record, text } from './shape.ts';
import type { Shape } from './shape.ts';
import type {
  BehaviourData,
  BehaviourResult,
  BehaviourRun,
  Hex,
  OrderTrial,
  OrderingSection,
} from '../../model/index.ts';

/** One `struct kvm_cpuid_entry2`. `flags` bit 0: the subleaf is significant. */
export type CpuidRow = {
  readonly leaf: Hex;
  readonly subleaf: Hex;
  readonly flags: number;
  readonly eax: Hex;
  readonly ebx: Hex;
  readonly ecx: Hex;
  readonly edx: Hex;
};

/** Section `cpuid`. A list that the host does not give is null, with the reason in `missing`. */
export type CpuidData = {
  readonly supported: readonly CpuidRow[];
  readonly emulated: readonly CpuidRow[] | null;
  readonly hyperv: readonly CpuidRow[] | null;
  /** What was asked and not given: the call, and the errno or the capability that is not there. */
  readonly missing: readonly { readonly call: string; readonly why: string }[];
};

/** One register of one entry that did not read back as it was written: `word` as in element paths. */
export type CpuidDifference = { readonly word: string; readonly wrote: Hex; readonly reads: Hex };

/**
 * A word whose whole value was refused while all others stood at the base table; `takes` are the bits that, flipped
 * alone, were accepted and read back flipped.
 */
export type CpuidRefusal = { readonly word: string; readonly wrote: Hex; readonly errno: string; readonly takes: Hex };

/** One table put to KVM_SET_CPUID2 and read back with KVM_GET_CPUID2. */
export type CpuidTrial = {
  readonly differs: readonly CpuidDifference[];
  readonly refused: readonly CpuidRefusal[];
  /** How many calls of KVM_SET_CPUID2 it took to find the above. */
  readonly sets: number;
};

/** Whole values of one field tried in the supported table, where single bits say too little; `takes` read back. */
export type CpuidValues = {
  readonly word: string;
  readonly shift: number;
  readonly width: number;
  readonly takes: readonly Hex[];
  readonly refused: readonly { readonly value: Hex; readonly errno: string }[];
};

/** Section `cpuid-latitude`: the supported table as it is, every register 0, every register all ones. */
export type CpuidLatitudeData = {
  readonly base: CpuidTrial;
  readonly cleared: CpuidTrial;
  readonly ones: CpuidTrial;
  readonly values: readonly CpuidValues[];
};

/** What code inside a guest read, or why nothing was read. */
export type CpuidObservation = {
  /** `halted`: the code ran to its end. Otherwise KVM_RUN's errno or the exit reason's name. */
  readonly ended: string;
  /** Registers that the guest read otherwise than they were set; meaningful where `ended` is `halted`. */
  readonly differs: readonly CpuidDifference[];
};

/** Section `cpuid-observed`: CPUID executed by a guest, for the supported table and for one without any feature. */
export type CpuidObservedData = {
  /** How the guest ran: `real-mode`, or another mode where the module needs one. */
  readonly mode: string;
  /** How many leaves the guest read. */
  readonly leaves: number;
  readonly base: CpuidObservation;
  readonly cleared: CpuidObservation;
};

/** One MSR of KVM_GET_MSR_INDEX_LIST on a fresh vCPU. */
export type MsrRow = {
  readonly index: Hex;
  /** Before KVM_SET_CPUID2; left out where it is the same as after. Null: KVM_GET_MSRS does not read it. */
  readonly fresh?: Hex | null;
  readonly value: Hex | null;
  /**
   * Writing the value back after KVM_SET_CPUID2: left out where it is accepted and the same value reads. `refused`,
   * or what reads then.
   */
  readonly write?: 'refused' | Hex;
  /**
   * Of an MSR that is not listed: bits that, flipped alone, were accepted and read back flipped, and bits that were
   * accepted and did not read back so. Bits in neither are refused. Left out where the value itself is refused.
   */
  readonly takes?: Hex;
  readonly ignored?: Hex;
  /**
   * Of a listed MSR that reads 0. `nothing`: whatever was accepted, all ones or single bits, it reads 0 still. `zero`: every
   * other value that was tried is refused.
   */
  readonly holds?: 'nothing' | 'zero';
};

/** Section `msr`. */
export type MsrData = {
  readonly list: readonly MsrRow[];
  /**
   * MSRs that this kernel does not list and others do: those that it reads all the same, with what came of writing
   * the value back. A state saved elsewhere may hold them. `asked`: how many were tried.
   */
  readonly unlisted: readonly MsrRow[];
  readonly asked: number;
};

/** One MSR of KVM_GET_MSR_FEATURE_INDEX_LIST. */
export type FeatureMsrRow = {
  readonly index: Hex;
  /** Read from the system fd: what KVM supports. Null where it cannot be read. */
  readonly system: Hex | null;
  /** On a vCPU after KVM_SET_CPUID2 with the supported table: what a guest gets. */
  readonly vcpu: Hex | null;
  /** Bits that, flipped alone from `vcpu`, were accepted and read back flipped. */
  readonly takes: Hex;
  /** Bits that were accepted and did not read back so. Bits in neither are refused. */
  readonly ignored: Hex;
};

/** Section `feature-msr`. */
export type FeatureMsrData = { readonly list: readonly FeatureMsrRow[] };

/** Flags of a KVM_ENABLE_CAP tried one by one: `accepted` where KVM does not say what it holds, else the errno. */
export type FlagTrial = { readonly flags: Hex; readonly outcome: string };

/** What a fresh vCPU shows with all quirks, and with all of them disabled. The same: no effect was seen. */
export type QuirkEffect = {
  readonly quirk: string;
  /** Where it was read. */
  readonly shows: string;
  readonly enabled: Hex;
  readonly disabled: Hex;
};

/** Section `quirk`. */
export type QuirkData = {
  /** KVM_CAP_DISABLE_QUIRKS accepts whatever mask it is given: acceptance there proves nothing. */
  readonly call: 'KVM_CAP_DISABLE_QUIRKS2' | 'KVM_CAP_DISABLE_QUIRKS' | null;
  /** KVM_CHECK_EXTENSION(KVM_CAP_DISABLE_QUIRKS2); null where the capability is not there. */
  readonly valid: Hex | null;
  readonly trials: readonly FlagTrial[];
  readonly effects: readonly QuirkEffect[];
};

/** Section `x2apic`. `split`: whether the flags were tried with KVM_CAP_SPLIT_IRQCHIP enabled. */
export type X2apicData = {
  readonly system: number;
  readonly vm: number;
  /** What KVM_CAP_SPLIT_IRQCHIP came to. */
  readonly splitIrqchip: string;
  readonly trials: readonly (FlagTrial & { readonly split: boolean })[];
};

export type XsaveHeader = { readonly xstateBv: Hex; readonly xcompBv: Hex };

/** Section `xsave`. */
export type XsaveData = {
  /** KVM_X86_XCOMP_GUEST_SUPP: XCR0 and XSS bits that a guest can be given; null where the kernel does not tell. */
  readonly guestSupported: Hex | null;
  /** Bytes, KVM_CHECK_EXTENSION(KVM_CAP_XSAVE2) on the VM; 0 where there is only the 4096-byte form. */
  readonly size: number;
  /** A fresh vCPU before and after it was given the supported table. */
  readonly before: XsaveHeader;
  readonly after: XsaveHeader;
  /**
   * KVM_SET_XSAVE with an xfeature that the guest's CPUID was not given (`guest` is its XCR0 in CPUID), and what
   * XSTATE_BV reads then. Null where the host has no xfeature beyond SSE to try.
   */
  readonly ungiven: {
    readonly guest: Hex;
    readonly wrote: Hex;
    readonly outcome: string;
    readonly reads: Hex;
  } | null;
  /** The same with a bit that no CPU has. */
  readonly unknown: { readonly wrote: Hex; readonly outcome: string };
};

/** Section `lapic`: the 32-bit registers that are not 0 on a fresh vCPU with the in-kernel APIC. */
export type LapicData = { readonly registers: readonly { readonly offset: Hex; readonly value: Hex }[] };

/** Section `tsc`. kHz are the host's and vary from boot to boot. */
export type TscData = {
  /** KVM_CAP_TSC_CONTROL and KVM_CAP_VM_TSC_CONTROL on the system fd. */
  readonly control: number;
  readonly vmControl: number;
  readonly khz: number | null;
  /** KVM_SET_TSC_KHZ: half and twice the default, with what KVM_GET_TSC_KHZ reads after. */
  readonly trials: readonly {
    readonly factor: '1/2' | '2';
    readonly wrote: number;
    readonly outcome: string;
    readonly reads: number | null;
  }[];
};

/** Section `nested`. */
export type NestedData = {
  /** Bytes, KVM_CHECK_EXTENSION(KVM_CAP_NESTED_STATE). */
  readonly maximum: number;
  readonly flags: number;
  readonly format: number;
  /** Bytes that a fresh vCPU's state takes, header included. */
  readonly size: number;
  /** The first 32-bit words of the format's header that are not 0, by offset. */
  readonly header: readonly { readonly offset: Hex; readonly value: Hex }[];
};

/** Section `pmu`: KVM_CAP_PMU_CAPABILITY, its flags tried. */
export type PmuData = { readonly capability: number; readonly trials: readonly FlagTrial[] };

/** Section `msr-control`: hiding MSRs (KVM_X86_SET_MSR_FILTER) and answering them (KVM_CAP_X86_USER_SPACE_MSR). */
export type MsrControlData = {
  readonly userSpace: Hex;
  readonly userSpaceTrials: readonly FlagTrial[];
  /** A filter that denies reads, writes, or both of one MSR; by KVM_MSR_FILTER_READ and _WRITE. */
  readonly filterTrials: readonly FlagTrial[];
};

/** One row of `tables/switches.ts`, tried on a fresh VM or vCPU. */
export type SwitchTrials = {
  readonly name: string;
  /** KVM_CHECK_EXTENSION on the VM: a mask of what there is, or only that it is there. */
  readonly announced: Hex;
  /** args[0] of each call, or the action of a filter. */
  readonly trials: readonly FlagTrial[];
  /** An argument that the KVM API document does not allow; null where there is none. */
  readonly invalid: FlagTrial | null;
};

/** Section `switches`: behaviour that a VMM turns on and that KVM does not tell afterwards. */
export type SwitchesData = { readonly rows: readonly SwitchTrials[] };

/** Section `firecracker.cpuid`: what a Firecracker fingerprint says of a guest's CPUID. */
export type FirecrackerCpuidData = { readonly entries: readonly CpuidRow[] };

/** Section `firecracker.msrs`. */
export type FirecrackerMsrsData = { readonly list: readonly { readonly index: Hex; readonly value: Hex }[] };

const hex32 = hexOf(32);
const hex64 = hexOf(64);

const CPUID_ROW: Shape<CpuidRow> = record<CpuidRow>({
  leaf: hex32,
  subleaf: hex32,
  flags: count,
  eax: hex32,
  ebx: hex32,
  ecx: hex32,
  edx: hex32,
});

const CPUID_DIFFERENCE: Shape<CpuidDifference> = record<CpuidDifference>({ word: text, wrote: hex32, reads: hex32 });
const CPUID_TRIAL: Shape<CpuidTrial> = record<CpuidTrial>({
  differs: listOf(CPUID_DIFFERENCE),
  refused: listOf(record<CpuidRefusal>({ word: text, wrote: hex32, errno: text, takes: hex32 })),
  sets: count,
});
const CPUID_OBSERVATION: Shape<CpuidObservation> = record<CpuidObservation>({
  ended: text,
  differs: listOf(CPUID_DIFFERENCE),
});
const FLAG_TRIAL: Shape<FlagTrial> = record<FlagTrial>({ flags: hex64, outcome: text });
const FLAG_TRIALS: Shape<readonly FlagTrial[]> = listOf(FLAG_TRIAL);
const XSAVE_HEADER: Shape<XsaveHeader> = record<XsaveHeader>({ xstateBv: hex64, xcompBv: hex64 });
const REGISTERS: Shape<LapicData['registers']> = listOf(record({ offset: hex32, value: hex32 }));
const REFUSED_OR_VALUE: Shape<'refused' | Hex> = {
  check: (value, pointer) => (value === 'refused' ? null : hex64.check(value, pointer)),
};

const MSR_ROW: Shape<MsrRow> = record<MsrRow>({
  index: hex32,
  fresh: optional(nullable(hex64)),
  value: nullable(hex64),
  write: optional(REFUSED_OR_VALUE),
  takes: optional(hex64),
  ignored: optional(hex64),
  holds: optional(oneOf(['nothing', 'zero'])),
});

const BEHAVIOUR_RUN = {
  outcome: nullable(text),
  why: optional(text),
  reads: optional(listOf(text)),
};

/** Data of every x86 section, by name. */
export interface X86Sections {
  readonly cpuid: CpuidData;
  readonly 'cpuid-latitude': CpuidLatitudeData;
  readonly 'cpuid-observed': CpuidObservedData;
  readonly msr: MsrData;
  readonly 'feature-msr': FeatureMsrData;
  readonly quirk: QuirkData;
  readonly xsave: XsaveData;
  readonly x2apic: X2apicData;
  readonly lapic: LapicData;
  readonly tsc: TscData;
  readonly nested: NestedData;
  readonly pmu: PmuData;
  readonly 'msr-control': MsrControlData;
  readonly switches: SwitchesData;
  readonly ordering: OrderingSection;
  readonly observed: ObservedData;
  readonly behaviour: BehaviourData;
}

export const X86_SHAPES: { readonly [Name in keyof X86Sections]: Shape<X86Sections[Name]> } = {
  cpuid: record<CpuidData>({
    supported: listOf(CPUID_ROW),
    emulated: nullable(listOf(CPUID_ROW)),
    hyperv: nullable(listOf(CPUID_ROW)),
    missing: listOf(record({ call: text, why: text })),
  }),
  'cpuid-latitude': record<CpuidLatitudeData>({
    base: CPUID_TRIAL,
    cleared: CPUID_TRIAL,
    ones: CPUID_TRIAL,
    values: listOf(
      record<CpuidValues>({
        word: text,
        shift: count,
        width: count,
        takes: listOf(hex32),
        refused: listOf(record({ value: hex32, errno: text })),
      }),
    ),
  }),
  'cpuid-observed': record<CpuidObservedData>({
    mode: text,
    leaves: count,
    base: CPUID_OBSERVATION,
    cleared: CPUID_OBSERVATION,
  }),
  msr: record<MsrData>({ list: listOf(MSR_ROW), unlisted: listOf(MSR_ROW), asked: count }),
  'feature-msr': record<FeatureMsrData>({
    list: listOf(
      record<FeatureMsrRow>({
        index: hex32,
        system: nullable(hex64),
        vcpu: nullable(hex64),
        takes: hex64,
        ignored: hex64,
      }),
    ),
  }),
  quirk: record<QuirkData>({
    call: nullable(oneOf(['KVM_CAP_DISABLE_QUIRKS2', 'KVM_CAP_DISABLE_QUIRKS'])),
    valid: nullable(hex64),
    effects: listOf(record<QuirkEffect>({ quirk: text, shows: text, enabled: hex64, disabled: hex64 })),
    trials: FLAG_TRIALS,
  }),
  xsave: record<XsaveData>({
    guestSupported: nullable(hex64),
    size: count,
    before: XSAVE_HEADER,
    after: XSAVE_HEADER,
    ungiven: nullable(record({ guest: hex64, wrote: hex64, outcome: text, reads: hex64 })),
    unknown: record({ wrote: hex64, outcome: text }),
  }),
  x2apic: record<X2apicData>({
    system: count,
    vm: count,
    splitIrqchip: text,
    trials: listOf(record({ flags: hex64, outcome: text, split: flag })),
  }),
  lapic: record<LapicData>({ registers: REGISTERS }),
  tsc: record<TscData>({
    control: count,
    vmControl: count,
    khz: nullable(count),
    trials: listOf(record({ factor: oneOf(['1/2', '2']), wrote: count, outcome: text, reads: nullable(count) })),
  }),
  nested: record<NestedData>({ maximum: count, flags: count, format: count, size: count, header: REGISTERS }),
  pmu: record<PmuData>({ capability: count, trials: FLAG_TRIALS }),
  'msr-control': record<MsrControlData>({ userSpace: hex64, userSpaceTrials: FLAG_TRIALS, filterTrials: FLAG_TRIALS }),
  switches: record<SwitchesData>({
    rows: listOf(
      record<SwitchTrials>({ name: text, announced: hex32, trials: FLAG_TRIALS, invalid: nullable(FLAG_TRIAL) }),
    ),
  }),
  ordering: record<OrderingSection>({
    ran: text,
    trials: listOf(
      record<OrderTrial>({
        id: text,
        calls: listOf(text),
        outcome: text,
        reads: optional(text),
        of: optional(listOf(text)),
      }),
    ),
  }),
  observed: OBSERVED,
  behaviour: record<BehaviourData>({
    rows: listOf(
      record<BehaviourResult>({
        id: text,
        ...BEHAVIOUR_RUN,
        with: listOf(record<BehaviourRun>({ selected: text, ...BEHAVIOUR_RUN })),
      }),
    ),
  }),
};

export const FIRECRACKER_CPUID: Shape<FirecrackerCpuidData> = record<FirecrackerCpuidData>({
  entries: listOf(CPUID_ROW),
});
export const FIRECRACKER_MSRS: Shape<FirecrackerMsrsData> = record<FirecrackerMsrsData>({
  list: listOf(record({ index: hex32, value: hex64 })),
});
