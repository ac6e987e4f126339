import { describe, expect, test } from 'vitest';
import { table, wrap } from '../../src/cli/table.ts';

const columns = [{ title: 'NAME' }, { title: 'COUNT', align: 'right' as const }, { title: 'WHY', flexible: true }];

describe('table', () => {
  test('aligns columns and leaves no space at the end of a line', () => {
    const text = table(
      columns,
      [
        ['a', '7', 'short'],
        ['longer', '1234', ''],
      ],
      { width: 80 },
    );
    expect(text).toBe('NAME    COUNT  WHY\na           7  short\nlonger   1234\n');
  });

  test('wraps the flexible column under itself, within the width', () => {
    const text = table(columns, [['a', '7', 'one two three four five six seven eight nine ten']], { width: 40 });
    const lines = text.trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(lines.slice(2).every((line) => line.startsWith(' '.repeat(13)))).toBe(true);
    expect(text.split(/\s+/).join(' ')).toContain('one two three four five six seven eight nine ten');
  });

  test('does not count colour as width', () => {
    const coloured = '\u001b[31mred\u001b[39m';
    const [plainLine, colouredLine] = table(
      [{ title: 'A' }, { title: 'B' }],
      [
        ['red', 'x'],
        [coloured, 'x'],
      ],
      {
        width: 80,
        bare: true,
      },
    ).split('\n');
    expect(colouredLine?.replace(coloured, 'red')).toBe(plainLine);
  });

  test('gives a word that is longer than the width a line of its own', () => {
    expect(wrap('a verylongwordthatdoesnotfit b', 8)).toEqual(['a', 'verylongwordthatdoesnotfit', 'b']);
  });
});
