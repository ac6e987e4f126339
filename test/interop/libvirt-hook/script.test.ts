import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  OPERATIONS,
  hookPath,
  installHook,
  ownProgram,
  uninstallHook,
} from '../../../src/interop/libvirt-hook/index.ts';
import type { Settings } from '../../../src/interop/libvirt-hook/index.ts';
import { answersHere, domainXml } from './answers.ts';

let root: string;
let script: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'evenkeel-hook-'));
  script = hookPath(join(root, 'hooks'));
  // What the script logs through, so that this machine's log is left alone.
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/logger'), `#!/bin/sh\nprintf '%s\\n' "$*" >>'${root}/logged'\n`, { mode: 0o755 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const environment = (): NodeJS.ProcessEnv => ({ PATH: `${root}/bin:${process.env['PATH'] ?? ''}` });

function install(settings: Partial<Settings> = {}, program = ownProgram()): void {
  const installed = installHook(join(root, 'hooks'), { directory: join(root, 'state'), ...settings }, program);
  if (!installed.ok) throw new Error(installed.error);
}

function answers(text: string = JSON.stringify(answersHere({ good: 'same', bad: 'silent' }))): void {
  mkdirSync(join(root, 'state'), { recursive: true });
  writeFileSync(join(root, 'state/answers.json'), text);
}

function call(guest: string, operation: string): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(script, [guest, operation, 'begin', '-'], {
    env: environment(),
    input: domainXml(),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const logged = (): string => {
  try {
    return readFileSync(join(root, 'logged'), 'utf8');
  } catch {
    return '';
  }
};

describe('the installed hook', () => {
  test('vetoes at prepare and migrate, with the reason on standard error; libvirt gets nothing on standard output', () => {
    install();
    answers();
    for (const operation of OPERATIONS) {
      const good = call('good', operation);
      expect(good).toEqual({ status: 0, stdout: '', stderr: '' });
      const bad = call('bad', operation);
      expect(bad.stdout).toBe('');
      const vetoed = ['prepare', 'migrate'].includes(operation);
      expect(bad.status, operation).toBe(vetoed ? 1 : 0);
      expect(bad.stderr).toMatch(vetoed ? /^evenkeel: guest bad: .*silent.*\n$/ : /^$/);
    }
  });

  test('takes a guest with any name that libvirt takes for the guest of that name', () => {
    install({ withoutContract: 'veto' });
    const names = ['-x', '--help', 'a b', "it's", '$(false)', '`false`', '*', '"', '\\', 'ü', ';exit 1'];
    answers(JSON.stringify(answersHere(Object.fromEntries(names.map((name) => [name, 'same' as const])))));
    for (const name of names) expect(call(name, 'prepare'), name).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(call('another', 'prepare').status).toBe(1);
  });

  test.each<[what: string, prepare: () => void, said: RegExp]>([
    ['no answers were made', () => install(), /no answers were made yet/],
    ['the answers are cut off', () => (install(), answers('{"format": "evenkeel.libv')), /damaged/],
    [
      'the answers are of another version',
      () => (install(), answers('{"format": "evenkeel.libvirt-answers/2"}')),
      /damaged/,
    ],
    [
      'there is no Node',
      () => (install({}, { ...ownProgram(), node: '/nonexistent/node' }), answers()),
      /ended with 12[67]/,
    ],
    [
      'the program is gone',
      () => (install({}, { ...ownProgram(), program: '/nonexistent/main.js' }), answers()),
      /ended with 1: /,
    ],
    [
      'an edit made a setting unreadable',
      () => (install(), answers(), edit('allow=selectable', 'allow=some')),
      /allow=some/,
    ],
    ['an edit made the deadline unreadable', () => (install(), answers(), edit('deadline=5', 'deadline=soon')), /soon/],
  ])('%s: open lets the guest come and says so in the log, closed does not', (_, prepare, said) => {
    prepare();
    expect(call('good', 'prepare')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(logged()).toMatch(/guest good, prepare: let through without an answer/);
    expect(logged()).toMatch(said);
    edit('on_failure=open', 'on_failure=closed');
    const closed = call('good', 'prepare');
    expect(closed).toMatchObject({ status: 1, stdout: '' });
    expect(closed.stderr).toMatch(said);
    for (const operation of ['reconnect', 'restore', 'started', 'stopped', 'release', 'attach', 'unheard-of']) {
      expect(call('good', operation)).toEqual({ status: 0, stdout: '', stderr: '' });
    }
  });

  test('a word that is neither open nor closed is closed', () => {
    install();
    edit('on_failure=open', 'on_failure=close');
    expect(call('good', 'prepare').status).toBe(1);
  });

  test.each<[Settings['onFailure'], number]>([
    ['open', 0],
    ['closed', 1],
  ])('a caller that never ends its input is answered at the deadline: %s', async (onFailure, status) => {
    install({ onFailure, deadline: 1 });
    answers();
    const started = performance.now();
    const child = spawn(script, ['good', 'prepare', 'begin', '-'], { env: environment() });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.on('close', resolve);
    expect(await promise).toBe(status);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(stderr + logged()).toContain('no answer within 1 s');
  });
});

/** As an operator edits a setting. */
function edit(from: string, to: string): void {
  const text = readFileSync(script, 'utf8');
  expect(text).toContain(from);
  writeFileSync(script, text.replace(from, to));
}

describe('installing', () => {
  test('leaves one executable file, and nothing else that libvirt would run', () => {
    install();
    expect(readdirSync(join(root, 'hooks'))).toEqual(['qemu.d']);
    expect(readdirSync(join(root, 'hooks/qemu.d'))).toEqual(['evenkeel']);
    expect(statSync(script).mode & 0o111).toBe(0o111);
  });

  test('again keeps settings that were edited, but for those that are given', () => {
    install({ onFailure: 'closed' });
    edit('allow=selectable', 'allow=unknown');
    edit('deadline=5', 'deadline=9');
    edit("operations='prepare migrate'", "operations='migrate reconnect restore'");
    const again = installHook(join(root, 'hooks'), { deadline: 2 });
    expect(again).toMatchObject({
      ok: true,
      value: {
        replaced: true,
        settings: {
          allow: 'unknown',
          onFailure: 'closed',
          deadline: 2,
          directory: join(root, 'state'),
          // What may not be vetoed is no setting.
          operations: ['migrate'],
        },
      },
    });
  });

  test("leaves somebody else's script of that name alone, and so does uninstalling", () => {
    mkdirSync(join(root, 'hooks/qemu.d'), { recursive: true });
    writeFileSync(script, '#!/bin/sh\nexit 0\n');
    expect(installHook(join(root, 'hooks'), {}).ok).toBe(false);
    expect(uninstallHook(join(root, 'hooks')).ok).toBe(false);
    expect(readFileSync(script, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
  });

  test('and uninstalling leaves nothing', () => {
    install();
    expect(uninstallHook(join(root, 'hooks'))).toEqual({ ok: true, value: script });
    expect(readdirSync(join(root, 'hooks/qemu.d'))).toEqual([]);
    expect(uninstallHook(join(root, 'hooks'))).toEqual({ ok: true, value: null });
  });

  test('where a file stands in the way of the directory says so', () => {
    writeFileSync(join(root, 'hooks'), '');
    expect(installHook(join(root, 'hooks'), {})).toMatchObject({ ok: false });
  });
});
