import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { proofPage } from '../../../scripts/generate/proof.ts';
import { causeOf } from '../../../src/cli/roundtrip/causes.ts';
import { disagreementsOf, legsOf } from '../../../src/cli/roundtrip/summary.ts';
import { proofSchema } from '../../../src/format/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const proof = proofSchema.parse(JSON.parse(readFileSync(join(ROOT, 'docs/data/proof.json'), 'utf8')));

describe('docs/proof.md', () => {
  it('is what its data gives: node scripts/generate/proof.ts', () => {
    expect(readFileSync(join(ROOT, 'docs/proof.md'), 'utf8')).toBe(proofPage());
  });

  it('is of every ordered pair of the kernels of each CPU, there and back', () => {
    const cpus = Map.groupBy(proof.hosts, ({ architecture, cpu }) => `${architecture}/${cpu}`);
    expect(cpus.size).toBe(4);
    for (const [name, hosts] of cpus) {
      const pairs = hosts.flatMap((from) => hosts.map((to) => `${from.kernel} ${to.kernel}`));
      const ordinary = proof.trips.filter(
        ({ architecture, cpu, variant }) => `${architecture}/${cpu}` === name && variant === 'default',
      );
      const both = ordinary.filter(({ there, back }) => there !== null && back !== null);
      expect(both.map(({ from, to }) => `${from} ${to}`).toSorted(), name).toEqual(pairs.toSorted());
    }
  });

  it('explains each disagreement', () => {
    const unexplained = disagreementsOf(legsOf(proof.trips)).filter(
      ({ word, architecture }) => causeOf(architecture, word) === null,
    );
    expect(unexplained.map(({ word }) => `${word.word}: ${word.text}`)).toEqual([]);
  });
});
