/** Snapshots from the command line, as far as files go; on a host with KVM the whole way there and back. */
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restoreSchema, snapshotSummarySchema, verdictSchema } from '../../src/format/index.ts';
import type { SavedUnit } from '../../src/model/index.ts';
import { openSnapshot, writeSnapshot } from '../../src/snapshot/file/index.ts';
import { decodeHeader, encodeHeader } from '../../src/snapshot/file/header.ts';
import { sample } from '../snapshot/sample.ts';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-snapshot-cli-'));
const path = join(directory, 'guest.snapshot');
afterAll(() => rmSync(directory, { recursive: true }));
beforeAll(async () => {
  const written = await writeSnapshot(path, await sample());
  if (!written.ok) throw new Error(written.error.message);
});

/** The kernel that the sample is of, and an older one. */
const SAME = 'x86_64/max/debian-6.12';
const OTHER = 'x86_64/epyc-milan/debian-6.12';

describe('snapshot show', () => {
  test('names what is in it, for people and as a document', async () => {
    const shown = await evenkeel(['snapshot', 'show', path, '--state']);
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    for (const text of [
      'evenkeel.snapshot/1',
      'sample, 1 vCPU, x86_64',
      'vcpu/0/msrs',
      'MSR_EFER',
      '0xd01',
      'LVT_LINT0',
    ])
      expect(shown.stdout).toContain(text);
    const { stdout } = await evenkeel(['snapshot', 'show', path, '-o', 'json']);
    const summary = snapshotSummarySchema.parse(JSON.parse(stdout));
    expect(summary.memory.map(({ base, used }) => [base, used])).toEqual([
      ['0x0', 0],
      ['0x100000', 3 * 4096],
      ['0x100000000', 4096],
    ]);
  });

  test('refuses a damaged one with the section, a newer one with its version', async () => {
    const bytes = readFileSync(path);
    const header = decodeHeader(bytes, [1]);
    if (!header.ok) throw new Error(header.error.message);
    const damaged = join(directory, 'damaged.snapshot');
    const state = header.value.sections.find(({ name }) => name === 'state')?.offset ?? 0;
    writeFileSync(damaged, Buffer.from(bytes).fill(0xff, state, state + 1));
    const ran = await evenkeel(['snapshot', 'show', damaged]);
    expect(ran).toMatchObject({ status: 4, stdout: '' });
    expect(ran.stderr).toContain('section state: its checksum is not that of its content');
    writeFileSync(damaged, Buffer.concat([encodeHeader({ ...header.value, version: 2 }), bytes.subarray(4096)]));
    const newer = await evenkeel(['snapshot', 'show', damaged]);
    expect(newer).toMatchObject({ status: 4, stdout: '' });
    expect(newer.stderr).toContain('evenkeel.snapshot/2 was written by a newer Evenkeel');
    expect(newer.stderr).not.toMatch(STACK_TRACE);
  });

  test('a file of something else', async () => {
    const ran = await evenkeel(['snapshot', 'show', join(import.meta.dirname, 'snapshot.test.ts')]);
    expect(ran).toMatchObject({ status: 4, stdout: '' });
    expect(ran.stderr).toContain('this is no snapshot');
  });
});

describe('snapshot restore --to', () => {
  test('says that nothing stands in the way, and restores nothing', async () => {
    const { stdout, status } = await evenkeel(['snapshot', 'restore', path, '--to', SAME, '-o', 'json']);
    const document = restoreSchema.parse(JSON.parse(stdout));
    expect(document).toMatchObject({ hindrances: [], accepted: [], restored: null });
    expect(status).toBe(document.verdict.level === 'unknown' ? 3 : 0);
  });

  test('names what stands in the way, takes it where it is accepted by name, and no other name', async () => {
    const words = ['snapshot', 'restore', path, '--to', OTHER];
    const refused = await evenkeel([...words, '-o', 'json']);
    expect(refused.status).toBe(1);
    const { hindrances } = restoreSchema.parse(JSON.parse(refused.stdout));
    expect(hindrances.length).toBeGreaterThan(0);
    const all = hindrances.flatMap((element) => ['--accept', element]);
    const accepted = await evenkeel([...words, ...all, '-o', 'json']);
    expect(restoreSchema.parse(JSON.parse(accepted.stdout))).toMatchObject({ hindrances: [], accepted: hindrances });
    const slip = await evenkeel([...words, '--accept', 'cpuid/0x7:0/ebx/avx99']);
    expect(slip).toMatchObject({ status: 2, stdout: '' });
    expect(slip.stderr).toContain('nothing that stands in the way has this name');
  });

  test('another architecture is no place to go', async () => {
    const ran = await evenkeel(['snapshot', 'restore', path, '--to', 'arm64/max/debian-6.12']);
    expect(ran).toMatchObject({ status: 4, stdout: '' });
    expect(ran.stderr).toContain('is of x86_64 and arm64/max/debian-6.12 of arm64');
  });
});

