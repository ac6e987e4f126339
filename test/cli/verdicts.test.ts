import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { evenkeel } from './evenkeel.ts';
import { TAKES_EVERYTHING, cpuid, surfaceOf, writeSurface } from './surfaces.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-verdicts-'));
afterAll(() => rmSync(directory, { recursive: true }));

// EBX of leaf 0x7: bit 5 is AVX2.
const tried = { 'cpuid-latitude': TAKES_EVERYTHING };
const withAvx2 = writeSurface(directory, 'with', surfaceOf('x86_64', { cpuid: cpuid('0x20'), ...tried }));
const without = writeSurface(directory, 'without', surfaceOf('x86_64', { cpuid: cpuid('0x0'), ...tried }));
const untried = writeSurface(directory, 'untried', surfaceOf('x86_64', { cpuid: cpuid('0x0') }));

interface VerdictJson {
  readonly format: string;
  readonly there: {
    readonly level: string;
    readonly reasons: readonly { readonly element: string; readonly level: string; readonly setting: unknown }[];
  };
  readonly back: { readonly level: string } | null;
}

async function verdict(
  ...words: readonly string[]
): Promise<{ readonly status: number | null; readonly json: VerdictJson }> {
  const ran = await evenkeel(['migration', 'check', ...words, '-o', 'json']);
  expect(ran.stderr).toBe('');
  return { status: ran.status, json: JSON.parse(ran.stdout) as VerdictJson };
}

describe('migration check', () => {
  test('a feature that the destination lacks, and would accept all the same, is silent', async () => {
    const { status, json } = await verdict(withAvx2, '--to', without);
    const avx2 = json.there.reasons.find(({ element }) => element === 'cpuid/0x7:0/ebx/avx2');
    expect(avx2).toMatchObject({ level: 'silent', promised: '0x1', shows: '0x0', setting: null });
    expect(json.there.level).toBe('silent');
    expect(status).toBe(1);
  });

  test('a feature that only the destination has can be cleared, and the setting is named', async () => {
    const { json } = await verdict(without, '--to', withAvx2);
    const avx2 = json.there.reasons.find(({ element }) => element === 'cpuid/0x7:0/ebx/avx2');
    expect(avx2).toMatchObject({ level: 'selectable', setting: { call: 'KVM_SET_CPUID2', value: '0x0' } });
  });

  test('what nobody tried is unknown', async () => {
    const { status, json } = await verdict(withAvx2, '--to', untried);
    expect(json.there.reasons.find(({ element }) => element === 'cpuid/0x7:0/ebx/avx2')?.level).toBe('unknown');
    expect(status).toBe(3);
  });

  test('what a capture does not hold is unknown, out loud', async () => {
    const { status, json } = await verdict(withAvx2, '--to', withAvx2);
    expect(json.there.level).toBe('unknown');
    expect(status).toBe(3);
  });

  test('the way back is judged where it was asked for', async () => {
    expect((await verdict(withAvx2, '--to', without)).json.back).toBeNull();
    expect((await verdict(withAvx2, '--to', without, '--and-back', withAvx2)).json.back).not.toBeNull();
  });

  test('a contract in a file gives what its surface gives', async () => {
    const contract = join(directory, 'contract.json');
    const pinned = await evenkeel(['contract', 'pin', withAvx2, '--name', 'web', '-w', contract]);
    expect(pinned).toMatchObject({ status: 0, stdout: '' });
    const direct = await verdict(withAvx2, '--to', without);
    const byFile = await verdict(contract, '--to', without);
    expect(byFile.json.there).toEqual(direct.json.there);
  });

  test('people get the bit, the reason and the evidence in a table', async () => {
    const { stdout, status } = await evenkeel(['migration', 'check', withAvx2, '--to', without]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/cpuid\/0x7:0\/ebx\/avx2 .*\/sections\/cpuid\/data/);
  });
});

describe('surface diff', () => {
  test('ends with 0 where nothing differs and with 1 where something does', async () => {
    expect((await evenkeel(['surface', 'diff', withAvx2, withAvx2])).status).toBe(0);
    const differing = await evenkeel(['surface', 'diff', withAvx2, without]);
    expect(differing.stdout).toMatch(/What a guest sees by default: 1\n[^]*cpuid\/0x7:0\/ebx\/avx2 +0x1 +0x0/);
    expect(differing.status).toBe(1);
  });
});

