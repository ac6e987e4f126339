import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAXIMUM_DEPTH, lineAndColumn, scan } from '../../src/format/scan.ts';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Text that is nearly JSON: valid text with a few characters replaced, removed or added. */
const damaged = fc
  .tuple(
    fc.json(),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\ue0-+.1 \n\u0001\u00a0ntf', '')), { maxLength: 3 }),
  )
  .map(([text, edits]) =>
    edits.reduce((edited, [at, character]) => {
      const where = at % (edited.length + 1);
      return edited.slice(0, where) + character + edited.slice(where + (at % 2));
    }, text),
  );

describe('scan', () => {
  test('takes whatever JSON.stringify writes, spaced or not', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2, '\t'), (value, space) => {
        expect(scan(JSON.stringify(value, null, space))).toBeNull();
      }),
    );
  });

  test('finds a syntax fault exactly where JSON.parse refuses', () => {
    fc.assert(
      fc.property(damaged, (text) => {
        const fault = scan(text);
        // A duplicate key ends the scan; what follows it was not looked at.
        if (fault?.kind === 'duplicate-key') return;
        expect(fault === null).toBe(parses(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('finds a key that is there twice at any depth, however it is escaped', () => {
    expect(scan('{"a":1,"b":[{"x":1,"\\u0078":2}]}')).toMatchObject({ kind: 'duplicate-key', path: ['b', 0, 'x'] });
    expect(scan('{"a":{"x":1},"b":{"x":1}}')).toBeNull();
    expect(scan('{"__proto__":1,"constructor":2,"__proto__":3}')).toMatchObject({ kind: 'duplicate-key' });
  });

  test('says that truncated text ends, and where', () => {
    const whole = '{\n  "a": [1, "two", {"b": null}]\n}';
    for (let length = 0; length < whole.length; length++) {
      const fault = scan(whole.slice(0, length));
      expect(fault?.kind, whole.slice(0, length)).toBe('syntax');
    }
    expect(scan('{"a": [1,')).toMatchObject({ offset: 9, message: 'the text ends where a value should be' });
    expect(scan('{"a": "b')?.message).toContain('ends inside a string');
    expect(scan('{"a": 1')?.message).toContain('ends early');
  });

  test('refuses nesting that would overflow a recursive reader', () => {
    expect(scan('['.repeat(1_000_000))?.message).toContain('nesting');
    expect(scan('['.repeat(MAXIMUM_DEPTH) + ']'.repeat(MAXIMUM_DEPTH))).toBeNull();
  });

  test('counts lines and columns from 1', () => {
    expect(lineAndColumn('ab\ncd', 0)).toEqual({ line: 1, column: 1 });
    expect(lineAndColumn('ab\ncd', 4)).toEqual({ line: 2, column: 2 });
  });
});
