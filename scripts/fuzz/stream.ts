/**
 * `node scripts/fuzz/stream.ts [INPUTS] [SEED] [STREAM…]`: streams of QEMU made wrong, and whether the reader stays what it
 * should be: an answer for each, at once, in memory that does not grow. Real streams join the seeds where they are named;
 * they are large, and go slowly.
 */
import { readFileSync } from 'node:fs';
import { memorySource, readStream } from '../../src/interop/qemu/stream/index.ts';
import { random } from '../reliability/random.ts';
import { differsInPieces, faultOf } from './judge.ts';
import { mutate, repairDescription } from './mutate.ts';
import { SEEDS } from './seeds.ts';

export interface Fuzzed {
  readonly inputs: number;
  /** Taken as streams, and refused by code. */
  readonly answers: Readonly<Record<string, number>>;
  /** What must not be, with the input in hex. */
  readonly faults: readonly string[];
  readonly slowest: number;
  /** Bytes of heap after all, beyond those before. */
  readonly grown: number;
  readonly milliseconds: number;
}

/** One of so many is read again in pieces. */
const AGAIN = 16;
/** Milliseconds that one small input may take, on a machine that does other things too. */
const PATIENCE = 5000;

export async function fuzz(inputs: number, seed: number, seeds: readonly Buffer[] = SEEDS): Promise<Fuzzed> {
  const next = random(seed);
  const answers: Record<string, number> = {};
  const faults: string[] = [];
  let slowest = 0;
  const begun = performance.now();
  const before = heap();
  for (let count = 0; count < inputs && faults.length < 10; count++) {
    const from = seeds[next(seeds.length)] ?? Buffer.alloc(0);
    const other = seeds[next(seeds.length)] ?? from;
    const mutated = mutate(from, next, other);
    const bytes = next(2) === 0 ? repairDescription(mutated) : mutated;
    const start = performance.now();
    const answer = await readStream(memorySource(bytes));
    const took = performance.now() - start;
    slowest = Math.max(slowest, took);
    const code = answer.ok ? 'read' : answer.error.code;
    answers[code] = (answers[code] ?? 0) + 1;
    const slow = took > PATIENCE ? `it took ${took} ms` : null;
    const pieces = next(AGAIN) === 0 && (await differsInPieces(bytes, answer, 1 + next(50))) ? 'other in pieces' : null;
    const fault = faultOf(bytes, answer) ?? slow ?? pieces;
    if (fault !== null) faults.push(`${fault}: ${bytes.toString('hex')}`);
  }
  const milliseconds = performance.now() - begun;
  return { inputs, answers, faults, slowest, grown: heap() - before, milliseconds };
}

function heap(): number {
  global.gc?.();
  return process.memoryUsage().heapUsed;
}

if (import.meta.main) {
  const [inputs = '1000000', seed = '1', ...paths] = process.argv.slice(2);
  const seeds = paths.length === 0 ? SEEDS : paths.map((path) => readFileSync(path));
  const { answers, faults, slowest, grown, milliseconds } = await fuzz(Number(inputs), Number(seed), seeds);
  const rate = Math.round(Number(inputs) / (milliseconds / 1000));
  console.log(`${inputs} inputs from ${seeds.length} seeds, ${rate} a second; ${JSON.stringify(answers)}`);
  console.log(`slowest ${slowest.toFixed(0)} ms; heap ${(grown / 1024 / 1024).toFixed(1)} MiB more at the end`);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
