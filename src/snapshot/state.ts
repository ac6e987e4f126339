/**
 * Saved state: what a machine carries besides its memory, as KVM's calls give it.
 *
 * State is not configuration. Capabilities, CPUID, vCPU features and the addresses of devices come from a plan
 * (`model/plan.ts`), made for the host that the guest goes to; state is set on the machine that the plan made.
 *
 * Guest memory is not in it either, and has its place in the order, because the tables of an arm64 ITS lie in it: save the
 * state, which writes them, then the memory; restore the memory, then the state, which reads them.
 */
import type { KvmError } from '../kvm/index.ts';

export type { SavedData, SavedRegister, SavedState, SavedUnit } from '../model/index.ts';

/** Why a state could not be saved: a state with a part missing is no state. */
export interface SaveError {
  /** SavedUnit.name. */
  readonly unit: string;
  readonly call: string;
  readonly errno: string;
  readonly detail: string;
  readonly meaning: string;
}

export function saveError(unit: string, error: KvmError): SaveError {
  const { call, errnoName: errno, detail, meaning } = error;
  return { unit, call, errno, detail, meaning };
}
