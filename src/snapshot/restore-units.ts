/**
 * Writes the units of a state to a machine, in the state's order, and then reads all of them back: that a call succeeded
 * does not say that it had an effect.
 */
import { fromHex } from '../model/index.ts';
import type { SavedRegister, SavedState, SavedUnit } from '../model/index.ts';
import { compareUnit } from './compare.ts';
import type {
  RefusedRegister,
  RestoreOptions,
  RestoreReport,
  StateDifference,
  UnitOutcome,
  UnitReport,
} from './restore-report.ts';
import type { RegisterUnit, RunsOn, Unit } from './unit.ts';

/** `units`: those of the machine, by name; their order does not matter here. */
export function restoreUnits(
  units: readonly Unit[],
  runsOn: RunsOn,
  state: SavedState,
  options: RestoreOptions,
): RestoreReport {
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  const leaveOut = new Set(options.leaveOut);
  const found = new Set<string>();
  const reports: UnitReport[] = [];
  const differences: StateDifference[] = [];
  let compared = 0;
  let stopped: string | null = null;
  for (const saved of state.units) {
    const unit = byName.get(saved.name);
    const { result, leftOut } = restoreUnit(unit, saved, options, stopped, leaveOut);
    for (const name of leftOut) found.add(name);
    if (result.outcome === 'left-out') found.add(saved.name);
    const { name, rule, call } = saved;
    reports.push({ unit: name, rule, call, result, ...(leftOut.length === 0 ? {} : { leftOut }) });
    const failed = result.outcome === 'refused' || result.outcome === 'partly' || result.outcome === 'not-made';
    if (failed && options.onRefusal === 'stop') stopped ??= name;
  }
  for (const [index, saved] of state.units.entries()) {
    const outcome = reports[index]?.result.outcome;
    const unit = byName.get(saved.name);
    // What was never set differs, and says nothing.
    if (unit === undefined || outcome === 'not-made' || outcome === 'left-out') continue;
    const comparison = compareUnit(unit, saved, runsOn);
    compared += comparison.compared;
    differences.push(...comparison.differences);
  }
  return {
    units: reports,
    compared,
    differences: differences.filter(({ because }) => because === undefined),
    ranOn: differences.filter(({ because }) => because !== undefined),
    unknown: [...leaveOut].filter((name) => !found.has(name)),
  };
}

interface Restored {
  readonly result: UnitOutcome;
  readonly leftOut: readonly string[];
}

const only = (result: UnitOutcome): Restored => ({ result, leftOut: [] });

function restoreUnit(
  unit: Unit | undefined,
  saved: SavedUnit,
  { onRefusal }: RestoreOptions,
  stopped: string | null,
  leaveOut: ReadonlySet<string>,
): Restored {
  if (leaveOut.has(saved.name)) return only({ outcome: 'left-out' });
  if (stopped !== null) return only({ outcome: 'not-made', why: `${stopped} was not restored` });
  if (unit === undefined) return only({ outcome: 'not-made', why: 'the machine has nothing that it could be set on' });
  const { data } = saved;
  if (unit.kind === 'registers' && data.kind === 'registers')
    return restoreRegisters(unit, data.registers, onRefusal, leaveOut);
  if (unit.kind === 'bytes' && data.kind === 'bytes')
    return only(outcomeOf(unit.write(new Uint8Array(Buffer.from(data.base64, 'base64')))));
  if (unit.kind === 'memory' && data.kind === 'memory') return only(outcomeOf(unit.restore()));
  return only({ outcome: 'not-made', why: `it was saved as ${data.kind}; here it is ${unit.kind}` });
}

function outcomeOf(done: ReturnType<Extract<Unit, { kind: 'memory' }>['restore']>): UnitOutcome {
  if (done.ok) return { outcome: 'done' };
  const { errnoName: errno, detail } = done.error;
  return { outcome: 'refused', errno, detail };
}

function restoreRegisters(
  unit: RegisterUnit,
  registers: readonly SavedRegister[],
  onRefusal: RestoreOptions['onRefusal'],
  leaveOut: ReadonlySet<string>,
): Restored {
  const refused: RefusedRegister[] = [];
  const leftOut: string[] = [];
  for (const register of registers) {
    const write = { id: fromHex(register.id), value: fromHex(register.value) };
    const word = unit.word(write.id);
    if (leaveOut.has(word)) {
      leftOut.push(word);
      continue;
    }
    const refusal = unit.write(write);
    if (refusal === null) continue;
    const { errno, call } = refusal;
    refused.push({ id: register.id, word, errno, ...(call === undefined ? {} : { call }) });
    if (onRefusal === 'stop') break;
  }
  return { result: refused.length === 0 ? { outcome: 'done' } : { outcome: 'partly', refused }, leftOut };
}
