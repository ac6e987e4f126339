/**
 * The probe against a C program that makes the same ioctls: a probe of this host writes down its calls, and the C
 * program makes them again, in turns with further probes. Node's start-up is shown on its own.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Decoder } from '../src/worker/protocol.ts';

const ROUNDS = 15;
/** The ratio that the probe should stay under. */
const AIM = 1.5;
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export function run(): Promise<void> {
  measure();
  return Promise.resolve();
}

function measure(): void {
  const why = whyNot();
  if (why !== null) {
    process.stdout.write(`probe: not measured: ${why}\n`);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  try {
    const program = join(directory, 'probe');
    const trace = join(directory, 'trace');
    execFileSync('gcc', ['-O2', '-o', program, here('probe.c')]);
    execFileSync(process.execPath, [here('probe-trace.ts'), trace]);
    const probes: Timing[] = [];
    const replays: Replay[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      probes.push(probe());
      replays.push(replay(program, trace));
    }
    report(probes, replays);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Timing {
  /** Milliseconds: from the process's start to the worker's first line, in all steps, and of the whole process. */
  readonly startUp: number;
  readonly probing: number;
  readonly whole: number;
  readonly ioctls: number;
  readonly slowest: readonly (readonly [step: string, milliseconds: number])[];
}

function probe(): Timing {
  const begun = performance.now();
  const ran = spawnSync(process.execPath, [here('../src/worker/worker.ts')], { maxBuffer: 1 << 26 });
  const whole = performance.now() - begun;
  let [startUp, probing, ioctls] = [0, 0, 0];
  const steps: [string, number][] = [];
  new Decoder().push(
    ran.stdout,
    (message) => {
      if (message.event === 'hello') startUp = message.startMilliseconds;
      if (message.event === 'end') steps.push([message.step, message.milliseconds]);
      if (message.event === 'done') [probing, ioctls] = [message.milliseconds, message.ioctls];
    },
    () => undefined,
  );
  return { startUp, probing, whole, ioctls, slowest: steps.toSorted(([, a], [, b]) => b - a).slice(0, 3) };
}

interface Replay {
  readonly milliseconds: number;
  readonly ioctls: number;
  /** Calls that returned something else than in the trace. */
  readonly otherwise: number;
}

function replay(program: string, trace: string): Replay {
  const [milliseconds = 0, ioctls = 0, otherwise = 0] = execFileSync(program, [trace], { encoding: 'utf8' })
    .trim()
    .split(' ')
    .map(Number);
  return { milliseconds, ioctls, otherwise };
}

function report(probes: readonly Timing[], replays: readonly Replay[]): void {
  const ours = median(probes.map(({ probing }) => probing));
  const theirs = median(replays.map(({ milliseconds }) => milliseconds));
  const [first] = probes;
  const [other] = replays;
  const line = (name: string, value: string): void => void process.stdout.write(`  ${name.padEnd(36)}${value}\n`);
  process.stdout.write(`probe of this host, median of ${ROUNDS} runs in turns\n`);
  line('ioctls', `${first?.ioctls ?? 0} by Evenkeel, ${other?.ioctls ?? 0} by the C program`);
  line('calls that came out otherwise in C', String(other?.otherwise ?? 0));
  line('Node until the first line', `${median(probes.map(({ startUp }) => startUp)).toFixed(0)} ms`);
  line('Evenkeel, all steps', `${ours.toFixed(1)} ms`);
  line('the C program', `${theirs.toFixed(1)} ms`);
  line('ratio', `${(ours / theirs).toFixed(2)} (aim: under ${AIM})`);
  line('the whole process, start to end', `${median(probes.map(({ whole }) => whole)).toFixed(0)} ms`);
  line(
    'slowest steps',
    (first?.slowest ?? []).map(([step, milliseconds]) => `${step} ${milliseconds.toFixed(1)} ms`).join(', '),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function whyNot(): string | null {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return '/dev/kvm is missing or may not be opened';
  }
  return spawnSync('gcc', ['--version']).status === 0 ? null : 'gcc is not installed';
}

if (import.meta.main) await run();
