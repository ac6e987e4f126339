/**
 * `qemu vmstate-check` beside QEMU's own vmstate-static-checker.py (EVENKEEL_VMSTATE_CHECKER; python3), on the same files:
 * the recorded QEMUs as -dump-vmstate wrote them. Both are processes, started in turns; start-up is taken out by measuring
 * the same program on two dumps with nothing in them, and subtracting. The fastest run of each counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedVmms } from '../src/cli/recorded.ts';
import { readDocument } from '../src/format/index.ts';
import { DumpLoader, compare } from '../src/interop/qemu/vmstate/index.ts';
import { dumpedMachines, vmstateDump } from '../src/model/index.ts';
import type { Architecture, Json, VmmSurface } from '../src/model/index.ts';
import { findChecker } from '../test/interop/qemu/vmstate/checker.ts';
import type { Checker } from '../test/interop/qemu/vmstate/checker.ts';

const ROUNDS = 9;
const MAIN = join(import.meta.dirname, '../src/cli/main.ts');
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
  const nothing = dumpText(directory, `nothing-${architecture}`, { vmschkmachine: { Name: machine } });
  const empty = [nothing, dumpText(directory, `nothing-too-${architecture}`, { vmschkmachine: { Name: machine } })];
  const pairs = files.flatMap((from) => files.flatMap((to) => (from === to ? [] : [[from, to] as const])));
  const [first, last] = [files[1], files[2]];
  if (first === undefined || last === undefined) throw new Error('four QEMUs are recorded');
  const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
  console.log(`${architecture}: ${files.length} QEMUs, ${machine}, ${(size / 1e6).toFixed(1)} MB of dumps`);
  const all = machines.flatMap((name) => surfaces.map((surface) => dumpFile(directory, surface, name)));
  const script =
    (from: string, to: string): (() => void) =>
    () =>
      runScript(checker, from, to);
  const ours =
    (names: readonly string[]): (() => void) =>
    () =>
      runOurs(names);
  const none = (): void => undefined;
  const isThere = typeof checker !== 'string';
  const [scriptEmpty = 0, scriptPair = 0, scriptPairs = 0, oursEmpty = 0, oursPair = 0, oursPairs = 0, oursAll = 0] =
    fastest([
      isThere ? script(nothing, nothing) : none,
      isThere ? script(first, last) : none,
      isThere ? (): void => pairs.forEach(([from, to]) => script(from, to)()) : none,
      ours(empty),
      ours([first, last]),
      ours(files),
      ours(all),
    ]);
  line('start-up: the script', isThere ? scriptEmpty : null, null);
  line('start-up: evenkeel', oursEmpty, null);
  const pair = isThere ? scriptPair - scriptEmpty : null;
  line('one pair: the script', pair, null);
  line('one pair: evenkeel', oursPair - oursEmpty, pair);
  const every = isThere ? scriptPairs - pairs.length * scriptEmpty : null;
  line(`${pairs.length} pairs: the script, ${pairs.length} runs`, every, null);
  line(`${pairs.length} pairs: evenkeel, one run`, oursPairs - oursEmpty, every);
  // The script's time depends on the sections alone, which are the same for every machine type.
  const count = all.length * (all.length - 1);
  const extrapolated = every === null ? null : (every / pairs.length) * count;
  line(`${count} pairs of ${machines.length} machine types: the script (reckoned)`, extrapolated, null);
  line(`${count} pairs of ${machines.length} machine types: evenkeel, one run`, oursAll - oursEmpty, extrapolated);
  await inProcess(files);
}

/** What a program that stays has of it: Node's compiler has seen the code. */
async function inProcess(files: readonly string[]): Promise<void> {
  const loader = (): Promise<unknown> => Promise.all(files.map((file) => new DumpLoader().load(file)));
  const dumps = await Promise.all(
    files.map(async (file) => {
      const loaded = await new DumpLoader().load(file);
      if (!loaded.ok) throw new Error(loaded.error.message);
      return loaded.value;
    }),
  );
  let [read, compared] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 4 * ROUNDS; round++) {
    let begun = performance.now();
    await loader();
    read = Math.min(read, performance.now() - begun);
    begun = performance.now();
    for (const from of dumps) for (const to of dumps) if (from !== to) compare(from, to);
    compared = Math.min(compared, performance.now() - begun);
  }
  line(`warm: read ${files.length} dumps`, read, null);
  line(`warm: ${dumps.length * (dumps.length - 1)} comparisons`, compared, null);
}

function line(name: string, milliseconds: number | null, beside: number | null): void {
  const value = milliseconds === null ? 'not measured' : `${milliseconds.toFixed(1)} ms`;
  const ratio =
    milliseconds === null || beside === null ? '' : `   ${(beside / milliseconds).toFixed(1)} x (aim ${AIM} x)`;
  console.log(`  ${name.padEnd(60)}${value.padStart(14)}${ratio}`);
}

/** Milliseconds of the fastest of `ROUNDS` runs, the variants taking turns so that noise meets all. */
function fastest(variants: readonly (() => void)[]): number[] {
  const best = variants.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, variant] of variants.entries()) {
      const begun = performance.now();
      variant();
      best[index] = Math.min(best[index] ?? 0, performance.now() - begun);
    }
  }
  return best;
}

function runScript(checker: Checker | string, from: string, to: string): void {
  if (typeof checker === 'string') return;
  const { status, stderr } = spawnSync(checker.python, [checker.script, '-s', from, '-d', to]);
  if (status === null || stderr.length > 0) throw new Error(`the script failed: ${stderr.toString()}`);
}

function runOurs(names: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'qemu', 'vmstate-check', ...names]);
  if (status === null || stderr.length > 0) throw new Error(`evenkeel failed: ${stderr.toString()}`);
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
