import * as fs from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify, surfaceText, writeWhole } from '../../src/format/index.ts';
import type { Json } from '../../src/model/index.ts';
import { exampleSurface } from './example.ts';

const directory = fs.mkdtempSync(join(tmpdir(), 'evenkeel-write-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

describe('writeWhole', () => {
  test('replaces a file, keeps its mode, and leaves nothing beside it', () => {
    const path = join(directory, 'a', 'b.json');
    fs.mkdirSync(join(directory, 'a'));
    expect(writeWhole(path, 'one')).toEqual({ ok: true, value: null });
    fs.chmodSync(path, 0o600);
    expect(writeWhole(path, 'two')).toEqual({ ok: true, value: null });
    expect(fs.readFileSync(path, 'utf8')).toBe('two');
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(join(directory, 'a'))).toEqual(['b.json']);
  });

  test('writes through a symbolic link and leaves the link', () => {
    const target = join(directory, 'target.json');
    const link = join(directory, 'link.json');
    fs.writeFileSync(target, 'old');
    fs.symlinkSync('target.json', link);
    expect(writeWhole(link, 'new').ok).toBe(true);
    expect(fs.readFileSync(target, 'utf8')).toBe('new');
    expect(fs.readlinkSync(link)).toBe('target.json');
  });

  test('a directory, a missing directory: an error with what is wrong', () => {
    expect(writeWhole(directory, 'x')).toMatchObject({ ok: false, error: { code: 'unwritable' } });
    expect(writeWhole(join(directory, 'no', 'x.json'), 'x')).toMatchObject({
      ok: false,
      error: { message: 'its directory does not exist' },
    });
  });

  test('a device that is full', () => {
    expect(writeWhole('/dev/full', 'x')).toMatchObject({
      ok: false,
      error: { code: 'unwritable', message: 'no space is left on the device; nothing was written' },
    });
  });

  test('a disk that fills up half-way leaves the old file and no half-written one', () => {
    // A limit on file size stands in for a full disk: the write fails after some of the text went through.
    const path = join(directory, 'limited.json');
    fs.writeFileSync(path, 'old');
    const program = `
      process.on('SIGXFSZ', () => {});
      const { writeWhole } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/format/index.ts'))});
      process.stdout.write(JSON.stringify(writeWhole(process.argv[1], 'x'.repeat(1 << 20))));`;
    const child = spawnSync(
      'bash',
      ['-c', 'ulimit -f 64; exec "$0" --input-type=module -e "$1" "$2"', process.execPath, program, path],
      { encoding: 'utf8' },
    );
    expect(JSON.parse(child.stdout), child.stderr).toMatchObject({ ok: false, error: { code: 'unwritable' } });
    expect(fs.readFileSync(path, 'utf8')).toBe('old');
    expect(fs.readdirSync(directory).filter((name) => name.includes('limited'))).toEqual(['limited.json']);
  });
});

describe('stringify', () => {
  test('loses nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(JSON.parse(stringify(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('gives a row of a table a line of its own', () => {
    expect(
      stringify({ rows: [{ index: '0x10', tried: [{ wrote: '0x1', outcome: 'taken' }] }, { index: '0x3a' }], n: 1 }),
    ).toBe(`{
  "rows": [
    { "index": "0x10", "tried": [{ "wrote": "0x1", "outcome": "taken" }] },
    { "index": "0x3a" }
  ],
  "n": 1
}
`);
  });

  test('fills long lists of scalars', () => {
    const lines = stringify(Array.from({ length: 200 }, (_, index) => `0x${index.toString(16)}`)).split('\n');
    expect(lines.length).toBeLessThan(20);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(160);
  });

  test('a surface has the same text in whatever order its steps ended', () => {
    const { sections, ...envelope } = exampleSurface({ a: 1, b: 2 });
    const reversed = Object.fromEntries(Object.entries(sections).toReversed());
    expect(surfaceText({ sections: reversed, ...envelope })).toBe(surfaceText({ ...envelope, sections }));
    expect(surfaceText({ ...envelope, sections })).toMatch(/^\{\n {2}"format": "evenkeel.surface\/1"/);
  });
});
