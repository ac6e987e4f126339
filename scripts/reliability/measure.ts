/** All faults of docs/reliability.md, and what came of each. Nothing is left behind but what it gives. */
import { mkdirSync, mkdtempSync, rmSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure, registryFor } from '../../src/arch/index.ts';
import { pinSurfaces } from '../../src/cli/pin.ts';
import { plan } from '../../src/engine/index.ts';
import type { Plan, Surface } from '../../src/model/index.ts';
import { writeSnapshot } from '../../src/snapshot/file/index.ts';
import type { Snapshot } from '../../src/snapshot/file/index.ts';
import { savedExtents } from '../../src/snapshot/memory.ts';
import type { MachineState } from '../../src/worker/index.ts';
import { probeHost } from '../../src/worker/index.ts';
import { everyCallFails, thoseThatAllocate } from './calls.ts';
import type { CallResult } from './calls.ts';
import { cutAnywhere, cutAtBoundaries, flip } from './damage.ts';
import type { Damage } from './damage.ts';
import { limitedFile, smallTmpfs } from './full-disk.ts';
import type { FullDisk } from './full-disk.ts';
import { SAVE, attempt, restoreOf } from './jobs.ts';
import { killWriters } from './killed.ts';
import type { Killed } from './killed.ts';
import { endWhileRunning } from './orphans.ts';
import type { Orphans } from './orphans.ts';
import { sample } from '../../test/snapshot/sample.ts';

/** How often each is tried. */
export interface Counts {
  readonly flips: number;
  readonly cuts: number;
  readonly kills: number;
  /** Sizes of the full disk. */
  readonly disks: number;
  /** Programs ended while their guest runs, with each signal. */
  readonly ends: number;
}

export interface Calls {
  readonly job: 'save' | 'restore';
  readonly errno: 'EIO' | 'ENOMEM';
  readonly results: readonly CallResult[];
}

export interface Reliability {
  /** Of the KVM that the calls were made to; null where there is none that can be used, with why. */
  readonly host: Surface | null;
  readonly why: string | null;
  readonly calls: readonly Calls[];
  readonly boundaries: Damage;
  readonly cuts: Damage;
  readonly flips: Damage;
  readonly killed: Killed;
  /** Null where no guest runs. */
  readonly ended: { readonly killed: Orphans; readonly interrupted: Orphans } | null;
  /** Null where this system lets nobody make a mount namespace. */
  readonly tmpfs: FullDisk | null;
  readonly limited: FullDisk;
}

const EIO = 5;
const ENOMEM = 12;
/** Bytes of the large snapshot that does not fit: two extents of noise, KiB. */
const LARGE = 2040;
const SEED = { cuts: 1, flips: 2, kills: 3 };

export async function measureReliability(
  { flips, cuts, kills, disks, ends }: Counts,
  note: (what: string) => void,
): Promise<Reliability> {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-reliability-'));
  try {
    note('the host');
    const host = await hostMachine();
    note('calls that fail');
    const snapshot = host.plan === null ? null : snapshotOf(host.plan);
    const calls = host.plan === null || snapshot === null ? [] : callsOf(host.plan, snapshot, note);
    const path = join(directory, 'guest.snapshot');
    const written = await writeSnapshot(path, await fileOf(host.surface, host.plan, snapshot));
    if (!written.ok) throw new Error(written.error.message);
    const scratch = join(directory, 'damaged.snapshot');
    note('cuts and flips');
    const damage = {
      boundaries: await cutAtBoundaries(path, scratch),
      cuts: await cutAnywhere(path, scratch, cuts, SEED.cuts),
      flips: await flip(path, scratch, flips, SEED.flips),
    };
    note('killed writers');
    const killed = await killWriters(path, join(directory, 'killed.snapshot'), kills, SEED.kills);
    note('programs that are ended');
    const ended =
      snapshot === null
        ? null
        : {
            killed: await endWhileRunning('SIGKILL', path, ends),
            interrupted: await endWhileRunning('SIGINT', path, ends),
          };
    note('full disks');
    const disk = join(directory, 'disk');
    mkdirSync(disk);
    const sizes = Array.from({ length: disks }, (_, index) => Math.round(64 + ((LARGE - 64) * index) / disks));
    const tmpfs = smallTmpfs(path, disk, sizes);
    copyFileSync(path, join(disk, 'limited.snapshot'));
    const limited = limitedFile(path, join(disk, 'limited.snapshot'), sizes);
    return { host: host.surface, why: host.why, calls, ...damage, killed, ended, tmpfs, limited };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface HostMachine {
  readonly surface: Surface | null;
  /** Of the default contract of the host. */
  readonly plan: Plan | null;
  readonly why: string | null;
}

export async function hostMachine(): Promise<HostMachine> {
  const probed = await probeHost();
  if (!probed.ok) return { surface: null, plan: null, why: probed.error.message };
  const surface = probed.value;
  if (surface.architecture !== 'x86_64') {
    return { surface, plan: null, why: 'the guest that is saved is of x86_64 and runs in real mode' };
  }
  const contract = pinSurfaces([{ kind: 'surface', name: 'host', surface }]);
  if (!contract.ok) throw new Error(contract.error.message);
  return { surface, plan: plan(registryFor('x86_64'), contract.value, measure(surface)), why: null };
}

export function snapshotOf(made: Plan): MachineState {
  const { snapshot, failure } = attempt(made, SAVE, null).done;
  if (snapshot === null) throw new Error(`nothing was saved: ${failure ?? ''}`);
  return snapshot;
}

function callsOf(made: Plan, snapshot: MachineState, note: (what: string) => void): Calls[] {
  const restore = restoreOf(snapshot);
  note('calls that fail: save');
  const saves = everyCallFails(made, SAVE, EIO);
  note('calls that fail: restore');
  const restores = everyCallFails(made, restore, EIO);
  return [
    { job: 'save', errno: 'EIO', results: saves },
    { job: 'restore', errno: 'EIO', results: restores },
    { job: 'save', errno: 'ENOMEM', results: everyCallFails(made, SAVE, ENOMEM, thoseThatAllocate) },
    { job: 'restore', errno: 'ENOMEM', results: everyCallFails(made, restore, ENOMEM, thoseThatAllocate) },
  ];
}

/** Of the guest that was saved here, or where that could not be, of a real contract and made-up state. */
async function fileOf(surface: Surface | null, made: Plan | null, snapshot: MachineState | null): Promise<Snapshot> {
  const stand = await sample();
  if (surface === null || snapshot === null) return stand;
  const contract = pinSurfaces([{ kind: 'surface', name: 'host', surface }]);
  if (!contract.ok) throw new Error(contract.error.message);
  const { architecture, fingerprint, host } = surface;
  return {
    metadata: {
      ...stand.metadata,
      guest: { name: 'counter', vcpus: SAVE.vcpus, report: null },
      memory: snapshot.memory.regions,
    },
    source: { architecture, fingerprint, host },
    contract: contract.value,
    surface,
    plan: made,
    state: snapshot.state,
    memory: savedExtents(snapshot.memory),
  };
}
