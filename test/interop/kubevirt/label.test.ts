import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLabelKey, isLabelValue } from '../../../src/interop/kubevirt/index.ts';

const END = fc.constantFrom(...'abcxyzABCXYZ0189');
const MIDDLE = fc.string({ unit: fc.constantFrom(...'abzABZ09-_.'), maxLength: 61 });
const NAME = fc.oneof(
  END,
  fc.tuple(END, MIDDLE, END).map((parts) => parts.join('')),
);
const PART = fc
  .tuple(
    fc.constantFrom(...'abz09'),
    fc.string({ unit: fc.constantFrom(...'abz09-'), maxLength: 20 }),
    fc.constantFrom(...'abz09'),
  )
  .map((parts) => parts.join(''));
const DOMAIN = fc.array(PART, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'));

describe("Kubernetes' rule for labels", () => {
  test('takes names of up to 63 letters, digits, dashes, underscores and dots that begin and end with one of the first two', () => {
    fc.assert(fc.property(NAME, (name) => isLabelKey(name) && isLabelValue(name)));
    fc.assert(fc.property(DOMAIN, NAME, (domain, name) => isLabelKey(`${domain}/${name}`)));
    expect(isLabelValue('')).toBe(true);
    expect(isLabelKey('a'.repeat(63))).toBe(true);
    expect(isLabelKey(`${'a'.repeat(253)}/b`)).toBe(true);
  });

  test.each([
    '',
    'a'.repeat(64),
    '-a',
    'a-',
    '.a',
    'a b',
    'a/b/c',
    '/a',
    'a/',
    'A/b',
    'a..b/c',
    'a_b/c',
    `${'a'.repeat(254)}/b`,
    'é',
  ])('does not take the key %j', (key) => {
    expect(isLabelKey(key)).toBe(false);
  });

  test('takes nothing with another character', () => {
    fc.assert(
      fc.property(NAME, fc.constantFrom(...' :=,@+"\'\n\\/#'), NAME, (before, character, after) => {
        expect(isLabelValue(`${before}${character}${after}`)).toBe(false);
      }),
    );
  });
});
