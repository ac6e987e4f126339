/**
 * The hot path of everything that runs on files: from two recorded surfaces to a verdict. Baseline: reading the same
 * two files and JSON.parse, which nothing that takes JSON can undercut.
 */
import { readFileSync } from 'node:fs';
import { measure, registryFor } from '../src/arch/index.ts';
import { check, pin } from '../src/engine/index.ts';
import { readDocument } from '../src/format/index.ts';
import type { Surface } from '../src/model/index.ts';

const PAIRS = [
  ['x86_64/max/debian-6.1', 'x86_64/max/debian-7.2'],
  ['arm64/max/debian-6.1', 'arm64/max/debian-7.2'],
] as const;
const ROUNDS = 30;

const pathOf = (name: string): string => new URL(`../surfaces/${name}.json`, import.meta.url).pathname;

async function surfaceOf(name: string): Promise<Surface> {
  const read = await readDocument(pathOf(name));
  if (!read.ok) throw new Error(read.error.message);
  if (read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
  return read.value.surface;
}

function judge(from: Surface, to: Surface): number {
  const registry = registryFor(from.architecture);
  const pinned = pin(registry, [measure(from)], { name: 'bench', hosts: [''] });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return check(registry, pinned.value, measure(to)).reasons.length;
}

/** Milliseconds of the fastest of `ROUNDS` runs, the variants taking turns so that noise meets both. */
async function fastest(variants: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const best = variants.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, variant] of variants.entries()) {
      const begun = performance.now();
      await variant();
      best[index] = Math.min(best[index] ?? 0, performance.now() - begun);
    }
  }
  return best;
}

export async function run(): Promise<void> {
  for (const [a, b] of PAIRS) {
    const [from, to] = [await surfaceOf(a), await surfaceOf(b)];
    const [parse = 0, read = 0, verdict = 0] = await fastest([
      async () => [a, b].map((name) => JSON.parse(readFileSync(pathOf(name), 'utf8')) as unknown),
      async () => [await readDocument(pathOf(a)), await readDocument(pathOf(b))],
      async () => judge(from, to),
    ]);
    const ratio = (value: number): string => `${(value / parse).toFixed(1)} x`;
    console.log(`${a} -> ${b}: baseline, JSON.parse of both files: ${parse.toFixed(2)} ms`);
    console.log(`  read and validate both: ${read.toFixed(2)} ms, ${ratio(read)} the baseline`);
    console.log(`  measure, pin, check:    ${verdict.toFixed(2)} ms, ${ratio(verdict)} the baseline`);
  }
}
