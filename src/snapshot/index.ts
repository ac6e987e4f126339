/**
 * Saved state: reading the whole of a machine out of KVM, and setting another machine to it. Everything here runs inside of
 * lab kernels and loads no schemas; the file that keeps a state is in `file/`.
 */
import type { GuestMachine } from '../guest/machine.ts';
import type { Architecture, Result, SavedState } from '../model/index.ts';
import type { Host } from '../settings/index.ts';
import { restoreArm64State, saveArm64State } from './arm64/index.ts';
import { finishPending } from './pending.ts';
import type { RestoreOptions, RestoreReport } from './restore-report.ts';
import type { SaveError } from './state.ts';
import { restoreX86State, saveX86State } from './x86/index.ts';

export { firstRefusal, isIdentical } from './restore-report.ts';
export type {
  RefusedRegister,
  RestoreOptions,
  RestoreReport,
  StateDifference,
  UnitOutcome,
  UnitReport,
} from './restore-report.ts';
export type { SaveError } from './state.ts';

const OWN: Architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';

/**
 * The state of a machine of which no vCPU is running. Before the memory is saved: an arm64 guest's interrupt tables are
 * written into it.
 */
export function saveState(host: Host, machine: GuestMachine): Result<SavedState, SaveError> {
  const finished = finishPending(machine);
  if (!finished.ok) return finished;
  return OWN === 'arm64' ? saveArm64State(host, machine) : saveX86State(host, machine);
}

/**
 * Sets a machine that a plan has made, with its memory restored and before its first KVM_RUN, to a state, and reads it
 * back. Never throws for what a kernel refuses.
 */
export function restoreState(
  host: Host,
  machine: GuestMachine,
  state: SavedState,
  options: RestoreOptions,
): RestoreReport {
  if (state.architecture !== OWN) return foreign(state);
  return OWN === 'arm64'
    ? restoreArm64State(host, machine, state, options)
    : restoreX86State(host, machine, state, options);
}

function foreign({ architecture, units }: SavedState): RestoreReport {
  const why = `the state is of ${architecture}, this host is ${OWN}`;
  return {
    units: units.map(({ name: unit, rule, call }) => ({ unit, rule, call, result: { outcome: 'not-made', why } })),
    compared: 0,
    differences: [],
    ranOn: [],
    unknown: [],
  };
}
