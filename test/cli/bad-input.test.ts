import { spawn } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';
import { cpuid, surfaceOf, writeSurface } from './surfaces.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));

const good = writeSurface(directory, 'good', surfaceOf('x86_64', { cpuid: cpuid('0x20') }));
const text = readFileSync(good, 'utf8');

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** The row of leaf 0x7, to be damaged. */
const LEAF_7 = /\{ "leaf": "0x7".*\}/.exec(text)?.[0] ?? 'no leaf 0x7';

const large = file('large.json', '');
const handle = openSync(large, 'w');
ftruncateSync(handle, 300 * 1024 * 1024);
closeSync(handle);

describe('bad input ends with 4, one clear line with the place, nothing on standard output', () => {
  test.each<[what: string, path: string, says: RegExp]>([
    ['a file that is not there', join(directory, 'nothing.json'), /nothing\.json: there is no such file/],
    ['a directory', directory, /this is a directory/],
    ['an empty file', file('empty.json', ''), /the file is empty/],
    ['bytes that are no text', file('binary.json', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0xff)), /not text in UTF-8/],
    ['truncated JSON', file('cut.json', text.slice(0, -40)), /cut\.json:\d+:\d+: this is not JSON: the text ends/],
    ['a comma too many', file('comma.json', text.replace('"sections": {', '"sections": {,')), /comma\.json:\d+:\d+:/],
    ['no object', file('list.json', '[]'), /JSON object/],
    ['JSON of nobody', file('other.json', '{ "a": 1 }'), /names no format/],
    ['a later format', file('later.json', text.replace('surface/1', 'surface/2')), /\/format: .*newer Evenkeel/],
    [
      'a key twice',
      file('keys.json', text.replace('"host":', '"host": null, "host":')),
      /\/host: the key is here twice/,
    ],
    [
      'a CPUID leaf twice',
      file('leaves.json', text.replace(LEAF_7, `${LEAF_7},\n${LEAF_7}`)),
      /\/sections\/cpuid\/data\/supported\/2: CPUID leaf 0x7 subleaf 0x0 is here twice/,
    ],
    [
      'a register wider than it can be',
      file('range.json', text.replace('"ebx": "0x20"', '"ebx": "0x1ffffffff"')),
      /\/sections\/cpuid\/data\/supported\/1\/ebx: /,
    ],
    ['a register as a number', file('number.json', text.replace('"ebx": "0x20"', '"ebx": 32')), /supported\/1\/ebx: /],
    [
      'a capability twice',
      file('capability.json', text.replace(/(\{ "number": 0.*\})/, '$1, $1')),
      /\/system\/1\/number: /,
    ],
    [
      'a section with the name of something that objects inherit',
      file('constructor.json', text.replace('"sections": {', '"sections": { "constructor": 1,')),
      /\/sections\/constructor: /,
    ],
    ['300 MB', large, /300 MiB.*limit of 64 MiB/],
  ])('%s', async (_, path, says) => {
    const ran = await evenkeel(['surface', 'show', path]);
    expect(ran.stderr).toMatch(says);
    expect(ran.stderr).toContain(path);
    expect(ran.stderr).not.toMatch(STACK_TRACE);
    expect(ran).toMatchObject({ status: 4, stdout: '' });
  });

  test('a file that changes while it is read', async () => {
    const path = file('growing.json', ' '.repeat(16 * 1024 * 1024));
    const writer = spawn(process.execPath, [
      '-e',
      'const fs = require("node:fs"); const f = fs.openSync(process.argv[1], "a"); process.stdout.write("up");' +
        'const end = Date.now() + 20000; while (Date.now() < end) fs.writeSync(f, " ");',
      path,
    ]);
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    const ran = await evenkeel(['surface', 'show', path]);
    writer.kill('SIGKILL');
    expect(ran.stderr).toMatch(/changed while it was read/);
    expect(ran.status).toBe(4);
  });

  test('x86_64 against arm64, wherever two surfaces meet', async () => {
    const arm64 = writeSurface(directory, 'arm64', surfaceOf('arm64', {}));
    for (const words of [
      ['migration', 'check', good, '--to', arm64],
      ['migration', 'check', good, '--to', good, '--and-back', arm64],
      ['migration', 'matrix', good, arm64],
      ['surface', 'diff', good, arm64],
      ['contract', 'pin', good, arm64],
    ]) {
      const ran = await evenkeel(words);
      expect(ran.stderr, words.join(' ')).toMatch(/x86_64.*arm64/);
      expect(ran, words.join(' ')).toMatchObject({ status: 4, stdout: '' });
    }
  });

  test('a contract where a surface is wanted', async () => {
    const contract = join(directory, 'contract.json');
    expect((await evenkeel(['contract', 'pin', good, '--write', contract])).status).toBe(0);
    expect(await evenkeel(['surface', 'show', contract])).toMatchObject({ status: 4, stdout: '' });
  });

  test('a place that cannot be written', async () => {
    const ran = await evenkeel(['contract', 'pin', good, '--write', join(directory, 'no', 'folder.json')]);
    expect(ran).toMatchObject({ status: 4, stdout: '' });
    expect(ran.stderr).toContain('its directory does not exist');
  });

  test('a section of no known name is passed over, also one that objects inherit', async () => {
    const section = '{ "outcome": "measured", "data": {} }';
    const named = text.replace('"sections": {', `"sections": { "constructor": ${section}, "__proto__": ${section},`);
    const ran = await evenkeel(['surface', 'show', file('inherited.json', named)]);
    expect(ran.stderr).not.toMatch(STACK_TRACE);
    expect(ran.status).toBe(0);
  });

  test('standard input is named as such', async () => {
    const ran = await evenkeel(['surface', 'show', '-'], { input: '{' });
    expect(ran.stderr).toMatch(/^evenkeel: standard input:1:2: /);
    expect((await evenkeel(['surface', 'show', '-'], { input: text })).status).toBe(0);
  });
});

describe('modules of one kernel are not given to another', () => {
  test.each([
    ['lab probe', ['lab', 'probe', '--kernel', 'debian:6.12']],
    ['lab observe', ['lab', 'observe', '--kernel', 'debian:6.12']],
    ['lab conform', ['lab', 'conform', '--kernel', 'debian:6.12', '--against', 'debian:6.1']],
    ['lab roundtrip', ['lab', 'roundtrip', '--from', 'debian:6.12', '--to', 'debian:6.1']],
    ['lab verify', ['lab', 'verify', '--kernel', 'debian:6.12']],
  ])('%s', async (_, words) => {
    const { status, stderr } = await evenkeel([...words, '--modules', directory]);
    expect(status).toBe(2);
    expect(stderr).toContain('debian:6.12 brings its own modules');
  });
});
