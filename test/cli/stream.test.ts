import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { migrationStreamSchema } from '../../src/format/index.ts';
import { smallStream } from '../interop/qemu/stream/build.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-stream-'));
const path = join(directory, 'guest.stream');
writeFileSync(path, smallStream());
afterAll(() => rmSync(directory, { recursive: true }));

describe('qemu stream', () => {
  test('shows machine, RAM, and sections with their subsections', async () => {
    const { status, stdout } = await evenkeel(['qemu', 'stream', path]);
    expect(status).toBe(0);
    for (const text of ['pc-q35-7.2', 'pc.ram', 'timer', 'cpu/msr_smi_count']) expect(stdout).toContain(text);
    expect(stdout).not.toContain('env.eip');
  });

  test('shows the fields and the registers of a section that is asked for', async () => {
    const { status, stdout } = await evenkeel(['qemu', 'stream', path, '--section', 'cpu']);
    expect(status).toBe(0);
    for (const text of ['env.eip', '0xc0de', 'cpu/msr_smi_count', 'msr/MSR_SMI_COUNT']) expect(stdout).toContain(text);
    expect(stdout).not.toContain('cpu_ticks_offset');
  });

  test('as JSON of the published format, from a pipe', async () => {
    const ran = await evenkeel(['qemu', 'stream', '-', '--fields', '-o', 'json'], { input: smallStream() });
    expect(ran.stderr).toBe('');
    const document = migrationStreamSchema.parse(JSON.parse(ran.stdout));
    expect(document).toMatchObject({ name: '-', architecture: 'x86_64' });
    expect(document.sections.map(({ id, subsections }) => [id, subsections.map(({ name }) => name)])).toEqual([
      ['ram', []],
      ['timer', []],
      ['cpu', ['cpu/msr_smi_count']],
    ]);
    expect(document.sections[2]?.registers?.map(({ register, value }) => [register, value])).toEqual([
      ['msr/MSR_SMI_COUNT', '0x9'],
    ]);
  });

  test.each([
    ['a stream that was cut', smallStream().subarray(0, 5000), 'ends here'],
    ['another file', Buffer.from('#!/bin/sh\nexit 0\n'), 'no migration stream'],
    ['nothing', Buffer.alloc(0), 'nothing in it'],
  ])('%s: one line with the offset, and exit code 4', async (_, bytes, words) => {
    const wrong = join(directory, 'wrong.stream');
    writeFileSync(wrong, bytes);
    const { status, stdout, stderr } = await evenkeel(['qemu', 'stream', wrong]);
    expect(status).toBe(4);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/offset 0x[0-9a-f]+: /);
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test('a file that is not there, a directory, a section that it does not have', async () => {
    for (const [words, status] of [
      [[join(directory, 'none')], 4],
      [[directory], 4],
      [[path, '--section', 'sda'], 2],
    ] as const) {
      const ran = await evenkeel(['qemu', 'stream', ...words]);
      expect(ran.status, words.join(' ')).toBe(status);
      expect(ran.stderr).not.toMatch(STACK_TRACE);
    }
  });
});
