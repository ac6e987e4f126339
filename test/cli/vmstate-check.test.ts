/** `qemu vmstate-check` and `qemu stream --to` as a person runs them: exit codes, documents, and what is wrong told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { vmstateComparisonSchema } from '../../src/format/index.ts';
import { description, dumpJson, field, section } from '../interop/qemu/vmstate/sample.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-vmstate-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const old = file('old.json', JSON.stringify(dumpJson({ a: section(description('a', { Fields: [field('x', 4)] })) })));
const young = file(
  'young.json',
  JSON.stringify(
    dumpJson({
      a: section(description('a', { version_id: 2, Fields: [field('x', 4), field('y', 4, { version_id: 2 })] })),
      b: section(description('b')),
    }),
  ),
);

const check = (...words: string[]): ReturnType<typeof evenkeel> => evenkeel(['qemu', 'vmstate-check', ...words]);

describe('qemu vmstate-check', () => {
  test('ends with 0 where nothing stands against a load, and with 1 on the way back', async () => {
    expect(await check(old, young)).toMatchObject({ status: 0, stderr: '' });
    const back = await check(old, young, '--reverse');
    expect(back.status).toBe(1);
    expect(back.stdout).toMatch(/refused +a .*version 2 is sent, and the destination knows it up to 1/);
    expect(back.stdout).toMatch(/refused +b .*no such device/);
  });

  test('narrows to the devices of a guest', async () => {
    const ran = await check(young, old, '--device', 'a');
    expect(ran.stdout).toMatch(/^refused +a /m);
    expect(ran.stdout).not.toMatch(/^refused +b /m);
    expect(await check(young, old, '--device', 'c')).toMatchObject({ status: 2, stdout: '' });
  });

  test('writes a document that its schema takes: every pair of three, both ways', async () => {
    const ran = await check(old, young, old, '-o', 'json');
    const document = vmstateComparisonSchema.parse(JSON.parse(ran.stdout));
    expect(document.comparisons.map(({ from, to, level }) => [from, to, level])).toEqual([
      [0, 1, 'same'],
      [0, 2, 'same'],
      [1, 0, 'refused'],
      [1, 2, 'refused'],
      [2, 0, 'same'],
      [2, 1, 'same'],
    ]);
  });

  test('takes recorded QEMUs by name, for a machine type that both have', async () => {
    const names = ['vmm/qemu-7.2/x86_64', 'vmm/qemu-5.2/x86_64'];
    const devices = ['--device', 'ICH9-LPC', '--device', 'i8042'];
    const same = await check(...names, '--machine', 'pc-q35-5.2', ...devices);
    expect(same).toMatchObject({ status: 0, stderr: '' });
    const unnamed = await check(...names, ...devices);
    expect(unnamed.status).toBe(1);
    const unknown = await check(...names, '--machine', 'pc-q35-7.2');
    expect(unknown).toMatchObject({ status: 4, stdout: '' });
    expect(unknown.stderr).toContain('vmm/qemu-5.2/x86_64: qemu 5.2.0 has no pc-q35-7.2');
  });

  test.each<[what: string, words: string[], status: number, says: RegExp]>([
    ['no such file', [join(directory, 'none.json'), old], 4, /none\.json: there is no such file/],
    ['cut short', [file('cut.json', '{"vmschkmachine": {"Name"'), old], 4, /cut\.json:1:\d+: this is not JSON/],
    [
      'another machine type',
      [old, young, '--machine', 'microvm'],
      4,
      /old\.json: the dump is of pc-q35-7\.2, not of microvm/,
    ],
    ['no dump', [file('list.json', '[1]'), old], 4, /list\.json: .*a dump of -dump-vmstate is a JSON object/],
    ['one file', [old], 2, /at least 2 values/],
    ['--reverse of three', [old, young, old, '--reverse'], 2, /--reverse is of two dumps/],
  ])('%s is told without a stack trace', async (_, words, status, says) => {
    const ran = await check(...words);
    expect(ran.stderr).toMatch(says);
    expect(ran.stderr).not.toMatch(STACK_TRACE);
    expect(ran).toMatchObject({ status, stdout: '' });
  });
});

describe('qemu stream --to', () => {
  test('wants a QEMU beside the host, and a host beside the QEMU', async () => {
    const path = file('no.stream', 'nothing');
    for (const words of [
      ['--to', 'x86_64/max/debian-6.12'],
      ['--vmm', 'qemu:7.2'],
    ]) {
      const ran = await evenkeel(['qemu', 'stream', path, ...words]);
      expect(ran).toMatchObject({ status: 2, stdout: '' });
      expect(ran.stderr).toContain('--to and --vmm go together');
    }
  });

  test('of no stream is told with its place', async () => {
    const path = file('other.stream', 'nothing of the kind');
    const ran = await evenkeel(['qemu', 'stream', path, '--to', 'x86_64/max/debian-6.12', '--vmm', 'qemu:7.2']);
    expect(ran).toMatchObject({ status: 4, stdout: '' });
    expect(ran.stderr).not.toMatch(STACK_TRACE);
  });
});
