import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { jsonSchemaOf } from '../../src/format/index.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';
import { cpuid, surfaceOf, writeSurface } from './surfaces.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-program-'));
afterAll(() => rmSync(directory, { recursive: true }));

const surface = writeSurface(directory, 'surface', surfaceOf('x86_64', { cpuid: cpuid('0x20') }));

/** Every command of the program, as its own usage lists them. */
async function commands(): Promise<string[][]> {
  const { stdout } = await evenkeel(['--help']);
  const usage = stdout.slice(stdout.indexOf('Usage:'), stdout.indexOf('\n\n', stdout.indexOf('Usage:')));
  return [...usage.matchAll(/evenkeel ([a-z]+)(?: ([a-z][a-z-]*))?/g)]
    .map(([, group = '', name]) => (name === undefined ? [group] : [group, name]))
    .filter(([group]) => group !== 'completion');
}

describe('help', () => {
  test('begins with examples and documents every exit code', async () => {
    const { status, stdout, stderr } = await evenkeel(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.indexOf('Examples:')).toBeGreaterThan(0);
    expect(stdout.indexOf('Examples:')).toBeLessThan(stdout.indexOf('Usage:'));
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 130]) expect(stdout).toMatch(new RegExp(`^  ${code} +\\S`, 'm'));
  });

  test('every command, and every group of them, has examples that name it', async () => {
    const named = await commands();
    const all = [...named, ...new Set(named.map(([group = '']) => group))].map((words) => [words].flat());
    expect(all.length).toBeGreaterThan(8);
    // A process for each of some sixty, of which a machine of two cores bears a few at once.
    for (let at = 0; at < all.length; at += 4) {
      await Promise.all(
        all.slice(at, at + 4).map(async (words) => {
          const { status, stdout } = await evenkeel([...words, '--help']);
          expect(status, words.join(' ')).toBe(0);
          expect(stdout, words.join(' ')).toMatch(new RegExp(`Examples:\\n(?: .*\\n)*? .*evenkeel ${words.join(' ')}`));
        }),
      );
    }
  }, 180_000);
});

