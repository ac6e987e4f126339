import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { libvirtAnswersSchema } from '../../../src/format/index.ts';
import { readAnswers } from '../../../src/interop/libvirt-hook/read.ts';
import { LEVELS } from '../../../src/model/index.ts';
import type { Json } from '../../../src/model/index.ts';
import { UUID, answersOf } from './answers.ts';

const VALID = answersOf({ web1: 'same', [UUID]: 'silent' }, { others: 'refused' });

describe("the hook's own reader, beside the published schema", () => {
  test('takes all that the schema takes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.constantFrom(...LEVELS)), (levels) => {
        const answers = answersOf(levels);
        expect(libvirtAnswersSchema.safeParse(answers).success).toBe(true);
        expect(readAnswers(JSON.stringify(answers))).toEqual(answers);
      }),
    );
  });

  test('takes nothing in which a value was replaced that the schema does not take', () => {
    let refused = 0;
    for (const path of pathsOf(VALID)) {
      for (const value of [null, 7, 1.5, -1, 'x', '', [], {}, true]) {
        const changed = replaced(VALID, path, value);
        if (libvirtAnswersSchema.safeParse(changed).success) continue;
        // What the hook does not use is the schema's to check; what it uses it checks itself.
        if (UNUSED.some((each) => path.join('/').startsWith(each))) continue;
        refused++;
        expect(readAnswers(JSON.stringify(changed)), `${path.join('/')} = ${JSON.stringify(value)}`).toBeNull();
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  test('takes no text that was cut', () => {
    const text = JSON.stringify(VALID);
    for (let length = 0; length < text.length; length += 7) expect(readAnswers(text.slice(0, length))).toBeNull();
  });
});

/** Said to people, or compared as a whole with the host as it is. */
const UNUSED = [
  'prepared',
  'surface',
  'host',
  'contracts/0/more',
  'contracts/1/more',
  'contracts/2/more',
  'contracts/0/file',
  'contracts/1/file',
  'contracts/2/file',
  'guests/0/guest',
  'guests/1/guest',
];

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return Object.entries(value).flatMap(([key, member]) => [[key], ...pathsOf(member).map((rest) => [key, ...rest])]);
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: Json): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((each: unknown, at) => (String(at) === key ? replaced(each, rest, by) : each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      name === key ? replaced(member, rest, by) : member,
    ]),
  );
}
