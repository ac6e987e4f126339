/**
 * The order in which KVM's calls have to be made, as data: one row a call or a group of calls that stands at one place.
 * Both what selects a machine (`Operation`) and what restores its state is here; a table is written in an order that
 * obeys all of its rows. What a kernel really does with another order is in surfaces (section `ordering`), by row id.
 */
import type { Architecture } from '../../model/index.ts';

export const PHASES = [
  'vm-created',
  'before-irqchip',
  'before-vcpu',
  'after-init',
  'before-first-run',
  'after',
] as const;

/**
 * When a call is made. `vm-created`: it makes the VM or is the first that the VM is told. `before-irqchip`: it decides
 * how the interrupt controller is made, and making it. `before-vcpu`: before the first KVM_CREATE_VCPU. `after-init`: from
 * KVM_CREATE_VCPU to the point at which all registers exist (arm64: KVM_ARM_VCPU_FINALIZE). `before-first-run`: what a
 * guest finds is frozen by its first KVM_RUN. `after`: takes at any later time, too; state is restored here.
 */
export type Phase = (typeof PHASES)[number];

/** Which calls a row speaks of. What is not named is not looked at. */
export interface Matcher {
  readonly call: string;
  /** The fd that takes the call, where the same call exists on several. */
  readonly on?: 'vm' | 'vcpu' | 'vgic-v2' | 'vgic-v3' | 'its';
  /** KVM_ENABLE_CAP: by name. */
  readonly capabilities?: readonly string[];
  /** KVM_SET_MSRS: what kind of MSR (`msrClass`). */
  readonly msrs?: 'feature' | 'tsc' | 'tsc-deadline' | 'state';
  /** KVM_SET_ONE_REG: what kind of register (`registerClass`). */
  readonly registers?: 'implementation' | 'id' | 'firmware' | 'vector-lengths' | 'core' | 'sve' | 'timer' | 'state';
  /** KVM_SET_DEVICE_ATTR: group, and attributes of it where not all. */
  readonly group?: number;
  readonly attributes?: readonly bigint[];
}

/** What a kernel does with a call that comes at another place. */
export interface Violation {
  /** The errno, or `accepted`: the call succeeds and does not do what it should. */
  readonly outcome: string;
  /** Which wrong order, and what comes of it. */
  readonly what: string;
  /** Where it is not the same on the kernels of which the sources were read. */
  readonly kernels?: string;
}

export interface OrderingRule {
  /** `x86/cpuid`: stable, for recordings refer to it. */
  readonly id: string;
  readonly architecture: Architecture;
  readonly what: readonly Matcher[];
  /** For people: the calls that no matcher tells apart, or what of them is meant. */
  readonly title: string;
  readonly phase: Phase;
  /** Rows that must have been done when this is, where both are. */
  readonly after: readonly string[];
  /** Rows that must not have been done. */
  readonly before: readonly string[];
  readonly reason: string;
  readonly violated: readonly Violation[];
  /** Kernel file and function or section of a document; with the release where the releases differ. */
  readonly source: readonly string[];
}
