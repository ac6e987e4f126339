/**
 * The state of an x86 machine, saved and restored through KVM's calls. Loads neither schemas nor the command line: it runs
 * inside of emulated machines.
 */
import type { GuestMachine } from '../../guest/machine.ts';
import { err, hex, ok } from '../../model/index.ts';
import type { Hex, Result, SavedState, SavedUnit } from '../../model/index.ts';
import type { Host } from '../../settings/index.ts';
import type { RestoreOptions, RestoreReport, StateDifference } from '../restore-report.ts';
import { restoreUnits } from '../restore-units.ts';
import { saveUnits } from '../save-units.ts';
import { saveError } from '../state.ts';
import type { SaveError } from '../state.ts';
import type { Unit } from '../unit.ts';
import { smmUnit } from './events.ts';
import { X86_RUNS_ON, hasGoneOn } from './runs-on.ts';
import { capabilitiesOf } from './target.ts';
import type { Target, X86Unit } from './target.ts';
import { READ, RESTORED, unitsOf } from './units.ts';

/** What a SaveError names where it is no unit that failed. */
const CAPABILITIES = 'vm/capabilities';

/**
 * Every unit that this kernel and machine have. No vCPU may run meanwhile, and what the last exit of each left undone
 * must have been finished (`finishPending`).
 */
export function saveX86State(host: Host, machine: GuestMachine): Result<SavedState, SaveError> {
  const has = capabilitiesOf(machine);
  if (!has.ok) return err(saveError(CAPABILITIES, has.error));
  const unread = new Map<string, readonly Hex[]>();
  const target: Target = {
    host,
    machine,
    state: null,
    has: has.value,
    clock: 'still',
    adapt: nothing,
    skipComparison: nothing,
    unread: (unit, ids) => void unread.set(unit, ids.map(hex)),
  };
  const present: Unit[] = [];
  for (const each of unitsOf(target, READ)) {
    const there = isThere(each);
    if (!there.ok) return there;
    if (there.value) present.push(each.unit);
  }
  const saved = saveUnits('x86_64', present);
  if (!saved.ok) return saved;
  const units = saved.value.units.map((unit) => withUnread(unit, unread.get(unit.name) ?? []));
  return ok({ ...saved.value, units: inOrder(target, units) });
}

const nothing = (): undefined => undefined;

function withUnread(unit: SavedUnit, unread: readonly Hex[]): SavedUnit {
  if (unit.data.kind !== 'registers' || unread.length === 0) return unit;
  return { ...unit, data: { ...unit.data, unread } };
}

function isThere({ unit, absent }: X86Unit): Result<boolean, SaveError> {
  if (absent === undefined || unit.kind !== 'bytes') return ok(true);
  const read = unit.read();
  if (read.ok) return ok(true);
  return read.error.errnoName === absent ? ok(false) : err(saveError(unit.name, read.error));
}

/** As they are restored; units for vCPUs in SMM are added. */
function inOrder(target: Target, saved: readonly SavedUnit[]): readonly SavedUnit[] {
  const units = saved.flatMap((unit) => [smmUnit(unit) ?? [], unit].flat());
  const state: SavedState = { architecture: 'x86_64', units };
  const places = unitsOf({ ...target, state }, RESTORED).map(({ unit }) => unit.name);
  return units.toSorted((a, b) => places.indexOf(a.name) - places.indexOf(b.name));
}

/**
 * Sets a state on a machine that a plan made, with as many vCPUs, its guest memory filled and no vCPU run; then reads
 * everything back and compares it.
 */
export function restoreX86State(
  host: Host,
  machine: GuestMachine,
  state: SavedState,
  options: RestoreOptions,
): RestoreReport {
  const has = capabilitiesOf(machine);
  if (!has.ok) return notBegun(state, `${has.error.call}(${has.error.detail}): ${has.error.errnoName}`);
  const adapted = new Map<string, string[]>();
  const skipped = new Set<string>();
  const target: Target = {
    host,
    machine,
    state,
    has: has.value,
    clock: options.clock ?? 'still',
    adapt: (unit, what) => void adapted.set(unit, [...(adapted.get(unit) ?? []), what]),
    skipComparison: (unit) => void skipped.add(unit),
    unread: nothing,
  };
  const units = unitsOf(target, RESTORED).map(({ unit }) => unit);
  const report = restoreUnits(units, X86_RUNS_ON, state, options);
  const uncompared = state.units
    .filter(({ name }) => skipped.has(name))
    .reduce((count, { data }) => count + (data.kind === 'registers' ? data.registers.length : 1), 0);
  const gone = (difference: StateDifference): boolean => hasGoneOn(difference, target.clock);
  return {
    ...report,
    compared: report.compared - uncompared,
    differences: [
      ...report.differences.filter(({ unit }) => !skipped.has(unit)),
      ...report.ranOn.filter((each) => !gone(each)).map(({ because: _, ...difference }) => difference),
    ],
    ranOn: report.ranOn.filter(gone),
    units: report.units.map((each) => {
      const notes = adapted.get(each.unit);
      return notes === undefined ? each : { ...each, adapted: notes };
    }),
  };
}

/** Nothing was set, for it could not be asked what there is. */
function notBegun({ units }: SavedState, why: string): RestoreReport {
  return {
    units: units.map(({ name: unit, rule, call }) => ({ unit, rule, call, result: { outcome: 'not-made', why } })),
    compared: 0,
    differences: [],
    ranOn: [],
    unknown: [],
  };
}
