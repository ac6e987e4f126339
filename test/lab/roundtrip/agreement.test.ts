import { describe, expect, it } from 'vitest';
import { faultOf, wordDisagreements } from '../../../src/lab/roundtrip/agreement.ts';
import type { Observation } from '../../../src/lab/roundtrip/observation.ts';
import type { Prediction } from '../../../src/lab/roundtrip/predict.ts';
import { LEVELS, ROUND_TRIP_OUTCOMES } from '../../../src/model/index.ts';
import type { Level, Reason } from '../../../src/model/index.ts';

function reason(word: string, level: Level): Reason {
  const nothing = { promised: null, shows: null, evidence: null, setting: null };
  return { element: word, area: 'a', level, rule: 'r', text: 'why', word, ...nothing };
}

function predicted(levels: Readonly<Record<string, Level>>): Prediction {
  const words = new Map(Object.entries(levels).map(([word, level]) => [word, reason(word, level)]));
  return { level: 'same', words, whole: [], insisting: null };
}

function observed(...seen: Observation['observed']): Observation {
  return { outcome: 'differs', observed: seen, harmless: [], stops: null, guest: '' };
}

describe('predicted against observed', () => {
  it.each([
    ['same', 'identical', null],
    ['selectable', 'identical', null],
    ['same', 'differs', 'unsafe'],
    ['selectable', 'refused', 'unsafe'],
    ['same', 'hung', 'unsafe'],
    ['refused', 'refused', null],
    ['refused', 'identical', 'overcautious'],
    ['refused', 'differs', 'otherwise'],
    ['lost', 'differs', null],
    ['silent', 'differs', null],
    ['silent', 'refused', 'otherwise'],
    ['unknown', 'identical', 'undecided'],
  ] as const)('%s and %s: %s', (level, outcome, fault) => {
    expect(faultOf(level, outcome)).toBe(fault);
  });

  it('says nothing of a machine that was lost, and something of every other pair of good and bad', () => {
    for (const level of LEVELS) expect(faultOf(level, 'lost')).toBeNull();
    const outcomes = ROUND_TRIP_OUTCOMES.filter((outcome) => outcome !== 'lost' && outcome !== 'identical');
    for (const outcome of outcomes) expect(faultOf('same', outcome)).toBe('unsafe');
  });

  it('names each word that is observed and not predicted, and each that is predicted and was seen to hold', () => {
    const found = wordDisagreements(
      predicted({ held: 'refused', blind: 'silent', right: 'refused', missed: 'same' }),
      observed(
        { word: 'right', how: 'refused', by: 'restore', text: 'ENOENT' },
        { word: 'missed', how: 'differs', by: 'guest', text: '1 became 0' },
        { word: 'unheard', how: 'refused', by: 'plan', text: 'EINVAL' },
      ),
      new Set(['held', 'right', 'missed']),
    );
    expect(found.map(({ word, fault }) => [word, fault])).toEqual([
      ['held', 'overcautious'],
      ['missed', 'unsafe'],
      ['unheard', 'unsafe'],
    ]);
  });
});
