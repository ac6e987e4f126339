/**
 * Saved state: what a machine carries besides its memory, as KVM's calls give it. Plain JSON with 64-bit numbers as hex,
 * so that a program inside of a lab kernel can save and restore without a schema library.
 *
 * State is not configuration. CPUID, feature MSRs, capabilities, ID registers, the interrupt controller's revision and
 * addresses come from a plan (`model/plan.ts`), made for the host that the guest goes to; what is here is set on the
 * machine that the plan made.
 *
 * Memory is not here either, and it has its place in the order. Saving writes to it (arm64: an ITS and its pending
 * interrupts are saved into tables in guest memory; x86_64: KVM marks the guest's clock page), and restoring reads from
 * it: save the state, then the memory; restore the memory, then the state.
 */
import type { Architecture, Hex } from '../model/index.ts';

export interface SavedState {
  readonly architecture: Architecture;
  /** vCPUs 0 to n - 1 have units. */
  readonly vcpus: number;
  /** In the order in which they are restored. */
  readonly units: readonly SavedUnit[];
}

/** What is restored by one call, or by one call for each register. */
export interface SavedUnit {
  /** `vm/clock`, `vcpu/0/msrs`, `vgic-v3/distributor`: unique in a state. */
  readonly name: string;
  /** The id of the rule in `arch/ordering` that says when it is restored. */
  readonly rule: string;
  /** The call that restores it, named as in the KVM API document. */
  readonly call: string;
  readonly data: UnitData;
}

export type UnitData =
  /** In the order in which they are written. */
  | { readonly kind: 'registers'; readonly registers: readonly SavedRegister[] }
  /** The struct of the call, as the kernel filled it. */
  | { readonly kind: 'bytes'; readonly base64: string }
  /** The state lies in guest memory, to which saving has written it; the call makes KVM read it from there. */
  | { readonly kind: 'memory' };

export interface SavedRegister {
  /** What the call knows it by: the id of KVM_SET_ONE_REG, the attribute of KVM_SET_DEVICE_ATTR, the MSR's index. */
  readonly id: Hex;
  /** Of whatever size: a vector register holds up to 2048 bits. */
  readonly value: Hex;
}
