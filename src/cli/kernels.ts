/**
 * The recorded kernels of one CPU: the grid of where a guest can go, and for each step from one kernel to the next the
 * reasons that matter, upgrade and rollback.
 */
import { group } from '../engine/index.ts';
import { LEVELS, ok, worse } from '../model/index.ts';
import type { Architecture, Level, Result, Verdict } from '../model/index.ts';
import { describeHost } from './describe.ts';
import type { Failure } from './exit.ts';
import { loadSurfaces } from './input.ts';
import type { NamedSurface } from './input.ts';
import { matrixOf, matrixText } from './matrix.ts';
import type { Matrix } from './matrix.ts';
import { departure, move } from './move.ts';
import { recordedNames } from './recorded.ts';
import type { RecordedName } from './recorded.ts';
import { table } from './table.ts';
import { showLevel } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { countsText } from './verdict-text.ts';

/** Reasons shown for a step, in each direction. */
const REASONS_A_STEP = 3;

export interface CpuReport {
  readonly text: string;
  /** The upgrade, from one kernel to the next, that is worst there or back; null where there are no two kernels. */
  readonly worst: Step | null;
}

export interface Step {
  readonly older: RecordedName;
  readonly newer: RecordedName;
  readonly up: Verdict;
  readonly down: Verdict;
}

export interface RecordedCpu {
  readonly cpu: string;
  readonly kernels: readonly RecordedName[];
}

export function cpusOf(architecture: Architecture): RecordedCpu[] {
  const byCpu = Map.groupBy(recordedNames(architecture), ({ cpu }) => cpu);
  return [...byCpu].map(([cpu, kernels]) => ({ cpu, kernels }));
}

/** `host` is set beside the newest kernel, where this host was measured. */
export async function cpuReport(
  terminal: Terminal,
  { cpu, kernels }: RecordedCpu,
  host: NamedSurface | null,
): Promise<Result<CpuReport, Failure>> {
  terminal.status(`comparing ${kernels.length} kernels on ${cpu}`);
  const loaded = await loadSurfaces(
    kernels.map(({ name }) => name),
    terminal,
  );
  if (!loaded.ok) return loaded;
  const [first, ...others] = loaded.value;
  if (first === undefined) return ok({ text: '', worst: null });
  const matrix = matrixOf([first, ...others]);
  terminal.status('');
  if (!matrix.ok) return matrix;
  const beside = host === null ? ok('') : hostBeside(terminal, host, loaded.value);
  if (!beside.ok) return beside;
  const heading = `\n${terminal.style('bold', `Recorded CPU ${cpu}`)}  ${describeHost(first.surface).split(', ')[1] ?? ''}\n`;
  const titles = kernels.map(({ kernel }) => kernel);
  const steps = stepsOf(matrix.value, kernels);
  const text = heading + beside.value + matrixText(terminal, matrix.value, titles, '  ') + stepsText(terminal, steps);
  const worst = steps.toSorted((a, b) => rank(b) - rank(a))[0] ?? null;
  return ok({ text, worst });
}

/** By the way back first: that is what an upgrade is feared for. */
function rank({ up, down }: Step): number {
  const of = (level: Level): number => LEVELS.indexOf(level);
  return of(worse(up.level, down.level)) * LEVELS.length + of(down.level);
}

/** A guest of this host on the newest recorded kernel of a CPU. */
function hostBeside(
  terminal: Terminal,
  host: NamedSurface,
  surfaces: readonly NamedSurface[],
): Result<string, Failure> {
  const newest = surfaces.at(-1);
  if (newest === undefined) return ok('');
  const from = departure(host, undefined);
  if (!from.ok) return from;
  const moved = move(from.value, newest, null);
  if (!moved.ok) return moved;
  const { there } = moved.value;
  const [worst] = there.reasons;
  const because = worst === undefined ? countsText(there) : `${worst.element}: ${worst.text}`;
  return ok(`  A guest of this host on ${newest.name}: ${showLevel(terminal, there.level)} (${because})\n`);
}

function stepsOf({ cells }: Matrix, kernels: readonly RecordedName[]): Step[] {
  return kernels.slice(1).flatMap((newer, index) => {
    const older = kernels[index];
    const [up, down] = [cells[index]?.[index + 1], cells[index + 1]?.[index]];
    if (older === undefined || up === undefined || up === null || down === undefined || down === null) return [];
    return [{ older, newer, up, down }];
  });
}

/** The reasons that matter: those of each step, and of the way back. */
function stepsText(terminal: Terminal, steps: readonly Step[]): string {
  const rows = steps.flatMap(({ older, newer, up, down }) => [
    ...stepRows(terminal, `${older.kernel} -> ${newer.kernel}`, up),
    ...stepRows(terminal, `${newer.kernel} -> ${older.kernel}`, down),
  ]);
  const columns = [{ title: 'STEP' }, { title: 'LEVEL' }, { title: 'BECAUSE', flexible: true }];
  return rows.length === 0 ? '' : `\n${table(columns, rows, { width: terminal.width, indent: '  ' })}`;
}

function stepRows(terminal: Terminal, step: string, verdict: Verdict): string[][] {
  const groups = group(verdict.reasons);
  if (groups.length === 0) return [[step, showLevel(terminal, verdict.level), 'the host shows the same']];
  const rows = groups.slice(0, REASONS_A_STEP).map(({ level, reasons }, index) => {
    const [reason] = reasons;
    const others = reasons.length > 1 ? ` (and ${reasons.length - 1} like it)` : '';
    return [
      index === 0 ? step : '',
      showLevel(terminal, level),
      `${reason?.element ?? ''}: ${reason?.text ?? ''}${others}`,
    ];
  });
  const hidden = groups.length - rows.length;
  return hidden > 0 ? [...rows, ['', '', `and ${hidden} more groups of reasons`]] : rows;
}
