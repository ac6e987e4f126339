/** Each linter finds the fault that it is there for, planted in the real tables, and finds nothing in the tables as they are. */
import { describe, expect, it } from 'vitest';
import { LINTERS } from '../../../scripts/lint/rules/index.ts';
import { subjectOf } from '../../../scripts/lint/subject.ts';
import type { Subject } from '../../../scripts/lint/subject.ts';
import type { CatalogueWord, Element, ElementFacts } from '../../../src/model/index.ts';

const x86 = subjectOf('x86_64');
const arm64 = subjectOf('arm64');

/** The subject with one element otherwise. */
function element(subject: Subject, path: string, change: Partial<Element>): Subject {
  return {
    ...subject,
    elements: (word) => subject.elements(word).map((each) => (each.path === path ? { ...each, ...change } : each)),
  };
}

function withoutElement(subject: Subject, path: string): Subject {
  return { ...subject, elements: (word) => subject.elements(word).filter((each) => each.path !== path) };
}

function facts(subject: Subject, path: string, change: Partial<ElementFacts>): Subject {
  return {
    ...subject,
    facts: (each) => (each.path === path ? { ...subject.facts(each), ...change } : subject.facts(each)),
  };
}

function words(subject: Subject, change: (words: readonly CatalogueWord[]) => readonly CatalogueWord[]): Subject {
  return { ...subject, words: change(subject.words) };
}

const AVX2 = 'cpuid/0x7:0/ebx/avx2';
const [change, ...changes] = x86.changes;
if (change === undefined) throw new Error('no change is known');

interface Planted {
  readonly linter: string;
  readonly fault: string;
  readonly subject: Subject;
  /** What the finding must name. */
  readonly where: string;
}

