/** Every surface against every other: where a guest can go, and where it can come from. */
import { LEVELS, ok, worse } from '../model/index.ts';
import type { Architecture, Level, Result, Verdict, VmmProfile } from '../model/index.ts';
import type { Failure } from './exit.ts';
import type { NamedSurface } from './input.ts';
import { departure, move } from './move.ts';
import { table } from './table.ts';
import { showLevel } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** `cells[i][j]`: the default contract of surface i on surface j; null where i is j. */
export interface Matrix {
  readonly architecture: Architecture;
  readonly surfaces: readonly NamedSurface[];
  readonly cells: readonly (readonly (Verdict | null)[])[];
}

/** All of one architecture, or it fails. */
export function matrixOf(
  surfaces: readonly [NamedSurface, ...NamedSurface[]],
  vcpu?: string,
  vmm?: VmmProfile,
): Result<Matrix, Failure> {
  const cells: (Verdict | null)[][] = [];
  for (const source of surfaces) {
    const from = departure(source, vcpu, vmm);
    if (!from.ok) return from;
    const row: (Verdict | null)[] = [];
    for (const destination of surfaces) {
      if (destination === source) {
        row.push(null);
        continue;
      }
      const moved = move(from.value, destination, null, vmm);
      if (!moved.ok) return moved;
      row.push(moved.value.there);
    }
    cells.push(row);
  }
  return ok({ architecture: surfaces[0].surface.architecture, surfaces, cells });
}

/** Rows leave, columns receive. Read a row for the upgrades of a guest and a column for the way back. */
export function matrixText(
  terminal: Terminal,
  { surfaces, cells }: Matrix,
  titles: readonly string[],
  indent = '',
): string {
  const rows = cells.map((row, index) => [
    titles[index] ?? surfaces[index]?.name ?? '',
    ...row.map((verdict) => (verdict === null ? '-' : cellText(terminal, verdict))),
  ]);
  const columns = [{ title: 'FROM \\ TO' }, ...titles.map((title) => ({ title }))];
  return table(columns, rows, { width: terminal.width, indent });
}

/** The level and how many elements have it, then what else stands against the move: `silent 2, refused 3`. */
function cellText(terminal: Terminal, { level, counts }: Verdict): string {
  const others = LEVELS.filter((other) => isWorse(other) && other !== level && counts[other] > 0).toReversed();
  const text = [level, ...others].map((each) => (each === 'same' ? each : `${each} ${counts[each]}`)).join(', ');
  return showLevel(terminal, level, text);
}

function isWorse(level: Level): boolean {
  return worse(level, 'selectable') !== 'selectable';
}

export function worstOf({ cells }: Matrix): Level {
  return cells
    .flat()
    .reduce<Level>((worst, verdict) => (verdict === null ? worst : worse(worst, verdict.level)), 'same');
}
