/**
 * Which guests QEMU saves and where they are restored. A place is a kernel with a QEMU on it; a guest departs from one, with
 * the arguments of its mode, and is sent to others with the arguments that the same person would give there. Pure.
 */
import { createHash } from 'node:crypto';
import { contractUnder } from '../../engine/index.ts';
import { ok } from '../../model/index.ts';
import type { Architecture, Contract, Result } from '../../model/index.ts';
import type { QemuJob, QemuRequest } from '../../worker/qemu-job.ts';
import { QEMU_VERSIONS } from '../qemu-version.ts';
import type { QemuVersionName } from '../qemu-version.ts';
import { pinned } from '../roundtrip/contracts.ts';
import type { RoundTripGroup, RoundTripHost } from '../roundtrip/host.ts';
import { contractGiven, exportedArguments } from './exported.ts';
import { MACHINE } from './guest.ts';
import type { PackedGuest } from './guest.ts';
import { profileOf } from './versions.ts';

/**
 * `host`: `-cpu host`, and nobody says more. `named`: a CPU model by name. `exported`: the arguments that `contract export
 * --qemu` gives for a contract pinned for both kernels.
 */
export const QEMU_MODES = ['host', 'named', 'exported'] as const;
export type QemuMode = (typeof QEMU_MODES)[number];

export interface QemuPlace {
  readonly host: RoundTripHost;
  readonly version: QemuVersionName;
}

export interface QemuDeparture {
  readonly name: string;
  /** Its save job: guests of the same arguments are one guest, whatever each was promised. */
  readonly saved: string;
  readonly mode: QemuMode;
  readonly from: QemuPlace;
  /** What the guest is promised; null where nobody knows before it runs: a model is what QEMU makes of it. */
  readonly contract: Contract | null;
}

export interface QemuMove {
  readonly name: string;
  readonly departure: QemuDeparture;
  readonly to: QemuPlace;
}

/** A guest that cannot be asked for at all, with why. */
export interface NoDeparture {
  readonly name: string;
  readonly mode: QemuMode;
  readonly from: QemuPlace;
  readonly why: string;
}

export interface QemuItinerary {
  readonly group: RoundTripGroup;
  readonly moves: readonly QemuMove[];
  readonly impossible: readonly NoDeparture[];
}

export interface QemuSelection {
  readonly modes: readonly QemuMode[];
  readonly versions: readonly QemuVersionName[];
  /** Of the destination, where that is not the one that saved; all of `versions` where left out. */
  readonly toVersions?: readonly QemuVersionName[];
  /** Kernels; all of the group where left out. */
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  /** What a move may change: the kernel alone; the kernel or the QEMU; both. */
  readonly changes: 'kernel' | 'one' | 'both';
}

/** What every version has, and whose features an emulated host has for the greater part; QEMU leaves out the others. */
export const MODEL: Readonly<Record<Architecture, string>> = { x86_64: 'EPYC', arm64: 'neoverse-n1' };

/** Measured anew in every boot of an emulated machine: no promise that could be kept. */
const VARYING: Readonly<Record<Architecture, readonly string[]>> = { x86_64: ['tsc/khz'], arm64: [] };

const MAY: Readonly<Record<QemuSelection['changes'], (kernel: boolean, version: boolean) => boolean>> = {
  kernel: (_, version) => !version,
  one: (kernel, version) => !(kernel && version),
  both: () => true,
};

export function qemuItinerary(group: RoundTripGroup, selection: QemuSelection): QemuItinerary {
  const { modes, versions, toVersions = versions, from, to, changes } = selection;
  const moves: QemuMove[] = [];
  const impossible: NoDeparture[] = [];
  const departures = new Map<string, QemuDeparture | NoDeparture>();
  const chosen = (kernels: readonly string[] | undefined): readonly RoundTripHost[] =>
    group.hosts.filter(({ kernel }) => kernels?.includes(kernel) ?? true);
  for (const mode of modes) {
    for (const source of chosen(from).flatMap((host) => versions.map((version) => ({ host, version })))) {
      for (const place of chosen(to).flatMap((host) => toVersions.map((version) => ({ host, version })))) {
        if (!MAY[changes](source.host !== place.host, source.version !== place.version)) continue;
        const name = departureName(mode, source, place);
        const departure = departures.get(name) ?? depart(group, mode, source, place);
        if (!departures.has(name) && 'why' in departure) impossible.push(departure);
        departures.set(name, departure);
        if (!('why' in departure)) moves.push({ name: `${name} to ${placeName(place)}`, departure, to: place });
      }
    }
  }
  return { group, moves, impossible };
}

export function placeName({ host, version }: QemuPlace): string {
  return `${host.kernel} ${version}`;
}

