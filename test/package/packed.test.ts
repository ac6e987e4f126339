/**
 * The package as a user gets it: packed, installed into an empty folder, started through `npx`, with nothing of the
 * clone within reach.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-package-'));
const installed = join(folder, 'user');

/** Node 24 first, as npm's own scripts have it; nothing else of the clone's tools. */
const programs = join(folder, 'bin');
const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' };

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

let packed: Packed;

beforeAll(() => {
  mkdirSync(programs);
  mkdirSync(installed);
  symlinkSync(process.execPath, join(programs, 'node'));
  const text = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // npm 11: a list with one row; the build's own output may stand before it.
  const [first] = JSON.parse(text.slice(text.indexOf('[\n'))) as Packed[];
  if (first === undefined) throw new Error(`npm pack said nothing: ${text}`);
  packed = first;
  writeFileSync(join(installed, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, packed.filename)], {
    cwd: installed,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function npx(...words: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'evenkeel', ...words], {
    cwd: installed,
    env,
    encoding: 'utf8',
  });
  // npm's own remarks about the machine's configuration are not the program's.
  return { status, stdout, stderr: stderr.replaceAll(/^npm .*\n/gm, '') };
}

describe('the packed package', () => {
  test('has the program, the types, the schemas, the recorded surfaces and the guest program, and no sources or tests', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'bin/evenkeel.js',
        'dist/program/main.js',
        'dist/interop/libvirt-hook/main.cjs',
        'dist/engine/index.d.ts',
        'schemas/surface-1.schema.json',
        'LICENSE',
        'NOTICE',
        'README.md',
      ]),
    );
    expect(paths.filter((path) => /^dist\/lab\/program\/.*\.cjs$/.test(path))).toContain('dist/lab/program/lab.cjs');
    expect(paths.filter((path) => path.startsWith('surfaces/')).length).toBeGreaterThan(1);
    expect(paths.filter((path) => /^(src|test|scripts|bench|docs)\//.test(path))).toEqual([]);
  });

  test('starts through npx', () => {
    const { status, stdout } = npx('--version');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(status).toBe(0);
  });

  test('checks a move between two of the surfaces that it brings', () => {
    const names = npx('surface', 'list')
      .stdout.split('\n')
      .filter((name) => name.startsWith('x86_64/'));
    const [from = '', to = ''] = names.filter((name) => dirname(name) === dirname(names[0] ?? ''));
    const check = npx('migration', 'check', from, '--to', to, '--and-back', from, '-o', 'json');
    expect(check.stderr).toBe('');
    expect(JSON.parse(check.stdout)).toMatchObject({ format: 'evenkeel.verdict/1', to: { name: to } });
    expect([0, 1, 3]).toContain(check.status);
  });

  test('installs a libvirt hook that runs by itself and says that it has no answers', () => {
    const hooks = join(folder, 'hooks');
    const state = join(folder, 'state');
    const done = npx('libvirt', 'install-hook', '--hooks', hooks, '--directory', state, '--on-failure', 'closed');
    expect(done.status).toBe(0);
    const call = (operation: string): { readonly status: number | null; readonly stderr: string } =>
      spawnSync(join(hooks, 'qemu.d/evenkeel'), ['web1', operation, 'begin', '-'], { encoding: 'utf8', input: '' });
    expect(call('reconnect')).toMatchObject({ status: 0, stderr: '' });
    const asked = call('prepare');
    expect(asked.status).toBe(1);
    expect(asked.stderr).toContain('no answers were made yet');
  });
});
