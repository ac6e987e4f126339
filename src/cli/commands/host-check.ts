/**
 * `host check`, which `npm start` runs: this host beside the recorded surfaces of its architecture, and for each
 * recorded CPU where a guest can go between kernels and whether it can come back. A report: it ends with 0 whatever
 * the verdicts are.
 */
import { object } from '@optique/core/constructs';
import { map } from '@optique/core/modifiers';
import { group } from '../../engine/index.ts';
import { ok } from '../../model/index.ts';
import type { Architecture, Result, Verdict } from '../../model/index.ts';
import { ownArchitecture } from '../../probe/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeHost, shortFingerprint } from '../describe.ts';
import { EXIT } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { loadSurface } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { matrixOf, matrixText } from '../matrix.ts';
import type { Matrix } from '../matrix.ts';
import { departure, move } from '../move.ts';
import { probe } from '../probe.ts';
import { recordedNames } from '../recorded.ts';
import type { RecordedName } from '../recorded.ts';
import { table } from '../table.ts';
import { showLevel } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { countsText } from '../verdict-text.ts';

/** Reasons shown for a step from one kernel to the next, in each direction. */
const REASONS_A_STEP = 3;

export const hostCheck: Command = define(
  'check',
  map(object({}), (): Task => async (terminal) => {
    const probed = await probe(terminal);
    if (!probed.ok && probed.error.exit !== EXIT.kvm) return probed.error;
    const host: NamedSurface | null = probed.ok ? { kind: 'surface', name: 'host', surface: probed.value } : null;
    terminal.out(host === null ? withoutHost(probed.ok ? null : probed.error) : hostText(terminal, host));
    const architecture = ownArchitecture() ?? 'x86_64';
    for (const cpu of cpusOf(architecture)) {
      const shown = await cpuReport(terminal, cpu, host);
      if (!shown.ok) return shown.error;
      terminal.out(shown.value);
    }
    terminal.out(nextSteps(architecture, host !== null));
    return EXIT.ok;
  }),
  {
    brief: 'Put this host beside the recorded kernels of its architecture',
    description: 'A report: ends with 0 whatever the verdicts are. Without KVM it shows the recorded kernels alone.',
    examples: ['evenkeel host check'],
  },
);

function withoutHost(why: Failure | null): string {
  const advice = why?.advice === undefined ? '' : `\n  ${why.advice}`;
  return `This host was not measured: ${why?.message ?? 'unknown'}${advice}\n`;
}

function hostText(terminal: Terminal, { surface }: NamedSurface): string {
  const { milliseconds, ioctls } = surface.recorded;
  const unmeasured = Object.entries(surface.sections).filter(([, section]) => section.outcome === 'failed');
  return [
    `${terminal.style('bold', 'This host')}  ${describeHost(surface)}\n`,
    `           fingerprint ${shortFingerprint(surface.fingerprint)}, ${ioctls ?? 'unknown'} ioctls in ${milliseconds ?? 'unknown'} ms\n`,
    ...unmeasured.map(([name]) => `           ${name} could not be measured: evenkeel surface show host\n`),
  ].join('');
}

interface RecordedCpu {
  readonly cpu: string;
  readonly kernels: readonly RecordedName[];
}

function cpusOf(architecture: Architecture): RecordedCpu[] {
  const byCpu = Map.groupBy(recordedNames(architecture), ({ cpu }) => cpu);
  return [...byCpu].map(([cpu, kernels]) => ({ cpu, kernels }));
}

async function cpuReport(
  terminal: Terminal,
  { cpu, kernels }: RecordedCpu,
  host: NamedSurface | null,
): Promise<Result<string, Failure>> {
  const surfaces: NamedSurface[] = [];
  for (const { name } of kernels) {
    const loaded = await loadSurface(name, terminal);
    if (!loaded.ok) return loaded;
    surfaces.push(loaded.value);
  }
  const [first, ...others] = surfaces;
  if (first === undefined) return ok('');
  terminal.status(`comparing ${kernels.length} kernels on ${cpu}`);
  const matrix = matrixOf([first, ...others]);
  terminal.status('');
  if (!matrix.ok) return matrix;
  const title = `\n${terminal.style('bold', `Recorded CPU ${cpu}`)}  ${describeHost(first.surface).split(', ')[1] ?? ''}\n`;
  const grid = matrixText(
    terminal,
    matrix.value,
    kernels.map(({ kernel }) => kernel),
    '  ',
  );
  const beside = host === null ? ok('') : hostBeside(terminal, host, surfaces);
  if (!beside.ok) return beside;
  return ok(title + beside.value + grid + stepsText(terminal, matrix.value, kernels));
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
  const because = there.reasons[0]?.text ?? countsText(there);
  return ok(`  A guest of this host on ${newest.name}: ${showLevel(terminal, there.level)} (${because})\n`);
}

/** The reasons that matter: those of each step from one kernel to the next, and of the way back. */
function stepsText(terminal: Terminal, { cells }: Matrix, kernels: readonly RecordedName[]): string {
  const rows = kernels.slice(1).flatMap((newer, index) => {
    const older = kernels[index];
    const [up, down] = [cells[index]?.[index + 1], cells[index + 1]?.[index]];
    if (older === undefined || up === undefined || up === null || down === undefined || down === null) return [];
    return [
      ...stepRows(terminal, `${older.kernel} -> ${newer.kernel}`, up),
      ...stepRows(terminal, `${newer.kernel} -> ${older.kernel}`, down),
    ];
  });
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

function nextSteps(architecture: Architecture, measured: boolean): string {
  const [from, to] = recordedNames(architecture).slice(-2);
  const commands = [
    ...(measured
      ? [
          ['evenkeel host probe --write before.json', 'keep what this host shows now'],
          ['evenkeel migration check before.json --to host', 'after the upgrade: what changed for its guests'],
        ]
      : []),
    ...(from === undefined || to === undefined
      ? []
      : [[`evenkeel migration check ${from.name} --to ${to.name} --and-back ${from.name}`, 'all reasons of one step']]),
    ['evenkeel --help', 'everything else'],
  ];
  const columns = [{ title: '' }, { title: '' }];
  const prefixed = commands.map(([command = '', what = '']) => [`npx ${command}`, `# ${what}`]);
  return `\nNext:\n${table(columns, prefixed, { width: Number.POSITIVE_INFINITY, indent: '  ', bare: true })}`;
}
