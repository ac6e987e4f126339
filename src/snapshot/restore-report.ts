/**
 * What came of a restore: unit by unit what the kernel said, and then what reads back. Plain JSON, for it is written by
 * the program inside of a lab kernel and read outside; aliases and not interfaces, because only those are `Json`.
 */
import type { Hex, WordPath } from '../model/index.ts';

export type RestoreOptions = {
  /**
   * What follows a refusal. `stop`: nothing more is set, as VMMs do it; the guest stays where it is. `continue`: the next
   * register and the next unit are tried, which tells everything that a host refuses and gives no machine to run.
   */
  readonly onRefusal: 'stop' | 'continue';
  /**
   * What is not restored because somebody said so: a unit by its name, or a word of a unit of registers
   * (`reg/TCR2_EL1`, `msr/0x48`). What is named here and not in the state is in `RestoreReport.unknown`.
   */
  readonly leaveOut?: readonly string[];
  /**
   * x86_64. Whether the guest's clock goes on from what was saved, as its TSCs do, or has gone on meanwhile
   * (KVM_CLOCK_REALTIME, 5.16 and later). Default: `still`.
   */
  readonly clock?: 'still' | 'realtime';
};

/** A register that the host refused. */
export type RefusedRegister = {
  readonly id: Hex;
  readonly word: WordPath;
  /** Null where the call gives none (KVM_SET_MSRS). */
  readonly errno: string | null;
  /** The call that failed, where it is not the unit's. */
  readonly call?: string;
};

export type UnitOutcome =
  /** The call or all of the calls succeeded, which does not say that they had an effect. */
  | { readonly outcome: 'done' }
  /** The one call that sets it failed. */
  | { readonly outcome: 'refused'; readonly errno: string; readonly detail: string }
  /** Registers that were refused; with `stop`, those behind the first of them were not tried. */
  | { readonly outcome: 'partly'; readonly refused: readonly RefusedRegister[] }
  /** Not tried: a unit before it was refused, or the machine lacks what it is of. */
  | { readonly outcome: 'not-made'; readonly why: string }
  /** Named in `RestoreOptions.leaveOut`. */
  | { readonly outcome: 'left-out' };

export type UnitReport = {
  /** SavedUnit.name, rule and call. */
  readonly unit: string;
  readonly rule: string;
  readonly call: string;
  readonly result: UnitOutcome;
  /** Registers of it that `RestoreOptions.leaveOut` names; empty is left out. */
  readonly leftOut?: readonly WordPath[];
  /** What of a struct was not handed over as it was saved, and why; left out where all was. */
  readonly adapted?: readonly string[];
};

/** A register or a range of bytes that reads otherwise than it was saved. */
export type StateDifference = {
  readonly unit: string;
  /** The register's id, or the offset of the first byte in the struct. */
  readonly at: Hex;
  /** For people and for comparing with contracts: `reg/CNTKCTL_EL1`, or the unit and the field of the struct. */
  readonly word: WordPath;
  /** A range of bytes reads as one little-endian number. */
  readonly saved: Hex;
  /** Null where it does not read. */
  readonly reads: Hex | null;
  /** Why it does not read. */
  readonly errno?: string;
  /** Why it may differ, where the architecture's table of what runs on names it. */
  readonly because?: string;
};

export type RestoreReport = {
  /** In the order of the state's units. */
  readonly units: readonly UnitReport[];
  /** How many registers and structs were read back and compared; 0 proves nothing. */
  readonly compared: number;
  /** What differs and should not. */
  readonly differences: readonly StateDifference[];
  /** What differs because it counts, or follows from something that does; each with `because`. */
  readonly ranOn: readonly StateDifference[];
  /** Names of `RestoreOptions.leaveOut` that nothing has. */
  readonly unknown: readonly string[];
};

/** True where every unit was set and everything reads as it was saved, but for what runs on. */
export function isIdentical(report: RestoreReport): boolean {
  return (
    report.compared > 0 &&
    report.differences.length === 0 &&
    report.units.every(({ result, leftOut }) => result.outcome === 'done' && leftOut === undefined)
  );
}

/** The first unit that the host refused, in whole or in part; null where none was. */
export function firstRefusal(report: RestoreReport): UnitReport | null {
  return report.units.find(({ result }) => result.outcome === 'refused' || result.outcome === 'partly') ?? null;
}
