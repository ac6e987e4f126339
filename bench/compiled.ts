/**
 * The compiled engine beside the straightforward loop over objects (`check`), in turns; the matrix of a large fleet; what
 * a fingerprint costs in memory; and how long a surface file takes to load. On the recorded surfaces; for the fleet they
 * are crossed and altered, for nobody has 2,000 kernels and CPUs that all differ.
 */
import { cpus, loadavg } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { measure, registryFor } from '../src/arch/index.ts';
import { recordedNames } from '../src/cli/recorded.ts';
import { CompiledEngine, check, pin } from '../src/engine/index.ts';
import { readDocument } from '../src/format/index.ts';
import { LEVELS } from '../src/model/index.ts';
import type { Architecture, Contract, MeasuredSurface, MeasuredWord, Surface } from '../src/model/index.ts';

const ROUNDS = 9;
const FLEET = 2000;
/** Words whose value is another one than was recorded, per made-up host. */
const ALTERED = 8;

const line = (name: string, value: string): void => console.log(`  ${name.padEnd(52)}${value}`);
const count = (value: number): string => Math.round(value).toLocaleString('en');

export async function run(): Promise<void> {
  const load = loadavg().map((each) => each.toFixed(2));
  console.log(
    `compiled engine: ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, load ${load.join(' ')}, one thread`,
  );
  for (const architecture of ['x86_64', 'arm64'] as const) {
    const surfaces = await recordedOf(architecture);
    console.log(`${architecture}, ${surfaces.length} recorded surfaces`);
    await loading(architecture);
    throughput(architecture, surfaces);
    fleet(architecture, surfaces);
  }
}

async function surfaceAt(path: string): Promise<Surface> {
  const read = await readDocument(path);
  if (!read.ok || read.value.kind !== 'surface') throw new Error(`${path} is no surface`);
  return read.value.surface;
}

async function recordedOf(architecture: Architecture): Promise<MeasuredSurface[]> {
  return Promise.all(recordedNames(architecture).map(async ({ path }) => measure(await surfaceAt(path))));
}

function pinned(architecture: Architecture, surface: MeasuredSurface): Contract {
  const result = pin(registryFor(architecture), [surface], { name: 'bench', hosts: [''] });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** Fastest of `ROUNDS`, in milliseconds: once to read and validate each file, once to derive its words as well. */
async function loading(architecture: Architecture): Promise<void> {
  const files = recordedNames(architecture);
  let [read, measured] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    let begun = performance.now();
    const surfaces: Surface[] = [];
    for (const { path } of files) surfaces.push(await surfaceAt(path));
    read = Math.min(read, (performance.now() - begun) / files.length);
    begun = performance.now();
    for (const surface of surfaces) measure(surface);
    measured = Math.min(measured, (performance.now() - begun) / files.length);
  }
  const aim = '(aim: under 10 ms)';
  line('load a surface file: read and validate', `${read.toFixed(1)} ms ${aim}`);
  line('  and derive its words', `${(read + measured).toFixed(1)} ms`);
}

/** Calls a second, fastest of `ROUNDS` in turns; `calls` is how many one call of a variant makes. */
function fastest(calls: number, variants: readonly (() => number)[]): number[] {
  const best = variants.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, variant] of variants.entries()) {
      let [spent, ran] = [0, 0];
      // Long enough for the clock.
      while (spent < 40) {
        const begun = performance.now();
        variant();
        spent += performance.now() - begun;
        ran += calls;
      }
      best[at] = Math.max(best[at] ?? 0, (1000 * ran) / spent);
    }
  }
  return best;
}