describe('a wrong command line', () => {
  test.each([
    [[]],
    [['surfac']],
    [['surface']],
    [['surface', 'show']],
    [['surface', 'diff', 'a']],
    [['migration', 'check', 'a']],
    [['migration', 'check', 'a', '--to', 'b', '-o', 'xml']],
    [['schema', 'nothing']],
    [['--no-such-option']],
  ])('%j ends with 2 and says where help is', async (words) => {
    const ran = await evenkeel(words);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^evenkeel: .+\nSee: evenkeel .*--help\n$/);
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('a script for %s', async (shell) => {
    const { status, stdout } = await evenkeel(['completion', shell]);
    expect(status).toBe(0);
    expect(stdout).toContain('evenkeel');
    if (shell === 'bash') expect(spawnSync('bash', ['-n'], { input: stdout }).status).toBe(0);
  });

  test('knows commands, options and recorded surfaces', async () => {
    const suggested = async (...words: string[]): Promise<string> =>
      (await evenkeel(['completion', 'bash', ...words])).stdout;
    expect(await suggested('mig')).toContain('migration');
    expect(await suggested('migration', 'check', '--t')).toContain('--to');
    expect(await suggested('surface', 'show', 'ho')).toContain('host');
  });
});

describe('colour', () => {
  const words = ['migration', 'check', surface, '--to', surface];
  const escape = String.fromCharCode(27);

  test('none into a pipe, some where it is forced, none where NO_COLOR says so', async () => {
    expect((await evenkeel(words)).stdout).not.toContain(escape);
    expect((await evenkeel(words, { env: { FORCE_COLOR: '1' } })).stdout).toContain(escape);
    expect((await evenkeel(words, { env: { NO_COLOR: '1' } })).stdout).not.toContain(escape);
  });

  test('carries nothing alone: without it the same words are there', async () => {
    const coloured = (await evenkeel(words, { env: { FORCE_COLOR: '1' } })).stdout;
    const plain = (await evenkeel(words)).stdout;
    expect(coloured.replaceAll(new RegExp(`${escape}\\[[0-9;]*m`, 'g'), '')).toBe(plain);
  });
});

describe('streams', () => {
  test('a reader that goes away is no error', async () => {
    const child = spawn('bash', [
      '-c',
      `set -o pipefail; "$0" "$1" surface show "$2" cpuid -o json | head -c 10; exit \${PIPESTATUS[0]}`,
      process.execPath,
      join(import.meta.dirname, '../../src/cli/main.ts'),
      surface,
    ]);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('wraps to COLUMNS, and does not wrap into a pipe', async () => {
    const lengths = async (env: Readonly<Record<string, string>>): Promise<number> => {
      const { stdout } = await evenkeel(['surface', 'show', surface, 'cpuid/0x7:0/ebx'], { env });
      return Math.max(...stdout.split('\n').map((line) => line.length));
    };
    expect(await lengths({ COLUMNS: '100' })).toBeLessThan(await lengths({}));
  });

  test('reasons fit a narrow terminal', async () => {
    const words = ['migration', 'check', 'x86_64/max/debian-6.12', '--to', 'x86_64/max/debian-6.1'];
    const { stdout } = await evenkeel(words, { env: { COLUMNS: '80' } });
    const reasons = stdout.split('\n\n').slice(1).join('\n').split('\n');
    expect(reasons.length).toBeGreaterThan(10);
    for (const line of reasons.filter((text) => !text.trimStart().startsWith('set '))) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });
});

describe('schema', () => {
  test.each(['surface', 'contract', 'verdict', 'difference', 'matrix'] as const)(
    '%s is the published one',
    async (format) => {
      const { stdout } = await evenkeel(['schema', format]);
      expect(JSON.parse(stdout)).toEqual(jsonSchemaOf(format));
    },
  );
});

describe('a standard output that takes nothing', () => {
  test('is said in a line, and gives no exit code of a verdict', () => {
    const words = [join(import.meta.dirname, '../../src/cli/main.ts'), 'surface', 'show', surface];
    const ran = spawnSync('sh', ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, ...words], { encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 4, stderr: 'evenkeel: standard output cannot be written: ENOSPC\n' });
  });
});

describe('a host without KVM', () => {
  /** A /dev that has nothing but null: what a container has that was not given the device. */
  const NAMESPACE =
    'dev=$(mktemp -d) && mount -t tmpfs none "$dev" && touch "$dev/null" && mount --bind /dev/null "$dev/null" && ' +
    'mount --rbind "$dev" /dev && exec "$0" "$@"';
  const inside = (...words: readonly string[]): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } =>
    spawnSync('unshare', ['--mount', '--map-root-user', 'sh', '-c', NAMESPACE, ...words], { encoding: 'utf8' });
  const main = join(import.meta.dirname, '../../src/cli/main.ts');

  test('host probe says what is wrong and what to do, and ends with 5', (context) => {
    if (inside('true').status !== 0) context.skip('this system lets nobody make a mount namespace');
    const ran = inside(process.execPath, main, 'host', 'probe');
    expect(ran.stderr).toMatch(/open\(\/dev\/kvm\): ENOENT/);
    expect(ran.stderr).toMatch(/modprobe/);
    expect(ran.stderr).not.toMatch(STACK_TRACE);
    expect(ran).toMatchObject({ status: 5, stdout: '' });
  });

  test('host check says so and shows what is recorded all the same', (context) => {
    if (inside('true').status !== 0) context.skip('this system lets nobody make a mount namespace');
    const ran = inside(process.execPath, main, 'host', 'check');
    expect(ran.stdout).toMatch(/^This host was not measured: open\(\/dev\/kvm\): ENOENT/);
    expect(ran.stdout).toMatch(/Next:\n/);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
  });
});