describe('migration matrix', () => {
  test('has a cell for every pair, and a direction', async () => {
    const ran = await evenkeel(['migration', 'matrix', withAvx2, without, '-o', 'json']);
    const { moves } = JSON.parse(ran.stdout) as { moves: { from: number; to: number; level: string }[] };
    expect(moves.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(ran.status).toBe(1);
  });
});

describe('contract pin', () => {
  test('several surfaces give the largest machine that all of them can show', async () => {
    const contract = join(directory, 'pool.json');
    expect((await evenkeel(['contract', 'pin', withAvx2, without, '-w', contract])).status).toBe(0);
    for (const host of [withAvx2, without]) {
      const { json } = await verdict(contract, '--to', host);
      expect(json.there.reasons.filter(({ level }) => level === 'silent')).toEqual([]);
    }
  });

  test('where no machine suits all hosts, that is said with the elements, and nothing is written', async () => {
    const other = writeSurface(directory, 'other', surfaceOf('x86_64', { cpuid: cpuid('0x20') }));
    const contract = join(directory, 'no-pool.json');
    const ran = await evenkeel(['contract', 'pin', other, untried, '-w', contract]);
    // Nobody tried whether AVX2 can be cleared on the first host.
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toContain('cpuid/0x7:0/ebx/avx2');
    expect(() => readFileSync(contract)).toThrow('ENOENT');
  });
});

describe('what a person says of single elements', () => {
  const host = 'x86_64/max/debian-6.12';
  const contract = join(directory, 'set.json');

  test('is promised instead of the default, and named as a setting on the host', async () => {
    const pinned = await evenkeel(['contract', 'pin', host, '--set', 'quirk/LINT0_REENABLED=0', '-w', contract]);
    expect(pinned.status).toBe(0);
    const { json } = await verdict(contract, '--to', host);
    expect(json.there).toMatchObject({
      level: 'selectable',
      reasons: [{ element: 'quirk/LINT0_REENABLED', setting: { call: 'KVM_ENABLE_CAP', value: '0x0' } }],
    });
  });

  test.each([
    ['quirk/LINT0_REENABLED=2', 1, 'quirk/LINT0_REENABLED: 0x2 does not fit into 1 bit'],
    ['cpuid/0x7:0/ebx/avx512f=1', 1, `${host}: shows 0, can show only 0`],
    ['quirk/NO_SUCH=1', 2, 'quirk/NO_SUCH: no element of these surfaces has this path'],
    ['quirk/LINT0_REENABLED', 2, 'expected ELEMENT=VALUE'],
  ])('--set %s is refused with the place and what can be had', async (set, status, message) => {
    const pinned = await evenkeel(['contract', 'pin', host, '--set', set]);
    expect(pinned).toMatchObject({ status, stdout: '' });
    expect(pinned.stderr).toContain(message);
  });

  test('is not promised where it is excepted', async () => {
    expect((await evenkeel(['contract', 'pin', host, '--except', 'tsc/khz', '-w', contract])).status).toBe(0);
    const text = readFileSync(contract, 'utf8');
    expect(text).not.toContain('"tsc/khz"');
    expect(text).toContain('"quirk/LINT0_REENABLED"');
  });

  test('a value that the guest carries decides whether a destination may lack the register', async () => {
    const older = 'x86_64/max/debian-6.1';
    const word = 'msr/HV_X64_MSR_TSC_INVARIANT_CONTROL';
    const levelOf = ({ json }: { readonly json: VerdictJson }): string | undefined =>
      json.there.reasons.find(({ element }) => element === word)?.level;
    expect(levelOf(await verdict(host, '--to', older))).toBe('refused');
    expect(levelOf(await verdict(host, '--to', older, '--value', `${word}=0`))).toBeUndefined();
    // By its number too.
    expect(levelOf(await verdict(host, '--to', older, '--value', 'msr/0x40000118=0'))).toBeUndefined();
    const stray = await evenkeel(['migration', 'check', host, '--to', older, '--value', 'msr/0x1=0']);
    expect(stray.status).toBe(2);
    expect(stray.stderr).toContain('the contract carries no such register');
  });

  test('the host that a guest of a pool leaves is judged by what it adds to the state', async () => {
    const older = 'x86_64/max/debian-6.1';
    const pool = join(directory, 'members.json');
    expect((await evenkeel(['contract', 'pin', older, host, '-w', pool])).status).toBe(0);
    const unsaid = await verdict(pool, '--to', older);
    const said = await verdict(pool, '--from', host, '--to', older);
    expect(['same', 'selectable']).toContain(unsaid.json.there.level);
    expect(said.json.there.level).toBe('refused');
  });
});