function throughput(architecture: Architecture, surfaces: readonly MeasuredSurface[]): void {
  const registry = registryFor(architecture);
  const engine = new CompiledEngine(registry);
  const contracts = surfaces.map((surface) => pinned(architecture, surface));
  const compiled = contracts.map((contract) => engine.contract(contract));
  const hosts = surfaces.map((surface) => engine.surface(surface));
  // Hosts of two makers are one reason, and soon said: not what is to be measured.
  const pairs = surfaces.flatMap((from, row) =>
    surfaces.flatMap((to, column): [number, number][] =>
      registry.incomparable(from, to) === null ? [[row, column]] : [],
    ),
  );
  const all = (judge: (row: number, column: number) => number): number => {
    let sum = 0;
    for (const [row, column] of pairs) sum += judge(row, column);
    return sum;
  };
  const at = <T>(list: readonly T[], index: number): T => {
    const found = list[index];
    if (found === undefined) throw new Error('an index of the loop above');
    return found;
  };
  const [objects = 0, levels = 0, reasons = 0] = fastest(pairs.length, [
    () => all((row, column) => check(registry, at(contracts, row), at(surfaces, column)).reasons.length),
    () => all((row, column) => engine.level(at(compiled, row), at(hosts, column)).length),
    () => all((row, column) => engine.check(at(compiled, row), at(hosts, column)).reasons.length),
  ]);
  const ratio = (value: number): string => `${count(value / objects)} x`;
  line('check, the loop over objects', `${count(objects)} checks/s`);
  line('compiled, all reasons', `${count(reasons)} checks/s, ${ratio(reasons)} (aim: 20,000)`);
  line('compiled, the level alone', `${count(levels)} checks/s, ${ratio(levels)} (aim: 1,000,000)`);
}

function fleet(architecture: Architecture, recorded: readonly MeasuredSurface[]): void {
  const random = generator(1);
  const surfaces = Array.from({ length: FLEET }, (_, at) => madeUp(recorded, at, random));
  const contracts = surfaces.map((surface) => pinned(architecture, surface));
  const before = heap();
  const engine = new CompiledEngine(registryFor(architecture));
  let begun = performance.now();
  const compiled = contracts.map((contract) => engine.contract(contract));
  const hosts = surfaces.map((surface) => engine.surface(surface));
  const compiling = performance.now() - begun;
  begun = performance.now();
  const levels = engine.matrix(compiled, hosts);
  const judging = performance.now() - begun;
  const used = heap() - before - levels.byteLength;
  line(
    `${count(FLEET)} contracts x ${count(FLEET)} surfaces, made up`,
    `each distinct: crossed, ${ALTERED} words altered`,
  );
  line('  compile all of them', `${(compiling / 1000).toFixed(2)} s`);
  line('  the matrix, levels, from cold tables', `${(judging / 1000).toFixed(2)} s (aim: under 10 s)`);
  line(
    '  levels in it',
    [...Map.groupBy(levels, (each) => each)].map(([level, of]) => `${LEVELS[level]} ${count(of.length)}`).join(', '),
  );
  line('  memory a fingerprint, beyond surface and contract', `${(used / FLEET / 1024).toFixed(1)} KiB`);
  // Half of the fleet: linear where a fingerprint costs the same.
  const half = halfOf(architecture, contracts, surfaces);
  line('  the same, half as many of each', `${(half / (FLEET / 2) / 1024).toFixed(1)} KiB`);
}

function halfOf(
  architecture: Architecture,
  contracts: readonly Contract[],
  surfaces: readonly MeasuredSurface[],
): number {
  const before = heap();
  const engine = new CompiledEngine(registryFor(architecture));
  const compiled = contracts.slice(0, FLEET / 2).map((contract) => engine.contract(contract));
  const hosts = surfaces.slice(0, FLEET / 2).map((surface) => engine.surface(surface));
  const levels = engine.matrix(compiled, hosts);
  const used = heap() - before - levels.byteLength;
  // Alive until here.
  if (compiled.length !== hosts.length) throw new Error('as many of each');
  return used;
}

/** One recorded host up to some word and another from there on, with some values changed. */
function madeUp(recorded: readonly MeasuredSurface[], id: number, random: (below: number) => number): MeasuredSurface {
  const [first, second] = [recorded[random(recorded.length)], recorded[random(recorded.length)]];
  if (first === undefined || second === undefined) throw new Error('random() is an index');
  const words = new Map<string, MeasuredWord>(first.words);
  for (const [path, word] of [...second.words].slice(random(second.words.size))) words.set(path, word);
  const paths = [...words.keys()];
  for (let altered = 0; altered < ALTERED; altered++) {
    const word = words.get(paths[random(paths.length)] ?? '');
    if (word?.value === undefined || word.value === null) continue;
    words.set(word.path, { ...word, value: word.value ^ (1n << BigInt(random(word.width))) });
  }
  return { ...first, words, fingerprint: `sha256:${id}` };
}

/** xorshift32: the same fleet in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Bytes in use after a collection. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

if (import.meta.main) await run();
