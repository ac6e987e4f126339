/**
 * QEMU's own checker, scripts/vmstate-static-checker.py of its source tree, where it is at hand: EVENKEEL_VMSTATE_CHECKER
 * names it. What it says is made comparable: which section and description each problem is of.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Comparison, VmstateDump } from '../../../../src/interop/qemu/vmstate/index.ts';

export const CHECKER_VARIABLE = 'EVENKEEL_VMSTATE_CHECKER';

export interface Checker {
  readonly script: string;
  readonly python: string;
}

/** Or why it cannot be run. */
export function findChecker(environment: NodeJS.ProcessEnv = process.env): Checker | string {
  const script = environment[CHECKER_VARIABLE] ?? '';
  if (script === '') return `${CHECKER_VARIABLE} does not name QEMU's scripts/vmstate-static-checker.py`;
  if (!existsSync(script)) return `${CHECKER_VARIABLE}: ${script} is not there`;
  const python = 'python3';
  const found = spawnSync(python, ['--version']);
  return found.status === 0 ? { script, python } : 'python3 is not installed';
}

export interface Checked {
  /** Its exit code: how many problems it counts, up to 255. */
  readonly status: number;
  /** One a problem: `section: description`. */
  readonly places: readonly string[];
}

export function runChecker({ script, python }: Checker, from: string, to: string): Checked {
  const ran = spawnSync(python, [script, '-s', from, '-d', to], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (ran.status === null || ran.stderr !== '') throw new Error(`the checker failed: ${ran.stderr}`);
  const lines = ran.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Warning: '));
  return { status: ran.status, places: lines.map(placeOf).toSorted() };
}

/** Of a section whose version is too old it prints the first words of a line and no more; the next line then follows. */
function placeOf(line: string): string {
  const said = line.slice(line.lastIndexOf('Section "'));
  const section = /^Section "([^"]*)"/.exec(said)?.[1];
  const description = /^Section "[^"]*"[,:]? Description "([^"]*)"/.exec(said)?.[1];
  if (section === undefined) throw new Error(`the checker says what it never said: ${line}`);
  return `${section}: ${description ?? ''}`;
}

/** The same of ours. Of a version that the section and its description both have, it counts two and we tell one. */
export function placesOf({ findings }: Comparison, from: VmstateDump): readonly string[] {
  return findings
    .flatMap(({ section, description, rule, problems }) => {
      const own = from.sections.get(section)?.description?.name ?? '';
      const inDescription = `${section}: ${description ?? own}`;
      if (rule === 'section-version-too-new') return [`${section}: `, inDescription].slice(0, problems);
      if (rule === 'section-version-too-old') return Array<string>(problems).fill(inDescription);
      return Array<string>(problems).fill(`${section}: ${description ?? ''}`);
    })
    .toSorted();
}
