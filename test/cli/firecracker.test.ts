/** Firecracker's files on the command line: templates and configurations in, templates and fingerprints out, compared. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportSchema, fingerprintComparisonSchema } from '../../src/format/index.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-firecracker-'));
afterAll(() => rmSync(directory, { recursive: true }));

const at = (name: string): string => join(directory, name);

function file(name: string, content: unknown): string {
  writeFileSync(at(name), JSON.stringify(content));
  return at(name);
}

const TEMPLATE = {
  cpuid_modifiers: [
    {
      leaf: '0x7',
      subleaf: '0x0',
      flags: 1,
      modifiers: [{ register: 'ebx', bitmap: '0bxxxxxxxxxxxxxxxxxxxxxxxxxx0xxxxx' }],
    },
  ],
};

/** A recorded surface, so that nothing beside the repository is needed. */
const SURFACE = 'x86_64/max/debian-6.12';
const AVX2 = 1n << 5n;

beforeAll(async () => {
  const dumped = await evenkeel(['fingerprint', 'dump', SURFACE, '--write', at('base.json')]);
  if (dumped.status !== 0) throw new Error(dumped.stderr);
  file('template.json', TEMPLATE);
}, 60_000);

const ebxOf7 = (path: string): bigint => {
  interface Leaf {
    readonly leaf: string;
    readonly modifiers: readonly { readonly register: string; readonly bitmap: string }[];
  }
  const { guest_cpu_config: config } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly guest_cpu_config: { readonly cpuid_modifiers: readonly Leaf[] };
  };
  const found = config.cpuid_modifiers.find(({ leaf }) => leaf === '0x7');
  return BigInt(found?.modifiers.find(({ register }) => register === 'ebx')?.bitmap ?? '0b0');
};

describe('templates', () => {
  test('pinned with one, a contract promises what it leaves of the base', async () => {
    expect(ebxOf7(at('base.json')) & AVX2).toBe(AVX2);
    const words = ['contract', 'pin', at('base.json'), '--template', at('template.json'), '--write', at('with.json')];
    expect((await evenkeel(words)).status).toBe(0);
    const shown = JSON.parse(readFileSync(at('with.json'), 'utf8')) as {
      readonly promises: readonly { readonly word: string; readonly value: string }[];
    };
    const promised = shown.promises.find(({ word }) => word === 'cpuid/0x7:0/ebx');
    expect(BigInt(promised?.value ?? '0x0') & AVX2).toBe(0n);
  });

  test('exported for the base, that contract is the template again', async () => {
    const words = ['contract', 'export', at('with.json'), '--firecracker', '--from', at('base.json')];
    const { stdout, stderr, status } = await evenkeel(words);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ...TEMPLATE, msr_modifiers: [] });
    expect(stderr).toContain('1 elements set');
    const json = await evenkeel([...words, '-o', 'json']);
    expect(exportSchema.safeParse(JSON.parse(json.stdout)).error).toBeUndefined();
  });

  test.each([
    ['alone', ['contract', 'pin', 'template.json'], 4, '--template'],
    [
      'over what Firecracker did not dump',
      ['contract', 'pin', SURFACE, '--template', 'template.json'],
      4,
      'fingerprint',
    ],
    ['that is none', ['contract', 'pin', 'base.json', '--template', 'base.json'], 4, 'no CPU template'],
    ['that is not there', ['contract', 'pin', 'base.json', '--template', 'nowhere.json'], 4, 'no such file'],
    ['exported over nothing', ['contract', 'export', 'base.json', '--firecracker'], 2, '--from'],
    [
      'exported over another architecture',
      ['contract', 'export', 'base.json', '--firecracker', '--from', 'arm64/max/debian-6.12'],
      4,
      'arm64',
    ],
  ])('%s: a sentence and no stack trace', async (_, words, code, text) => {
    const { status, stderr, stdout } = await evenkeel(words.map((word) => (word.endsWith('.json') ? at(word) : word)));
    expect([status, stdout]).toEqual([code, '']);
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  test('a fault in one is placed', async () => {
    const broken = file('broken.json', { cpuid_modifiers: [{ leaf: '0x7', subleaf: '0x0', flags: 1 }] });
    const { status, stderr } = await evenkeel(['contract', 'pin', at('base.json'), '--template', broken]);
    expect(status).toBe(4);
    expect(stderr).toContain('/cpuid_modifiers/0/modifiers: is missing');
  });
});

describe('fingerprint compare', () => {
  beforeAll(() => {
    const text = readFileSync(at('base.json'), 'utf8');
    writeFileSync(at('kernel.json'), text.replace(/"kernel_version": "[^"]+"/, '"kernel_version": "6.1.0"'));
    const hidden = text.replace(
      /("leaf": "0x7",[^]*?"ebx", "bitmap": "0b)([01]{32})/,
      (_, before: string, bits: string) => `${before}${(BigInt(`0b${bits}`) & ~AVX2).toString(2).padStart(32, '0')}`,
    );
    writeFileSync(at('hidden.json'), hidden);
  });

  test.each([
    ['equal', ['base.json', 'base.json'], 0],
    ['another kernel', ['base.json', 'kernel.json'], 1],
    ['another kernel, and only the CPU asked for', ['base.json', 'kernel.json', '--filters', 'guest_cpu_config'], 0],
    ['another kernel, by the verdict', ['base.json', 'kernel.json', '--by-verdict'], 0],
    ['a feature that is gone', ['base.json', 'hidden.json'], 1],
    ['a feature that is gone, by the verdict', ['base.json', 'hidden.json', '--by-verdict'], 3],
    [
      'as theirs is called',
      ['--prev', 'base.json', '--curr', 'kernel.json', '--filters', 'bios_version', 'kernel_version'],
      1,
    ],
    [
      'as theirs is called, without the kernel',
      ['--prev', 'base.json', '--curr', 'kernel.json', '--filters', 'bios_version', 'guest_cpu_config'],
      0,
    ],
    ['one file', ['base.json'], 2],
    ['three files', ['base.json', 'base.json', 'base.json'], 2],
    ['half of each way', ['--prev', 'base.json', 'base.json'], 2],
    ['a field that is none', ['base.json', 'base.json', '--filters', 'kernel'], 2],
    ['what is no fingerprint', ['base.json', SURFACE], 4],
  ])('%s ends with its code', async (_, words, code) => {
    const named = words.map((word) => (word.endsWith('.json') ? at(word) : word));
    const { status, stderr } = await evenkeel(['fingerprint', 'compare', ...named]);
    expect([status, stderr.match(STACK_TRACE)]).toEqual([code, null]);
  });

  test('as JSON it is as published', async () => {
    expect(ebxOf7(at('hidden.json')) & AVX2).toBe(0n);
    const { stdout } = await evenkeel(['fingerprint', 'compare', at('base.json'), at('hidden.json'), '-o', 'json']);
    const read = fingerprintComparisonSchema.safeParse(JSON.parse(stdout));
    expect(read.error).toBeUndefined();
    expect(read.data?.elements.map(({ element }) => element)).toEqual(['cpuid/0x7:0/ebx/avx2']);
  });
});
