/** Surfaces that were read from a Firecracker fingerprint: values of a guest's CPUID and MSRs on a real host. */
import type { Area, MeasuredSurface, MeasuredWord, Surface, WordLatitude } from '../../../model/index.ts';
import { fromHex } from '../../../model/index.ts';
import { cpuidElements } from '../cpuid-elements.ts';
import { areaOf } from '../elements.ts';
import { msrWord } from '../msr-names.ts';
import { mechanism } from '../operations.ts';
import { CPUID_REGISTERS, cpuidWord } from '../paths.ts';
import { FIRECRACKER_CPUID, FIRECRACKER_MSRS } from '../sections.ts';
import { FEATURE_MSRS } from '../tables/msr-fields.ts';
import { VOLATILE_MSRS } from '../volatile.ts';
import { latitudeOf } from './cpuid-latitude.ts';
import { readAs } from './reading.ts';

const NOT_CAPTURED = 'a Firecracker fingerprint does not capture it';
const SOME_MSRS = 'a Firecracker fingerprint leaves out MSRs that its snapshots do not carry';
const UNCAPTURED = 'a Firecracker fingerprint does not say what else the host can show';
/** Of a feature none of them can be set all the same: `latitudeOf` is given none that this host could give besides. */
const ALL = 0xffff_ffffn;
const LATITUDE: WordLatitude = { kind: 'unknown', why: UNCAPTURED };

/**
 * Bits of CPUID can be hidden: KVM_SET_CPUID2 takes what the VMM gives it, and Firecracker's own CPU templates do
 * nothing else (api.rst, KVM_SET_CPUID2; Firecracker's docs/cpu_templates). Known, not tried on that host. Whether a
 * bit that it does not show could be had, the capture does not say. A feature is hidden that way; a bit that says that
 * something is missing, and what describes the CPU's own doing (where XSAVE puts a component), stay true. Data, behind
 * which nothing in the host stands (how far leaves go), a guest reads as the VMM writes it.
 */
function maskable(path: string, value: bigint): WordLatitude {
  const hidden = { clearable: value, settable: ALL, otherwise: { how: 'unknown', why: UNCAPTURED } } as const;
  return latitudeOf(cpuidElements(path), value, hidden, 0n, []);
}

/** Null for a surface that is not one. */
export function measureImported(surface: Surface, areas: readonly string[]): MeasuredSurface | null {
  const cpuid = readAs(surface, 'firecracker.cpuid', FIRECRACKER_CPUID);
  const msrs = readAs(surface, 'firecracker.msrs', FIRECRACKER_MSRS);
  if (cpuid.kind !== 'measured' || msrs.kind !== 'measured') return null;
  const words = [
    ...cpuid.data.entries.flatMap((row, at) =>
      CPUID_REGISTERS.map((register): MeasuredWord => {
        const path = cpuidWord(Number(row.leaf), Number(row.subleaf), register);
        return {
          path,
          width: 32,
          value: fromHex(row[register]),
          latitude: maskable(path, fromHex(row[register])),
          mechanism: mechanism(path, 'before-first-run'),
          evidence: `${cpuid.pointer}/entries/${at}/${register}`,
        };
      }),
    ),
    ...uncaptured(new Set(msrs.data.list.map(({ index }) => Number(index))), msrs.pointer),
    ...msrs.data.list.map(({ index, value }, at): MeasuredWord => ({
      path: msrWord(Number(index)),
      width: 64,
      value: VOLATILE_MSRS.has(Number(index)) ? null : fromHex(value),
      latitude: LATITUDE,
      mechanism: { operation: { call: 'KVM_SET_MSRS', index: Number(index) }, until: 'before-first-run' },
      evidence: `${msrs.pointer}/list/${at}`,
    })),
  ];
  const captured = new Set(words.map(({ path }) => areaOf(path)));
  return {
    architecture: surface.architecture,
    fingerprint: surface.fingerprint,
    words: new Map(words.map((word) => [word.path, word])),
    areas: new Map(areas.map((name): [string, Area] => [name, area(name, captured, cpuid.pointer, msrs.pointer)])),
    caveats: ['values of one guest that Firecracker configured: what the host could show besides was not captured'],
  };
}

/** Feature MSRs that the capture has no value of: a host may well have them. */
function uncaptured(captured: ReadonlySet<number>, pointer: string): MeasuredWord[] {
  return FEATURE_MSRS.filter(({ index }) => !captured.has(index)).map(({ index }) => ({
    path: msrWord(index),
    width: 64,
    value: null,
    latitude: LATITUDE,
    mechanism: null,
    evidence: pointer,
  }));
}

function area(name: string, captured: ReadonlySet<string>, cpuid: string, msrs: string): Area {
  if (!captured.has(name)) return { name, measured: false, evidence: NOT_CAPTURED };
  // A leaf that the guest did not have: whether one could be given it, nobody tried either.
  if (name === 'cpuid') return { name, measured: true, evidence: cpuid, partial: UNCAPTURED };
  return { name, measured: true, evidence: msrs, partial: SOME_MSRS };
}