/** Guests of equal arguments are saved once: only exported ones depend on where they are to go. */
function departureName(mode: QemuMode, from: QemuPlace, to: QemuPlace): string {
  const own = `${mode} ${placeName(from)}`;
  return mode === 'exported' ? `${own} for ${placeName(to)}` : own;
}

function depart(group: RoundTripGroup, mode: QemuMode, from: QemuPlace, to: QemuPlace): QemuDeparture | NoDeparture {
  const name = departureName(mode, from, to);
  switch (mode) {
    case 'named':
      return { name, saved: name, mode, from, contract: null };
    case 'host': {
      const own = pinned(group, [from.host], {}, VARYING[group.architecture]);
      if (!own.ok) return { name, mode, from, why: own.error.message };
      return {
        name,
        saved: name,
        mode,
        from,
        contract: contractUnder(group.registry, profileOf(from.version), own.value),
      };
    }
    case 'exported': {
      const both = pinned(group, [...new Set([from.host, to.host])], {}, VARYING[group.architecture]);
      if (!both.ok) return { name, mode, from, why: both.error.message };
      const { registry, architecture } = group;
      const versions = QEMU_VERSIONS.filter((version) => version === from.version || version === to.version);
      const under = versions.reduce(
        (contract, version) => contractUnder(registry, profileOf(version), contract),
        both.value,
      );
      const made = contractGiven(registry, under, versions, MACHINE[architecture].type);
      const [here, there] = [from.version, to.version].map((version) =>
        argumentsOf(group, { mode, contract: made }, version),
      );
      if (here === undefined || !here.ok) return { name, mode, from, why: here?.error ?? '' };
      if (there === undefined || !there.ok) return { name, mode, from, why: there?.error ?? '' };
      const digest = createHash('sha256').update(JSON.stringify(here.value)).digest('hex').slice(0, 12);
      return { name, saved: `${mode} ${placeName(from)} ${digest}`, mode, from, contract: made };
    }
  }
}

/** What a person writes for this guest with this version; the error says why there is nothing to write. */
export function argumentsOf(
  { architecture }: RoundTripGroup,
  { mode, contract }: Pick<QemuDeparture, 'mode' | 'contract'>,
  version: QemuVersionName,
): Result<readonly string[], string> {
  const machine = MACHINE[architecture];
  if (mode === 'exported' && contract !== null) return exportedArguments(contract, version, machine);
  const text = [machine.type, ...machine.properties].join(',');
  return ok(['-machine', text, '-accel', 'kvm', '-cpu', mode === 'named' ? MODEL[architecture] : 'host']);
}

/** Rounds that a guest does on each host: enough for its timer to have ticked. */
const ROUNDS = 5;

export function saveRequest({ group, moves }: QemuItinerary, host: RoundTripHost, packed: PackedGuest): QemuRequest {
  const departing = moves.map(({ departure }) => departure).filter(({ from }) => from.host === host);
  const guests = new Map(departing.map((departure) => [departure.saved, departure]));
  const jobs = Array.from(guests, ([name, departure]): QemuJob => ({
    ...jobOf(group, packed, departure, departure.from.version),
    name,
    save: true,
  }));
  return { kind: 'qemu', architecture: group.architecture, blobs: packed.files, jobs };
}

/** `streams`: by the save job's name; a guest that was not saved goes nowhere. */
export function restoreRequest(
  { group, moves }: QemuItinerary,
  host: RoundTripHost,
  packed: PackedGuest,
  streams: ReadonlyMap<string, string>,
): QemuRequest {
  const arriving = moves.filter(({ to, departure }) => to.host === host && streams.has(departure.saved));
  const jobs = arriving.map(({ name, departure, to }): QemuJob => ({
    ...jobOf(group, packed, departure, to.version),
    name,
    stream: departure.saved,
  }));
  const wanted = new Set(arriving.map(({ departure }) => departure.saved));
  const blobs = { ...packed.files, ...Object.fromEntries([...streams].filter(([name]) => wanted.has(name))) };
  return { kind: 'qemu', architecture: group.architecture, blobs, jobs };
}

function jobOf(
  group: RoundTripGroup,
  packed: PackedGuest,
  departure: QemuDeparture,
  version: QemuVersionName,
): QemuJob {
  const parameters = argumentsOf(group, departure, version);
  if (!parameters.ok) throw new Error(`${departure.name} has no arguments: ${parameters.error}`);
  return {
    name: '',
    version,
    arguments: [...parameters.value, ...packed.arguments],
    files: Object.fromEntries(Object.keys(packed.files).map((name) => [name, name])),
    guest: packed.guest,
    stream: null,
    rounds: ROUNDS,
    ask: [],
    save: false,
  };
}
