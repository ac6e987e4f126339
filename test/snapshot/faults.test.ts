/**
 * A smaller number of the faults of docs/reliability.md: what a person is told where a call, a writer or a disk fails, and
 * that nothing is left behind.
 */
import { accessSync, constants, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { everyCallFails, oneOfEach, thoseThatAllocate } from '../../scripts/reliability/calls.ts';
import type { CallResult } from '../../scripts/reliability/calls.ts';
import { limitedFile, smallTmpfs } from '../../scripts/reliability/full-disk.ts';
import { SAVE, attempt, restoreOf } from '../../scripts/reliability/jobs.ts';
import { killWriters } from '../../scripts/reliability/killed.ts';
import { endWhileRunning } from '../../scripts/reliability/orphans.ts';
import { hostMachine, snapshotOf } from '../../scripts/reliability/measure.ts';
import { writeSnapshot } from '../../src/snapshot/file/index.ts';
import type { Plan } from '../../src/model/index.ts';
import { sample } from './sample.ts';

/** The guest that is saved runs in real mode, which every x86 host with KVM can do. */
const runnable = ((): boolean => {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return process.arch === 'x64';
  } catch {
    return false;
  }
})();

const EIO = 5;
const ENOMEM = 12;

let probed: Promise<Plan> | null = null;

/** Of the host's default contract; probed once. */
function hostPlan(): Promise<Plan> {
  probed ??= hostMachine().then(({ plan, why }) => {
    if (plan === null) throw new Error(why ?? 'no plan');
    return plan;
  });
  return probed;
}

/** Errors that name no call are told with what could not be done, and leaks as such. */
function complaints(results: readonly CallResult[]): string[] {
  return results.flatMap(({ call, at, telling, text, leaked }) => [
    ...(telling === 'silent' ? [`${call} (${at}) fails, and nobody is told`] : []),
    ...(telling === 'unit' && !/^[a-z][a-z0-9/-]+: KVM_\w+/.test(text) ? [`${call} (${at}): ${text}`] : []),
    ...(leaked.fds + leaked.mappings > 0 ? [`${call} (${at}) leaves ${JSON.stringify(leaked)}`] : []),
  ]);
}

describe.skipIf(!runnable)('a call that fails (needs /dev/kvm of an x86 host)', () => {
  test('while a guest is saved: told by its name, nothing left open', async () => {
    const results = everyCallFails(await hostPlan(), SAVE, EIO, oneOfEach);
    expect(results.length).toBeGreaterThan(25);
    expect(results.filter(({ telling }) => telling === 'call').length).toBeGreaterThan(20);
    expect(complaints(results)).toEqual([]);
  });

  test('while a guest is restored: told, or what could not be read back is listed', async () => {
    const plan = await hostPlan();
    const results = everyCallFails(plan, restoreOf(snapshotOf(plan)), EIO, oneOfEach);
    expect(results.length).toBeGreaterThan(35);
    expect(results.filter(({ telling }) => telling === 'call').length).toBeGreaterThan(20);
    expect(complaints(results)).toEqual([]);
  });

  test('because memory is short: told by its name', async () => {
    const plan = await hostPlan();
    for (const job of [SAVE, restoreOf(snapshotOf(plan))]) {
      const results = everyCallFails(plan, job, ENOMEM, thoseThatAllocate);
      expect(results.length).toBeGreaterThan(8);
      expect(results.filter(({ telling, text }) => telling !== 'call' || !text.includes('ENOMEM'))).toEqual([]);
      expect(complaints(results)).toEqual([]);
    }
  });

  test('the guest goes on where it was when nothing fails', async () => {
    const plan = await hostPlan();
    const saved = attempt(plan, SAVE, null).done;
    if (saved.snapshot === null) throw new Error(saved.failure ?? '');
    const { done, leaked } = attempt(plan, restoreOf(saved.snapshot), null);
    expect(leaked).toEqual({ fds: 0, mappings: 0 });
    expect(done).toMatchObject({ failure: null, guest: { runsOn: true }, report: { differences: [], unknown: [] } });
    const rounds = (of: typeof done): number[] => (of.witness?.vcpus ?? []).map((vcpu) => vcpu.rounds);
    expect(rounds(saved)).toHaveLength(SAVE.vcpus);
    for (const [vcpu, before] of rounds(saved).entries()) expect(rounds(done)[vcpu]).toBeGreaterThan(before);
  });
});

describe.skipIf(!runnable)('a program that is ended while its guest runs (needs /dev/kvm of an x86 host)', () => {
  test.each(['SIGKILL', 'SIGINT'] as const)(
    'by %s: no worker, no VM, and the previous snapshot',
    async (signal) => {
      const directory = mkdtempSync(join(tmpdir(), 'evenkeel-faults-'));
      const path = join(directory, 'guest.snapshot');
      const written = await writeSnapshot(path, await sample());
      if (!written.ok) throw new Error(written.error.message);
      expect(await endWhileRunning(signal, path, 1)).toEqual({ tried: 1, clean: 1, wrong: [] });
      rmSync(directory, { recursive: true });
    },
    120_000,
  );
});

describe('a writer that comes to no end', () => {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-faults-'));
  const path = join(directory, 'guest.snapshot');
  beforeAll(async () => {
    const written = await writeSnapshot(path, await sample());
    if (!written.ok) throw new Error(written.error.message);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('because it is killed: the snapshot in its place is a whole one', async () => {
    const { tried, whole } = await killWriters(path, join(directory, 'killed.snapshot'), 4, 7);
    expect(whole).toBe(tried);
  });

  test('because the disk is full: an error that says so, and the previous snapshot', (context) => {
    const disk = join(directory, 'disk');
    mkdirSync(disk);
    const found = smallTmpfs(path, disk, [64, 1024, 2000]);
    if (found === null) return context.skip('this system lets nobody make a mount namespace');
    expect(found).toEqual({ tried: 3, intact: 3, wrong: [] });
  });

  test('because files may not be so large: an error that says so, and the previous snapshot', () => {
    const limited = join(directory, 'limited');
    mkdirSync(limited);
    copyFileSync(path, join(limited, 'guest.snapshot'));
    const found = limitedFile(path, join(limited, 'guest.snapshot'), [64, 1500]);
    expect(found).toEqual({ tried: 2, intact: 2, wrong: [] });
  });
});
