/** The tables of behaviour tests of both architectures, and the words that their outcomes become. */
import { describe, expect, test } from 'vitest';
import {
  behaviourElements,
  behaviourEvidence,
  behaviourFindings,
  behaviourWords,
  selectedText,
  valueOf,
} from '../../src/arch/behaviour.ts';
import type { BehaviourRow } from '../../src/arch/behaviour.ts';
import { behavioursFor, operationFor, registryFor } from '../../src/arch/index.ts';
import { QUIRKS, X2APIC_FLAGS } from '../../src/arch/x86/tables/words.ts';
import type { BehaviourResult } from '../../src/model/index.ts';

const ARCHITECTURES = ['x86_64', 'arm64'] as const;

describe.each(ARCHITECTURES)('behaviour tests of %s', (architecture) => {
  const rows = behavioursFor(architecture);

  test('each has an id of its own, and its outcomes names and numbers of their own', () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    for (const { id, outcomes } of rows) {
      expect(new Set(outcomes.map(({ name }) => name)).size, id).toBe(outcomes.length);
      expect(new Set(outcomes.map(({ value }) => value)).size, id).toBe(outcomes.length);
    }
  });

  test('what the documents promise is one of the outcomes', () => {
    for (const row of rows) {
      const promised = [row.usual, ...row.settings.map(({ outcome }) => outcome)].filter((name) => name !== undefined);
      for (const name of promised) expect(valueOf(row, name), `${row.id}: ${name}`).not.toBeNull();
    }
  });

  test('no setting is promised to show what is there without it', () => {
    const idle = rows.filter(({ usual, settings }) => settings.some(({ outcome }) => (outcome ?? '') === usual));
    expect(idle.map(({ id }) => id)).toEqual([]);
  });

  test('a word of each is one element, of the area behaviour', () => {
    const registry = registryFor(architecture);
    for (const row of rows) {
      const [element, ...others] = behaviourElements(row);
      expect(others).toEqual([]);
      expect(registry.area(element?.word ?? '')).toBe('behaviour');
      expect(registry.elements(element?.word ?? '', 8)).toEqual([element]);
    }
  });
});

test('every quirk and every flag of the APIC has a test', () => {
  const selected = new Set(behavioursFor('x86_64').flatMap(({ settings }) => settings.map(({ word }) => word)));
  for (const { name } of QUIRKS) expect(selected).toContain(`quirk/${name}`);
  for (const { name } of X2APIC_FLAGS) expect(selected).toContain(`x2apic/${name}`);
});

describe('outcomes', () => {
  const row: BehaviourRow = {
    id: 'door',
    description: 'a door',
    outcomes: [
      { name: 'shut', value: 0, meaning: 'it is shut' },
      { name: 'open', value: 1, meaning: 'it is open' },
    ],
    settings: [{ word: 'quirk/LINT0_REENABLED', value: 0n, outcome: 'open' }],
    usual: 'shut',
    tells: true,
    source: 'a test',
  };
  const result = (outcome: string | null, selected: string | null): BehaviourResult => ({
    id: 'door',
    outcome,
    with: row.settings.map((setting) => ({ selected: selectedText(setting), outcome: selected })),
  });
  const words = (found: BehaviourResult) =>
    behaviourWords([row], { rows: [found] }, '/sections/behaviour/data', (word) => operationFor('x86_64', word));

  test('become a word with the values that were seen, and the call that selects', () => {
    const [word] = words(result('shut', 'open'));
    expect(word).toMatchObject({ path: 'behaviour/door', value: 0n, evidence: '/sections/behaviour/data/rows/0' });
    expect(word?.latitude).toMatchObject({ kind: 'values', values: [0n, 1n] });
    expect(word?.mechanism?.operation).toMatchObject({ call: 'KVM_ENABLE_CAP', bit: 1n, set: 1n });
  });

  test('a test that came to nothing is no word', () => {
    expect(words(result(null, null))).toEqual([]);
  });

  test('a setting that changes nothing selects nothing, and is a finding', () => {
    const stuck = result('shut', 'shut');
    expect(words(stuck)[0]?.mechanism).toBeNull();
    expect(words(stuck)[0]?.latitude).toMatchObject({ values: [0n] });
    expect(behaviourFindings(row, stuck)).toEqual([expect.stringContaining('quirk/LINT0_REENABLED=0')]);
    expect(behaviourFindings(row, result('shut', 'open'))).toEqual([]);
    expect(behaviourFindings(row, result(null, 'shut'))).toEqual([]);
  });

  test('say whether a contract got what its switch stands for', () => {
    const says = (outcome: string, promised: bigint | null) =>
      behaviourEvidence([row], [result(outcome, null)], () => promised).map(({ agrees }) => agrees);
    expect(says('shut', 1n)).toEqual([true]);
    expect(says('open', 1n)).toEqual([false]);
    expect(says('open', 0n)).toEqual([true]);
    expect(says('shut', 0n)).toEqual([false]);
    expect(says('shut', null)).toEqual([]);
  });
});