const PLANTED: readonly Planted[] = [
  {
    linter: 'overlapping-bits',
    fault: 'a field grows over its neighbour',
    subject: element(x86, AVX2, { width: 2 }),
    where: 'cpuid/0x7:0/ebx',
  },
  { linter: 'gaps', fault: 'a field is missing', subject: withoutElement(x86, AVX2), where: 'cpuid/0x7:0/ebx' },
  {
    linter: 'gaps',
    fault: 'a field lies beyond its word',
    subject: element(x86, 'cpuid/0x7:0/ebx/avx512vl', { width: 2 }),
    where: 'cpuid/0x7:0/ebx',
  },
  {
    linter: 'duplicate-path',
    fault: 'a word is named twice',
    subject: words(x86, (all) => [...all, ...all.slice(0, 1)]),
    where: x86.words[0]?.path ?? '',
  },
  {
    linter: 'duplicate-path',
    fault: 'two fields have one name',
    subject: element(x86, 'cpuid/0x7:0/ebx/bmi1', { path: AVX2 }),
    where: AVX2,
  },
  { linter: 'missing-source', fault: 'no source', subject: element(x86, AVX2, { source: '' }), where: AVX2 },
  {
    linter: 'missing-source',
    fault: 'a selector without source',
    subject: facts(x86, AVX2, { selectors: [{ by: 'qemu', how: 'somehow', source: '' }] }),
    where: AVX2,
  },
  {
    linter: 'missing-description',
    fault: 'no description',
    subject: element(x86, AVX2, { description: ' ' }),
    where: AVX2,
  },
  {
    linter: 'field-without-class',
    fault: 'a field of several bits that no row speaks of',
    subject: {
      ...x86,
      classified: (each) => (each.path === 'cpuid/0x1:0/eax/stepping' ? false : x86.classified(each)),
    },
    where: 'cpuid/0x1:0/eax/stepping',
  },
  {
    linter: 'comparison-against-kind',
    fault: 'a derived field that is compared',
    subject: element(x86, AVX2, { kind: 'derived' }),
    where: AVX2,
  },
  {
    linter: 'comparison-against-kind',
    fault: 'a feature that is not compared',
    subject: element(x86, AVX2, { comparison: 'none' }),
    where: AVX2,
  },
  {
    linter: 'signed-as-unsigned',
    fault: 'a signed field compared as unsigned',
    subject: element(arm64, 'reg/ID_AA64PFR0_EL1/FP', { signed: false }),
    where: 'reg/ID_AA64PFR0_EL1/FP',
  },
  {
    linter: 'signed-as-unsigned',
    fault: 'a field ordered the wrong way round',
    subject: element(arm64, 'reg/ID_AA64PFR0_EL1/EL1', { comparison: 'higher-safe' }),
    where: 'reg/ID_AA64PFR0_EL1/EL1',
  },
  {
    linter: 'operation-without-order',
    fault: 'a call that no rule speaks of',
    subject: { ...x86, ordered: (operation) => operation.call !== 'KVM_SET_LAPIC' },
    where: 'lapic/',
  },
  {
    linter: 'mechanism-of-nothing',
    fault: 'a call that selects a derived word',
    subject: element(arm64, 'reg/KVM_REG_ARM_PSCI_VERSION', { kind: 'derived' }),
    where: 'reg/KVM_REG_ARM_PSCI_VERSION',
  },
  {
    linter: 'neutral-outside-width',
    fault: 'a neutral value with more bits than the word',
    subject: { ...x86, neutral: (word) => (word === 'quirk/LINT0_REENABLED' ? 2n : x86.neutral(word)) },
    where: 'quirk/LINT0_REENABLED',
  },
  {
    linter: 'state-without-decision',
    fault: 'state of which nothing says when it is not used',
    subject: { ...x86, decided: (word) => word !== 'msr/MSR_IA32_XSS' && x86.decided(word) },
    where: 'msr/MSR_IA32_XSS',
  },
  {
    linter: 'symptom-without-reason',
    fault: 'a severity alone',
    subject: facts(x86, AVX2, { symptom: { severity: 'fatal', reason: '' } }),
    where: AVX2,
  },
  {
    linter: 'alias-of-two',
    fault: "one name of QEMU's for two bits",
    subject: facts(x86, 'cpuid/0x7:0/ebx/bmi1', { aliases: { qemu: 'avx2' } }),
    where: AVX2,
  },
  {
    linter: 'change-of-nothing',
    fault: 'an element misspelt',
    subject: { ...x86, changes: [...changes, { ...change, elements: ['quirk/LINT0_REENABLE'] }] },
    where: change.id,
  },
  {
    linter: 'change-of-nothing',
    fault: 'no element, and no reason',
    subject: { ...x86, changes: [...changes, { ...change, elements: [], unseen: null }] },
    where: change.id,
  },
  {
    linter: 'change-twice',
    fault: 'an id given twice',
    subject: { ...x86, changes: [...x86.changes, change] },
    where: change.id,
  },
  {
    linter: 'selectable-without-call',
    fault: 'selectable, and no call',
    subject: {
      ...x86,
      changes: [...changes, { ...change, mechanism: null, selectable: { answer: 'yes', reason: null } }],
    },
    where: change.id,
  },
  {
    linter: 'selectable-without-call',
    fault: 'not selectable, and no reason',
    subject: { ...x86, changes: [...changes, { ...change, selectable: { answer: 'no', reason: null } }] },
    where: change.id,
  },
  {
    linter: 'quirk-without-change',
    fault: 'a quirk that only the row of all quirks speaks of',
    subject: { ...x86, changes: x86.changes.filter(({ elements }) => !elements.includes('quirk/LINT0_REENABLED')) },
    where: 'quirk/LINT0_REENABLED',
  },
  {
    linter: 'vmm-row-of-nothing',
    fault: 'a word misspelt',
    subject: { ...x86, vmmPatterns: [...x86.vmmPatterns, { profile: 'qemu:10.0', pattern: 'msr/MSR_IA32_TCS' }] },
    where: 'qemu:10.0 msr/MSR_IA32_TCS',
  },
];

describe('the tables as they are', () => {
  it.each(LINTERS.map((linter) => [linter.name, linter] as const))('%s', (_, { find }) => {
    expect(find(x86)).toEqual([]);
    expect(find(arm64)).toEqual([]);
  });
});

describe('a planted fault is found', () => {
  it.each(PLANTED.map((planted) => [planted.linter, planted.fault, planted] as const))('%s: %s', (name, _, planted) => {
    const linter = LINTERS.find((each) => each.name === name);
    const findings = linter?.find(planted.subject) ?? [];
    expect(findings.length).toBeGreaterThan(0);
    for (const { where, message } of findings) {
      expect(where.startsWith(planted.where) || message.includes(planted.where), `${where}: ${message}`).toBe(true);
    }
  });

  it('there is one for every linter', () => {
    expect(LINTERS.map(({ name }) => name).filter((name) => !PLANTED.some(({ linter }) => linter === name))).toEqual(
      [],
    );
  });
});
