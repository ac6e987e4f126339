import { describe, expect, it } from 'vitest';
import { proofMarkdown } from '../../../src/cli/roundtrip/markdown.ts';
import {
  agrees,
  commandOf,
  confusionOf,
  disagreementsOf,
  legsOf,
  tallyOf,
} from '../../../src/cli/roundtrip/summary.ts';
import { proofText } from '../../../src/cli/roundtrip/text.ts';
import { PROOF_FORMAT } from '../../../src/format/index.ts';
import type { ProofDocument, ProofLeg, ProofTrip } from '../../../src/format/index.ts';

function leg(more: Partial<ProofLeg>): ProofLeg {
  return {
    predicted: 'same',
    beyond: 0,
    outcome: 'identical',
    observed: [],
    harmless: 0,
    insisting: { predicted: false, stops: null },
    disagreements: [],
    guest: 'goes on',
    milliseconds: 10,
    ...more,
  };
}

function trip(from: string, to: string, there: ProofLeg | null, back: ProofLeg | null = null): ProofTrip {
  return {
    architecture: 'arm64',
    cpu: 'max',
    variant: 'default',
    from: `debian:${from}`,
    to: `debian:${to}`,
    there,
    back,
  };
}

const UNSAFE = leg({
  outcome: 'differs',
  observed: [0],
  disagreements: [
    { word: 'reg/A|B', fault: 'unsafe', predicted: 'same', observed: 'differs', text: 'guest: 1 became 0' },
  ],
});

const PROOF: ProofDocument = {
  format: PROOF_FORMAT,
  recorded: {
    at: '2026-01-02T03:04:05Z',
    by: 'evenkeel 0',
    command: 'evenkeel lab roundtrip --all',
    seconds: 60,
    boots: 3,
    remembered: 0,
    environment: { qemu: '10' },
  },
  hosts: [],
  variants: [{ id: 'default', about: 'a guest' }],
  observations: [{ word: 'reg/A|B', how: 'differs', by: 'guest', text: '1 became 0' }],
  trips: [
    trip('6.1', '6.12', UNSAFE, leg({})),
    trip('6.1', '7.2', leg({ predicted: 'refused', outcome: 'refused', insisting: { predicted: true, stops: 'x' } })),
    trip('6.12', '7.2', leg({ predicted: 'silent' }), leg({ outcome: 'lost' })),
    { ...trip('7.2', '7.2', null), why: 'no such guest' },
  ],
};

const terminal = { width: Number.POSITIVE_INFINITY, style: (_: unknown, text: string) => text };

describe('a proof', () => {
  const legs = legsOf(PROOF.trips);

  it('counts each restore once, there and back', () => {
    expect(tallyOf(legs)).toEqual({
      legs: 5,
      agree: 2,
      faults: { unsafe: 1, overcautious: 1, undecided: 0, otherwise: 0 },
      lost: 1,
      insisting: { agree: 4, stopsUnpredicted: 0, doesNotStop: 0 },
    });
    const { outcomes, rows } = confusionOf(legs);
    expect(outcomes).toEqual(['identical', 'refused', 'differs', 'lost']);
    expect(rows).toEqual([
      { predicted: 'same', counts: [1, 0, 1, 1] },
      { predicted: 'refused', counts: [0, 1, 0, 0] },
      { predicted: 'silent', counts: [1, 0, 0, 0] },
    ]);
  });

  it('agrees only where every restore and every word does, and no machine was lost', () => {
    expect(agrees(PROOF)).toBe(false);
    expect(agrees({ ...PROOF, trips: [trip('6.1', '6.12', leg({}), leg({}))] })).toBe(true);
    expect(agrees({ ...PROOF, trips: [trip('6.1', '6.12', leg({ outcome: 'lost' }))] })).toBe(false);
    expect(agrees({ ...PROOF, trips: [trip('6.1', '6.12', { ...UNSAFE, outcome: 'identical' })] })).toBe(false);
  });

  it('names each disagreement with the command that shows it again', () => {
    const [found] = disagreementsOf(legs);
    expect(found?.legs.map(({ trip: each }) => commandOf(each))).toEqual([
      'evenkeel lab roundtrip --from debian:6.1 --to debian:6.12 --arch arm64 --cpu max --variant default',
    ]);
  });

  it('is a page whose tables no name can break', () => {
    const page = proofMarkdown(PROOF);
    const tables = page.split('\n').filter((line) => line.startsWith('|'));
    expect(tables.length).toBeGreaterThan(10);
    expect(page).toContain('2 of 5 restores went as predicted');
    expect(page).toContain('same / differs !; same / identical');
    expect(page).toContain('Not explained yet: guest: 1 became 0');
    expect(page).toContain('- 7.2: no such guest');
  });

  it('is a table for people with the same marks', () => {
    const text = proofText(terminal, PROOF);
    expect(text).toMatch(/debian:6\.1 +same \/ differs !; same \/ identical +refused \/ refused/);
    expect(text).toContain(
      '5 restores, 2 as predicted; 1 predicted well and did not hold, 1 predicted badly and held, 1 lost',
    );
  });
});
