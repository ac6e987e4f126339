/** `qemu probe`, `show`, `list` and `record` as a user runs them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { recordedVmms } from '../../src/cli/recorded.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-qemu-'));
afterAll(() => rmSync(directory, { recursive: true }));

const recorded = recordedVmms().find(({ name }) => name === 'vmm/qemu-11.1/x86_64')?.path ?? '';
const text = readFileSync(recorded, 'utf8');

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test('qemu list names what qemu show takes', async () => {
  const { status, stdout } = await evenkeel(['qemu', 'list']);
  expect(status).toBe(0);
  expect(stdout.trim().split('\n')).toEqual(recordedVmms().map(({ name }) => name));
});

test('the recorded QEMUs are no surfaces of hosts', async () => {
  const { stdout } = await evenkeel(['surface', 'list']);
  expect(stdout).not.toContain('qemu');
});

test('qemu show says version, machine types, and which CPU models lack what', async () => {
  const { status, stdout } = await evenkeel(['qemu', 'show', 'vmm/qemu-11.1/x86_64']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^QEMU +11\.1\.3 \(Debian/m);
  expect(stdout).toMatch(/^pc-q35 +q35 +4096 .* 11\.1$/m);
  // TCG has no PCID (target/i386/cpu.c, TCG_EXT_FEATURES).
  expect(stdout).toMatch(/^Skylake-Client-v1 +Skylake-Client +no .*\bpcid\b/m);
});

test('qemu show -o json gives the file again', async () => {
  const { stdout } = await evenkeel(['qemu', 'show', recorded, '-o', 'json']);
  expect(stdout).toBe(text);
});

test('a surface whose content was changed is shown, and said to be changed', async () => {
  const { status, stderr } = await evenkeel([
    'qemu',
    'show',
    file('edited.json', text.replaceAll('"11.1.3"', '"11.1.4"')),
  ]);
  expect(status).toBe(0);
  expect(stderr).toContain('the fingerprint is not that of the content');
});

describe('bad input ends with 4 and one clear line', () => {
  test.each<[what: string, words: readonly string[], says: RegExp]>([
    ['no such file', ['qemu', 'show', join(directory, 'none.json')], /there is no such file/],
    [
      'a truncated file',
      ['qemu', 'show', file('cut.json', text.slice(0, 5000))],
      /cut\.json:\d+:\d+: this is not JSON/,
    ],
    [
      'a later format',
      ['qemu', 'show', file('later.json', text.replace('vmm-surface/1', 'vmm-surface/2'))],
      /newer Evenkeel/,
    ],
    ['a host', ['qemu', 'show', 'surfaces/x86_64/max/debian-6.12.json'], /this is no VMM surface/],
    ['a VMM surface in place of a host', ['surface', 'show', recorded], /this says what qemu can do/],
    ['no such program', ['qemu', 'probe', '--binary', 'no-such-qemu'], /there is no program no-such-qemu/],
    ['a program that is no QEMU', ['qemu', 'probe', '--binary', '/bin/true', '--accel', 'tcg'], /without a greeting/],
  ])('%s', async (_, words, says) => {
    const { status, stdout, stderr } = await evenkeel(words);
    expect(status).toBe(4);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test('two programs at once are a wrong command line', async () => {
    const { status } = await evenkeel(['qemu', 'probe', '--binary', 'qemu', '--qemu', '10.0']);
    expect(status).toBe(2);
  });
});
