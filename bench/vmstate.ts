/**
 * `qemu vmstate-check` beside QEMU's own vmstate-static-checker.py (EVENKEEL_VMSTATE_CHECKER; python3), on the same files:
 * the recorded QEMUs as -dump-vmstate wrote them. Start-up is taken out of both by measuring inside: a new process a run,
 * the clock is started once Python has loaded the script, and Node our modules, and it is stopped when the answer is
 * written. It counts the processor's time of the thread that works, so that what else the machine does has no part in it;
 * Python has no other, and of Node's others (they compile, collect and read) it is told too. The fastest of several runs
 * counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordedVmms } from '../src/cli/recorded.ts';
import { readDocument } from '../src/format/index.ts';
import { dumpedMachines, vmstateDump } from '../src/model/index.ts';
import type { Architecture, Json, VmmSurface } from '../src/model/index.ts';
import { findChecker } from '../test/interop/qemu/vmstate/checker.ts';
import type { Checker } from '../test/interop/qemu/vmstate/checker.ts';

const ROUNDS = 7;
const CHILD = fileURLToPath(new URL('./vmstate-child.ts', import.meta.url));
/** The aim: how many times faster, beyond start-up. */
const AIM = 20;

export async function run(): Promise<void> {
  const load = loadavg().map((each) => each.toFixed(2));
  console.log(`vmstate-check: ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, load ${load.join(' ')}`);
  const checker = findChecker();
  if (typeof checker === 'string') console.log(`  the script is left out: ${checker}`);
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  try {
    for (const architecture of ['x86_64', 'arm64'] as const) await bench(architecture, directory, checker);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function bench(architecture: Architecture, directory: string, checker: Checker | string): Promise<void> {
  const surfaces = await surfacesOf(architecture);
  const machines = commonMachines(surfaces);
  const [machine] = machines;
  if (machine === undefined) throw new Error(`no machine type that all QEMUs of ${architecture} have`);
  const files = surfaces.map((surface) => dumpFile(directory, surface, machine));
  const all = machines.flatMap((name) => surfaces.map((surface) => dumpFile(directory, surface, name)));
  const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
  console.log(`${architecture}: ${files.length} QEMUs, ${machine}, ${(size / 1e6).toFixed(1)} MB of dumps`);
  const pairs = files.flatMap((from) => files.flatMap((to) => (from === to ? [] : [[from, to] as const])));
  const one = pairs.find(([from, to]) => from.includes('/7.2') && to.includes('/10.0'));
  if (one === undefined) throw new Error('7.2 and 10.0 are recorded');
  const script = (some: readonly (readonly [string, string])[]): number | null =>
    typeof checker === 'string' ? null : some.reduce((sum, pair) => sum + scriptTime(checker, pair), 0);
  const [pair, every] = [script([one]), script(pairs)];
  line('one pair: the script', pair, null);
  ourLines('one pair: evenkeel', one, pair);
  line(`${pairs.length} pairs: the script, ${pairs.length} runs`, every, null);
  const { warm } = ourLines(`${pairs.length} pairs: evenkeel, one run`, files, every);
  line(`${pairs.length} pairs: evenkeel, the tenth time in one process`, warm, every);
  if (machines.length === 1) return;
  // The script's time depends on the sections alone, which are the same for every machine type.
  const count = all.length * (all.length - 1);
  const reckoned = every === null ? null : (every / pairs.length) * count;
  line(`${count} pairs, ${machines.length} machine types: the script (reckoned)`, reckoned, null);
  ourLines(`${count} pairs, ${machines.length} machine types: evenkeel, one run`, all, reckoned);
}

function ourLines(name: string, files: readonly string[], beside: number | null): Spent {
  const spent = ourTime(files);
  line(name, spent.cold, beside);
  line('  the same, all threads', spent.process, beside);
  return spent;
}

function line(name: string, milliseconds: number | null, beside: number | null): void {
  const value = milliseconds === null ? 'not measured' : `${milliseconds.toFixed(1)} ms`;
  const ratio =
    milliseconds === null || beside === null ? '' : `   ${(beside / milliseconds).toFixed(1)} x (aim ${AIM} x)`;
  console.log(`  ${name.padEnd(60)}${value.padStart(14)}${ratio}`);
}

/** Runs the script's own main() with its own arguments; its output goes where nobody reads it. */
const DRIVER = `
import importlib.util, io, sys, time
script, sys.argv = sys.argv[1], sys.argv[1:]
spec = importlib.util.spec_from_file_location('checker', script)
checker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checker)
out, sys.stdout = sys.stdout, io.StringIO()
begun = time.thread_time()
checker.main()
spent = time.thread_time() - begun
print(spent * 1000, file=out)
`;

function scriptTime({ python, script }: Checker, [from, to]: readonly [string, string]): number {
  return fastest(() => Number(output(python, ['-c', DRIVER, script, '-s', from, '-d', to])));
}

/** Milliseconds; `warm` of the tenth time in the same process, `process` of all threads the first time. */
interface Spent {
  readonly cold: number;
  readonly warm: number;
  readonly process: number;
}

function ourTime(names: readonly string[]): Spent {
  const runs = Array.from({ length: ROUNDS }, () =>
    output(process.execPath, [CHILD, ...names])
      .split(' ')
      .map(Number),
  );
  const least = (index: number): number => Math.min(...runs.map((run) => run[index] ?? Number.NaN));
  return { cold: least(0), warm: least(1), process: least(2) };
}

function fastest(run: () => number): number {
  return Math.min(...Array.from({ length: ROUNDS }, run));
}

function output(program: string, parameters: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, parameters, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stdout.trim();
}

async function surfacesOf(architecture: Architecture): Promise<VmmSurface[]> {
  const named = recordedVmms().filter(({ name }) => name.endsWith(`/${architecture}`));
  return Promise.all(
    named.map(async ({ path }) => {
      const read = await readDocument(path);
      if (!read.ok || read.value.kind !== 'vmm-surface') throw new Error(`${path} is no VMM surface`);
      return read.value.surface;
    }),
  );
}

/** With a version in their name, so that a guest can have moved from one QEMU to the other. */
function commonMachines(surfaces: readonly VmmSurface[]): string[] {
  const [first, ...others] = surfaces.map((surface) => dumpedMachines(surface));
  return (first ?? []).filter(
    (machine) => /-\d+\.\d+$/.test(machine) && others.every((each) => each.includes(machine)),
  );
}

function dumpFile(directory: string, surface: VmmSurface, machine: string): string {
  const dump = vmstateDump(surface, machine);
  if (dump === null) throw new Error(`no dump of ${machine}`);
  return dumpText(directory, `${surface.vmm.version}-${machine}`, dump);
}

/** As QEMU lays it out. */
function dumpText(directory: string, name: string, dump: Json): string {
  const path = join(directory, `${name}.json`);
  writeFileSync(path, `${JSON.stringify(dump, null, 2)}\n`);
  return path;
}
