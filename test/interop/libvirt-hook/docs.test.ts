import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, OPERATION_ROWS, VETOABLE } from '../../../src/interop/libvirt-hook/index.ts';

const PAGE = readFileSync('docs/libvirt-hook.md', 'utf8');

test('the page has the table of operations as the program has it', () => {
  const rows = PAGE.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  for (const [name, { when, failure, output, source }] of Object.entries(OPERATION_ROWS)) {
    const row = rows.find((cells) => cells[1] === `\`${name}\``);
    expect(row?.[2], name).toBe(when);
    expect(row?.[3]?.includes('killed'), name).toBe(failure === 'kills');
    expect(row?.[4] === 'unread', name).toBe(output === 'unread');
    expect(row?.[5], name).toBe(source);
  }
  for (const name of VETOABLE) expect(PAGE).toContain(`\`${name}\``);
});

test('the page has the defaults as the program has them', () => {
  const { allow, withoutContract, onFailure, deadline, operations, directory } = DEFAULT_SETTINGS;
  for (const text of [allow, withoutContract, onFailure, operations.join(' '), directory]) {
    expect(PAGE).toContain(`\`${text}\``);
  }
  expect(PAGE).toContain(`${deadline} s`);
});
