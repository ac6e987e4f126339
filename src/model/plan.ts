/**
 * A plan: the calls that make a contract's machine on one host, in order, and what to read back. Plain JSON values with
 * 64-bit numbers as hex, so that a program inside of a lab kernel can carry it out without a schema library. The file
 * `evenkeel.plan/1` is this type.
 */
import type { ElementPath, WordPath } from './element.ts';
import type { Hex } from './hex.ts';
import type { Architecture } from './surface.ts';

export const PLAN_FORMAT = 'evenkeel.plan/1';

export type PlanDevice = 'vgic-v2' | 'vgic-v3' | 'its';

/** One `struct kvm_cpuid_entry2`; 32-bit registers as hex. */
export interface PlanCpuidEntry {
  readonly function: number;
  readonly index: number;
  readonly flags: number;
  readonly eax: Hex;
  readonly ebx: Hex;
  readonly ecx: Hex;
  readonly edx: Hex;
}

/** One ioctl with its arguments, named as in the KVM API document. */
export type PlanCall =
  | { readonly call: 'KVM_CREATE_VM'; readonly machineType: number }
  | {
      readonly call: 'KVM_ENABLE_CAP';
      readonly on: 'vm' | 'vcpu';
      readonly capability: string;
      readonly args: readonly [Hex, Hex, Hex, Hex];
    }
  /** Each range is of consecutive MSRs of which neither reads nor writes are let through. */
  | {
      readonly call: 'KVM_X86_SET_MSR_FILTER';
      readonly deny: readonly { readonly base: number; readonly count: number }[];
    }
  /** Raw event selectors as AMD and Intel encode them (event in bits 7:0 and 35:32, unit mask in 15:8). */
  | { readonly call: 'KVM_SET_PMU_EVENT_FILTER'; readonly action: 'allow' | 'deny'; readonly events: readonly Hex[] }
  | { readonly call: 'KVM_CREATE_IRQCHIP' }
  | { readonly call: 'KVM_CREATE_VCPU'; readonly id: number }
  | { readonly call: 'KVM_SET_CPUID2'; readonly entries: readonly PlanCpuidEntry[] }
  | { readonly call: 'KVM_SET_MSRS'; readonly msrs: readonly { readonly index: number; readonly value: Hex }[] }
  | { readonly call: 'KVM_SET_TSC_KHZ'; readonly khz: number }
  | { readonly call: 'KVM_CREATE_DEVICE'; readonly device: PlanDevice }
  | { readonly call: 'KVM_ARM_VCPU_INIT'; readonly features: readonly number[] }
  | { readonly call: 'KVM_ARM_VCPU_FINALIZE'; readonly feature: number }
  | { readonly call: 'KVM_SET_ONE_REG'; readonly id: Hex; readonly value: Hex }
  | {
      readonly call: 'KVM_SET_DEVICE_ATTR';
      readonly on: 'vm' | 'vcpu' | PlanDevice;
      readonly group: number;
      readonly attribute: Hex;
      readonly bytes: 0 | 4 | 8;
      readonly value: Hex;
    };

/** How a word's value is read back from the machine that the plan made. */
export type PlanRead =
  | {
      readonly call: 'KVM_GET_CPUID2';
      readonly function: number;
      readonly index: number;
      readonly register: 'eax' | 'ebx' | 'ecx' | 'edx';
    }
  | { readonly call: 'KVM_GET_MSRS'; readonly index: number }
  | { readonly call: 'KVM_GET_LAPIC'; readonly offset: number }
  | { readonly call: 'KVM_GET_TSC_KHZ' }
  | { readonly call: 'KVM_GET_ONE_REG'; readonly id: Hex }
  /** Reads 1 where the attribute is there, else 0. */
  | { readonly call: 'KVM_HAS_DEVICE_ATTR'; readonly on: 'vcpu'; readonly group: number; readonly attribute: Hex }
  | {
      readonly call: 'KVM_GET_DEVICE_ATTR';
      readonly on: 'vcpu' | PlanDevice;
      readonly group: number;
      readonly attribute: Hex;
      readonly bytes: 4 | 8;
    };

export interface PlanStep {
  /** When: a phase of the ordering rules. */
  readonly phase: string;
  /** The ordering rule that puts it there. */
  readonly rule: string;
  readonly call: PlanCall;
  /** What it selects, where that is not what the host shows anyway. */
  readonly selects: readonly { readonly element: ElementPath; readonly value: Hex }[];
}

/** One promised word, or a carried one that the host does not offer to save: how the plan treats it. */
export interface PlanWord {
  readonly word: WordPath;
  /** Bits. */
  readonly width: number;
  readonly value: Hex;
  /** The bits that count. */
  readonly mask: Hex;
  /** The step that selects it; null where nothing has to be or can be called. */
  readonly step: number | null;
  /** Null where KVM has no call that reads it back. */
  readonly read: PlanRead | null;
  /**
   * `call`: that the call succeeds proves it, because the kernel refuses what it does not have (KVM_CREATE_VM,
   * KVM_ARM_VCPU_INIT). `default`: nothing is asked for, and nothing could be read. `none`: success proves nothing.
   */
  readonly unread?: 'call' | 'default' | 'none';
  /** The value that means "not used": a host without the word shows the same. */
  readonly neutral?: Hex;
  /** Why a value that reads back is no proof on this host. */
  readonly doubt?: string;
  /** Why nothing is called although the host shows something else. */
  readonly unplanned?: string;
}

export interface Plan {
  readonly format: typeof PLAN_FORMAT;
  readonly architecture: Architecture;
  /** The contract's name, and the fingerprint of the surface. */
  readonly contract: string;
  readonly surface: string;
  readonly steps: readonly PlanStep[];
  readonly words: readonly PlanWord[];
  /** What a person should know of the plan. */
  readonly notes: readonly string[];
  /** What lowers the worth of the surface, and of what is read back on such a host. */
  readonly caveats: readonly string[];
}

/** What came of one step. */
export type StepResult =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'refused'; readonly call: string; readonly errno: string; readonly detail: string }
  /** KVM_SET_MSRS: those that it did not take; it gives no errno. */
  | { readonly outcome: 'partly'; readonly refused: readonly number[] }
  | { readonly outcome: 'not-made'; readonly why: string };

export type ReadResult = {
  /** Null where it could not be read, with why. */
  readonly value: Hex | null;
  readonly why?: string;
  /** Bits that KVM says this host supports for the word, where it says so: a bit beyond reads back and is not true. */
  readonly supported?: Hex;
};

/** A plan that was carried out, step by step and word by word. */
export type Execution = {
  readonly steps: readonly StepResult[];
  readonly reads: readonly ReadResult[];
};
