import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contractSchema, libvirtAnswersSchema, readDocument, stringify, surfaceText } from '../../src/format/index.ts';
import { fingerprint } from '../../src/format/index.ts';
import { canonicalSections, measure, registryFor } from '../../src/arch/index.ts';
import { pin } from '../../src/engine/index.ts';
import { readHost } from '../../src/probe/steps/host.ts';
import type { Json, Surface } from '../../src/model/index.ts';
import { domainXml } from '../interop/libvirt-hook/answers.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';
import type { Ran } from './evenkeel.ts';

const OLD = 'x86_64/max/debian-6.1';
const NEW = 'x86_64/max/debian-7.2';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'evenkeel-cache-'));
  mkdirSync(join(root, 'guests'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function recorded(name: string): Promise<Surface> {
  const read = await readDocument(`surfaces/${name}.json`);
  if (!read.ok || read.value.kind !== 'surface') throw new Error(name);
  return read.value.surface;
}

async function contract(guest: string, name: string): Promise<void> {
  const surface = await recorded(name);
  const pinned = pin(registryFor('x86_64'), [measure(surface)], {
    name: guest,
    hosts: [''],
    names: [name],
    choices: {},
    settings: new Map(),
    except: [],
  });
  if (!pinned.ok) throw new Error(pinned.error.message);
  const text = stringify(contractSchema.encode(pinned.value) as Json);
  writeFileSync(join(root, guest === 'others' ? '' : 'guests', `${guest}.contract.json`), text);
}

/** A recorded surface as if this machine had it. */
async function asThisHost(name: string): Promise<string> {
  const surface = { ...(await recorded(name)), host: readHost() };
  const path = join(root, 'host.json');
  writeFileSync(path, surfaceText({ ...surface, fingerprint: fingerprint(surface, canonicalSections) }));
  return path;
}

const cache = (surface: string, ...words: string[]): Promise<Ran> =>
  evenkeel(['libvirt', 'cache', '--surface', surface, '--directory', root, ...words]);

describe('libvirt cache', () => {
  test('holds the contract of each guest against the host, and the hook answers so', async () => {
    await contract('old', OLD);
    await contract('twin', OLD);
    await contract('new', NEW);
    const ran = await cache(await asThisHost(OLD), '-o', 'json');
    expect(ran.stderr).toContain('3 guests, 2 distinct contracts');
    expect(ran.status).toBe(0);
    const answers = libvirtAnswersSchema.parse(JSON.parse(ran.stdout));
    expect(JSON.parse(readFileSync(join(root, 'answers.json'), 'utf8'))).toEqual(answers);
    const level = (guest: string): string | undefined =>
      answers.contracts[answers.guests.find((each) => each.guest === guest)?.contract ?? -1]?.level;
    expect(level('old')).toBe('same');
    expect(level('twin')).toBe('same');
    // What migration check says of the same move.
    const check = await evenkeel([
      'migration',
      'check',
      join(root, 'guests/new.contract.json'),
      '--to',
      OLD,
      '-o',
      'json',
    ]);
    const verdict: unknown = JSON.parse(check.stdout);
    expect(verdict).toMatchObject({ there: { level: level('new') } });
    const ask = (guest: string, ...words: string[]): Promise<Ran> =>
      evenkeel(['libvirt', 'hook', guest, 'migrate', 'begin', '-', '--directory', root, ...words], {
        input: domainXml(),
      });
    expect(await ask('old')).toEqual({ status: 0, stdout: '', stderr: '' });
    const vetoed = await ask('new', '--allow', 'same');
    expect(vetoed).toMatchObject({ status: 1, stdout: '' });
    expect(vetoed.stderr).toContain('guests/new.contract.json');
    expect((await ask('new', '--allow', 'silent')).status).toBe(0);
    expect((await ask('stranger', '--without-contract', 'veto')).status).toBe(1);
  });

  test('has a contract for all guests that have none, and says where the answers are of another host', async () => {
    await contract('others', NEW);
    const ran = await cache(NEW);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^all others\s+same/m);
    expect(ran.stderr).toContain('true of another host than this one: kernel was');
    const hook = await evenkeel(['libvirt', 'hook', 'any', 'prepare', '--directory', root, '--on-failure', 'closed'], {
      input: domainXml(),
    });
    expect(hook.status).toBe(1);
    expect(hook.stderr).toContain('of another host than this one is now');
  });

  test.each<[what: string, prepare: () => void, said: RegExp]>([
    ['no contracts', () => undefined, /there are no contracts/],
    ['a file that is none', () => writeFileSync(join(root, 'guests/a.json'), '{'), /a\.json/],
    [
      'two files of a guest',
      () => ['a.json', 'a.contract.json'].forEach((name) => writeFileSync(join(root, 'guests', name), '{}')),
      /both of guest a/,
    ],
  ])('%s: says so, and leaves the answers as they were', async (_, prepare, said) => {
    prepare();
    writeFileSync(join(root, 'answers.json'), 'as it was');
    const ran = await cache(OLD);
    expect(ran.status).toBe(4);
    expect(ran.stderr).toMatch(said);
    expect(ran.stderr).not.toMatch(STACK_TRACE);
    expect(readFileSync(join(root, 'answers.json'), 'utf8')).toBe('as it was');
  });
});

describe('libvirt install-hook', () => {
  test('says what it wrote, and takes it away again', async () => {
    const hooks = ['--hooks', join(root, 'hooks')];
    const installed = await evenkeel([
      'libvirt',
      'install-hook',
      '--on-failure',
      'closed',
      '--directory',
      root,
      ...hooks,
    ]);
    expect(installed.status).toBe(0);
    expect(installed.stdout).toContain(join(root, 'hooks/qemu.d/evenkeel'));
    expect(installed.stdout).toContain('on failure closed');
    const removed = await evenkeel(['libvirt', 'uninstall-hook', ...hooks]);
    expect(removed).toMatchObject({ status: 0, stdout: `${join(root, 'hooks/qemu.d/evenkeel')}  removed\n` });
  });

  test('takes no directory that libvirtd would look for elsewhere', async () => {
    const ran = await evenkeel(['libvirt', 'install-hook', '--directory', 'here', '--hooks', join(root, 'hooks')]);
    expect(ran.status).toBe(2);
  });
});
