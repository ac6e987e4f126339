import { spawn } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { contractText, describeDocumentError, readDocument, surfaceText } from '../../src/format/index.ts';
import type { DocumentError } from '../../src/format/index.ts';
import { exampleContract, exampleSurface } from './example.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-read-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function failure(text: string | Uint8Array): Promise<DocumentError> {
  const path = join(directory, 'document.json');
  writeFileSync(path, text);
  return failureOf(path);
}

async function failureOf(path: string, limit?: number): Promise<DocumentError> {
  const read = await readDocument(path, limit);
  if (read.ok) throw new Error('the document was taken');
  return read.error;
}

const surface = surfaceText(exampleSurface());
const contract = contractText(exampleContract());

function damaged(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe('readDocument', () => {
  test('gives back what was written', async () => {
    const path = join(directory, 'good.json');
    writeFileSync(path, surface);
    expect(await readDocument(path)).toEqual({ ok: true, value: { kind: 'surface', surface: exampleSurface() } });
    writeFileSync(path, contract);
    expect(await readDocument(path)).toEqual({ ok: true, value: { kind: 'contract', contract: exampleContract() } });
  });

  test('leaves JSON that names no format to others', async () => {
    const path = join(directory, 'foreign.json');
    writeFileSync(path, '{"guest_cpu_config": {}}');
    expect(await readDocument(path)).toEqual({ ok: true, value: { kind: 'foreign', json: { guest_cpu_config: {} } } });
  });

  test('a missing file, a directory, an empty file, bytes that are no text', async () => {
    expect(await failureOf(join(directory, 'nothing.json'))).toMatchObject({ code: 'missing' });
    expect(await failureOf(join(directory, 'good.json', 'x'))).toMatchObject({ code: 'missing' });
    expect(await failureOf(directory)).toMatchObject({ code: 'directory' });
    expect(await failure('')).toMatchObject({ code: 'empty' });
    expect(await failure(' \n')).toMatchObject({ code: 'empty' });
    expect(await failure(Uint8Array.of(0x7b, 0xff, 0x7d))).toMatchObject({ code: 'encoding' });
  });

  test('truncated JSON is told by line and column, wherever it ends', async () => {
    const error = await failure(surface.slice(0, surface.length / 2));
    const lines = surface.slice(0, surface.length / 2).split('\n');
    expect(error).toMatchObject({ code: 'syntax', place: { kind: 'text', line: lines.length } });
    expect(describeDocumentError(error)).toMatch(/document\.json:\d+:\d+: this is not JSON: .*ends/);
  });

  test('a key that is there twice is told by its pointer', async () => {
    const error = await failure('{"format":"evenkeel.surface/1","sections":{"a/b":1,\n"a/b":2}}');
    expect(error).toMatchObject({ code: 'duplicate-key', place: { pointer: '/sections/a~1b' } });
    expect(error.message).toContain('line 2');
  });

  test('a later version of the format, and formats of nobody', async () => {
    const later = await failure(damaged(surface, 'evenkeel.surface/1', 'evenkeel.surface/2'));
    expect(later).toMatchObject({ code: 'newer-format', place: { pointer: '/format' } });
    expect(later.message).toContain('written by a newer Evenkeel');
    for (const format of [
      '"evenkeel.surface/0"',
      '"evenkeel.surface/1.5"',
      '"evenkeel.verdict/1"',
      '"x"',
      '7',
      'null',
    ]) {
      expect(await failure(damaged(surface, '"evenkeel.surface/1"', format)), format).toMatchObject({
        code: 'wrong-format',
      });
    }
    expect(await failure('[1]')).toMatchObject({ code: 'wrong-format' });
  });

  test.each([
    ['an unknown architecture', surface, '"x86_64"', '"sparc"', '/architecture'],
    ['a negative family', surface, '"family": 25', '"family": -25', '/host/cpu/family'],
    ['a number as text', surface, '"ioctls": 600', '"ioctls": "600"', '/recorded/ioctls'],
    ['a key that the format does not have', surface, '"ioctls": 600', '"ioctls": 600, "x": 1', '/recorded'],
    ['an outcome that the format does not have', surface, '"measured"', '"assumed"', '/sections/capabilities/outcome'],
    ['a fingerprint that is none', surface, 'sha256:0', 'md5:0', '/fingerprint'],
    ['hex that is not canonical', contract, '"0x20"', '"0x020"', '/promises/0/mask'],
    ['a value as a JSON number, which would lose bits', contract, '"0xffffffff"', '4294967295', '/promises/0/value'],
    ['a value wider than its word', contract, '"0xffffffff"', '"0x1ffffffff"', '/promises/0/value'],
    ['a width of no register', contract, '"width": 32', '"width": 0', '/promises/0/width'],
  ])('%s is told by its pointer', async (_, text, from, to, pointer) => {
    expect(await failure(damaged(text, from, to))).toMatchObject({ code: 'invalid', place: { pointer } });
  });

  test('a word that is promised twice', async () => {
    const row = /\{ "word".*\}/.exec(contract)?.[0] ?? '';
    const error = await failure(damaged(contract, row, `${row}, ${row}`));
    expect(error).toMatchObject({ code: 'invalid', place: { pointer: '/promises/1/word' } });
  });

  test('300 MB are refused at once, with the limit named', async () => {
    const path = join(directory, 'large.json');
    const file = openSync(path, 'w');
    ftruncateSync(file, 300 * 1024 * 1024);
    closeSync(file);
    const begun = performance.now();
    const error = await failureOf(path);
    expect(performance.now() - begun).toBeLessThan(500);
    expect(error).toMatchObject({ code: 'too-large' });
    expect(error.message).toMatch(/300 MiB.*64 MiB/);
  });

  test('an endless device ends at the limit', async () => {
    expect(await failureOf('/dev/zero', 1024 * 1024)).toMatchObject({ code: 'too-large' });
  });

  test('a file that its writer has not finished is not taken for a whole one', async () => {
    const path = join(directory, 'growing.json');
    writeFileSync(path, ' '.repeat(16 * 1024 * 1024));
    // Appends in a tight loop, from another process, for as long as the read can take.
    const writer = spawn(process.execPath, [
      '-e',
      'const fs = require("node:fs"); const f = fs.openSync(process.argv[1], "a"); process.stdout.write("up");' +
        'const end = Date.now() + 20000; while (Date.now() < end) fs.writeSync(f, " ");',
      path,
    ]);
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    // A read is over in some milliseconds: on a busy machine the writer may not have had a turn in the first ones.
    const codes = new Set<string>();
    while (!codes.has('changed') && writer.exitCode === null) codes.add((await failureOf(path)).code);
    writer.kill('SIGKILL');
    expect(codes).toContain('changed');
  });
});