describe('migration check --snapshot', () => {
  test('uses what the guest carries, and the host that it leaves', async () => {
    const checked = await evenkeel(['migration', 'check', '--snapshot', path, '--to', SAME, '-o', 'json']);
    const document = verdictSchema.parse(JSON.parse(checked.stdout));
    expect(document.contract).toBe('sample');
    expect(document.there.reasons.filter(({ level }) => level !== 'unknown')).toEqual([]);
  });

  test('takes either a contract or a snapshot', async () => {
    for (const words of [[SAME, '--snapshot', path], []]) {
      const ran = await evenkeel(['migration', 'check', ...words, '--to', SAME]);
      expect(ran).toMatchObject({ status: 2, stdout: '' });
      expect(ran.stderr).toContain('either CONTRACT or --snapshot');
    }
  });
});

/** The counter runs in real mode, which every x86 host with KVM can do. */
const runnable = ((): boolean => {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return process.arch === 'x64';
  } catch {
    return false;
  }
})();

describe.skipIf(!runnable)('a guest on this host (needs /dev/kvm of an x86 host)', () => {
  test('is saved in mid-run, restored, goes on, is saved again and restored again', async () => {
    const [first, second] = [join(directory, 'first.snapshot'), join(directory, 'second.snapshot')];
    const saved = await evenkeel(['snapshot', 'save', '--guest', 'counter', '--rounds', '10', '--write', first]);
    expect(saved).toMatchObject({ status: 0, stdout: '' });
    for (const words of [[first, '--write', second], [second]]) {
      const restored = await evenkeel(['snapshot', 'restore', ...words, '--rounds', '10', '-o', 'json']);
      const document = restoreSchema.parse(JSON.parse(restored.stdout));
      expect(document.restored).toMatchObject({ failure: null, differences: [], guest: { runsOn: true, changes: [] } });
      expect(document.restored?.compared).toBeGreaterThan(500);
      expect(document.restored?.units.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
      expect([0, 3]).toContain(restored.status);
    }
    expect(rounds(await summaryOf(second))).toBeGreaterThan(rounds(await summaryOf(first)));
  }, 180_000);

  test('is not restored with a register that this host has not, and is without it where that is accepted', async () => {
    const [first, second] = [join(directory, 'plain.snapshot'), join(directory, 'bound.snapshot')];
    const saved = await evenkeel(['snapshot', 'save', '--guest', 'counter', '--rounds', '5', '--write', first]);
    expect(saved).toMatchObject({ status: 0 });
    // A register that no CPU has any more: MPX is gone.
    await withRegister(first, second, 'msr/MSR_IA32_BNDCFGS', '0xd90');
    const words = ['snapshot', 'restore', second, '--rounds', '5', '-o', 'json'];
    const refused = await evenkeel(words);
    expect(refused.status).toBe(1);
    expect(restoreSchema.parse(JSON.parse(refused.stdout))).toMatchObject({
      hindrances: ['msr/MSR_IA32_BNDCFGS'],
      restored: null,
    });
    const accepted = await evenkeel([...words, '--accept', 'msr/MSR_IA32_BNDCFGS']);
    expect([0, 3]).toContain(accepted.status);
    const { restored } = restoreSchema.parse(JSON.parse(accepted.stdout));
    expect(restored).toMatchObject({ failure: null, guest: { runsOn: true } });
    expect(restored?.differences.map(({ word, why }) => [word, why])).toEqual([['msr/MSR_IA32_BNDCFGS', 'accepted']]);
  }, 180_000);

  test('a place that cannot be written to is told before anything else is lost', async () => {
    const ran = await evenkeel([
      'snapshot',
      'save',
      '--guest',
      'counter',
      '--rounds',
      '5',
      '--write',
      join(directory, 'no/where'),
    ]);
    expect(ran).toMatchObject({ status: 4, stdout: '' });
    expect(ran.stderr).toContain('its directory does not exist');
  });
});

/** The same guest, that carries one MSR more and uses it, from a host of which nothing is known. */
async function withRegister(from: string, to: string, word: string, id: `0x${string}`): Promise<undefined> {
  const opened = await openSnapshot(from);
  if (!opened.ok) throw new Error(opened.error.message);
  await using file = opened.value;
  const { contract, state, ...others } = file.parts;
  const units = state.units.map((unit): SavedUnit => {
    const { name, data } = unit;
    if (name !== 'vcpu/0/msrs' || data.kind !== 'registers') return unit;
    return { ...unit, data: { ...data, registers: [...data.registers, { id, value: '0x1' }] } };
  });
  const written = await writeSnapshot(to, {
    ...others,
    surface: null,
    contract: { ...contract, carries: [...contract.carries, word] },
    state: { ...state, units },
    memory: file.extents(),
  });
  if (!written.ok) throw new Error(written.error.message);
}

async function summaryOf(file: string): Promise<unknown> {
  const { stdout } = await evenkeel(['snapshot', 'show', file, '-o', 'json']);
  return snapshotSummarySchema.parse(JSON.parse(stdout)).metadata.guest.report;
}

/** Of the first vCPU, since the guest was loaded. */
function rounds(report: unknown): number {
  const { vcpus } = report as { readonly vcpus: readonly { readonly rounds: number }[] };
  return vcpus[0]?.rounds ?? 0;
}
