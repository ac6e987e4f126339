/** What a guest read, held against what a host declares and what a contract promises. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdObserved, observedAgainstDeclared } from '../../src/engine/index.ts';
import { hex } from '../../src/model/index.ts';
import type { Contract, Observation, ObservationRule, ObservedWord } from '../../src/model/index.ts';
import { WIDTH, toy } from './toy.ts';

const words = fc.constantFrom('leaf/0', 'leaf/1', 'reg/0', 'reg/1');
const bytes = fc.bigInt({ min: 0n, max: 255n });

function observation(word: string, declared: bigint | null, value: bigint | null): Observation {
  return {
    word,
    width: WIDTH,
    declared,
    observed: value === null ? { kind: 'fault', text: '#GP' } : { kind: 'value', value },
    evidence: '/sections/observed',
  };
}

function contract(promises: Contract['promises']): Contract {
  return {
    format: 'evenkeel.contract/1',
    architecture: 'x86_64',
    name: 'toy',
    pinnedFrom: [],
    promises,
    carries: [],
    unknown: [],
    choices: {},
  };
}

const NOT_GIVEN: ObservationRule = {
  id: 'not-given',
  explains: ({ observed, declared }) => (observed === null && declared === 0n ? 'the guest is not given it' : null),
};

describe('observed beside declared', () => {
  test('a guest that reads what is declared differs in nothing', () => {
    fc.assert(
      fc.property(words, bytes, (word, value) => {
        expect(observedAgainstDeclared(toy, [observation(word, value, value)], [])).toEqual([]);
      }),
    );
  });

  test('each element in which a guest reads something else is one difference, with both values', () => {
    fc.assert(
      fc.property(words, bytes, bytes, (word, declared, value) => {
        const found = observedAgainstDeclared(toy, [observation(word, declared, value)], []);
        const rebuilt = toy.elements(word, WIDTH).reduce((whole, { path, shift, width }) => {
          const field = (1n << BigInt(width)) - 1n;
          const other = found.find(({ element }) => element === path);
          expect(other?.observed ?? null).not.toBe(other?.declared ?? undefined);
          return whole | ((other?.observed ?? (declared >> BigInt(shift)) & field) << BigInt(shift));
        }, 0n);
        expect(rebuilt).toBe(value);
        expect(found.every(({ explained }) => explained === null)).toBe(true);
      }),
    );
  });

  test('a read that faults is one difference of the whole word, unless a rule explains it', () => {
    const [found, ...others] = observedAgainstDeclared(toy, [observation('reg/0', 0x12n, null)], [NOT_GIVEN]);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ element: 'reg/0', declared: 0x12n, observed: null, fault: '#GP', explained: null });
    const [explained] = observedAgainstDeclared(toy, [observation('reg/0', 0n, null)], [NOT_GIVEN]);
    expect(explained?.explained).toEqual({ rule: 'not-given', text: 'the guest is not given it' });
  });

  test('of a word that no ioctl declares nothing is said', () => {
    expect(observedAgainstDeclared(toy, [observation('reg/0', null, 7n)], [])).toEqual([]);
  });
});

describe('a contract beside what a guest read', () => {
  const promises = [{ word: 'reg/0', width: WIDTH, value: 0x53n, mask: 0xffn }];

  test('every promised element gets exactly one result', () => {
    fc.assert(
      fc.property(words, bytes, bytes, fc.option(bytes), (word, value, mask, read) => {
        const promised = { word, width: WIDTH, value: value & mask, mask };
        const observed: ObservedWord[] = read === null ? [] : [{ word, width: WIDTH, value: hex(read) }];
        const { counts, elements } = holdObserved(toy, contract([promised]), observed, [], []);
        const concerned = toy
          .elements(word, WIDTH)
          .filter(({ shift, width }) => (((1n << BigInt(width)) - 1n) << BigInt(shift)) & mask);
        const sum = counts.agrees + counts.explained + counts.differs + counts['not-observed'];
        expect(sum).toBe(concerned.length);
        expect(elements.length).toBe(sum - counts.agrees);
        if (read === null) expect(counts['not-observed']).toBe(sum);
      }),
    );
  });

  test('a register that faults where a value was promised is one difference', () => {
    const observed: ObservedWord[] = [{ word: 'reg/0', width: WIDTH, value: null, fault: '#GP' }];
    const held = holdObserved(toy, contract(promises), observed, [], []);
    expect(held.counts).toEqual({ agrees: 0, explained: 0, differs: 1, 'not-observed': 0 });
    expect(held.elements).toMatchObject([{ element: 'reg/0', expected: 0x53n, observed: null, fault: '#GP' }]);
  });

  test('a switch that no guest reads is held against how KVM behaved', () => {
    const switched = contract([{ word: 'switch/0', width: WIDTH, value: 1n, mask: 0xffn }]);
    const behaved = (agrees: boolean) => [{ word: 'switch/0', agrees, text: 'behaviour/test: as it was' }];
    expect(holdObserved(toy, switched, [], [], []).counts['not-observed']).toBe(1);
    expect(holdObserved(toy, switched, [], behaved(true), []).counts.agrees).toBe(1);
    const wrong = holdObserved(toy, switched, [], [...behaved(true), ...behaved(false)], []);
    expect(wrong.counts.differs).toBe(1);
    expect(wrong.elements[0]?.text).toContain('behaviour/test');
  });
});
