/**
 * Surfaces that were read from a raw dump of a CPU (libvirt's cpudata): CPUID and a few MSRs as the host itself reads
 * them. They say what the CPU has. KVM leaves some of that out and adds things of its own, and which is not in the dump:
 * every area of a guest's machine is unknown.
 */
import { fromHex } from '../../../model/index.ts';
import type { Area, Hex, MeasuredSurface, MeasuredWord, Surface } from '../../../model/index.ts';
import { hostWord } from '../host-cpu.ts';
import { msrWord } from '../msr-names.ts';
import { CPUID_REGISTERS, cpuidWord } from '../paths.ts';
import type { CpuidRegister } from '../paths.ts';
import { hexOf, listOf, record } from '../shape.ts';
import type { Shape } from '../shape.ts';
import { readAs } from './reading.ts';

type Leaf = { readonly leaf: Hex; readonly subleaf: Hex } & Readonly<Record<CpuidRegister, Hex>>;
type Msr = { readonly index: Hex; readonly value: Hex };

const hex32 = hexOf(32);
const CPUID: Shape<{ readonly entries: readonly Leaf[] }> = record({
  entries: listOf(record<Leaf>({ leaf: hex32, subleaf: hex32, eax: hex32, ebx: hex32, ecx: hex32, edx: hex32 })),
});
const MSRS: Shape<{ readonly list: readonly Msr[] }> = record({
  list: listOf(record<Msr>({ index: hex32, value: hexOf(64) })),
});

const NOT_CAPTURED = 'a raw dump says what the CPU has, not what KVM gives a guest of it';

/** Null for a surface that is not one. */
export function measureHostCpu(surface: Surface, areas: readonly string[]): MeasuredSurface | null {
  const cpuid = readAs(surface, 'libvirt.cpuid', CPUID);
  const msrs = readAs(surface, 'libvirt.msrs', MSRS);
  if (cpuid.kind !== 'measured' || msrs.kind !== 'measured') return null;
  const words = [
    ...cpuid.data.entries.flatMap((row, at) =>
      CPUID_REGISTERS.map((register) =>
        fact(
          cpuidWord(Number(row.leaf), Number(row.subleaf), register),
          32,
          row[register],
          `${cpuid.pointer}/entries/${at}/${register}`,
        ),
      ),
    ),
    ...msrs.data.list.map(({ index, value }, at) =>
      fact(msrWord(Number(index)), 64, value, `${msrs.pointer}/list/${at}`),
    ),
  ];
  const unmeasured = areas.map((name): Area => ({ name, measured: false, evidence: NOT_CAPTURED }));
  const measured: readonly Area[] = [
    { name: 'host-cpuid', measured: true, evidence: cpuid.pointer },
    { name: 'host-msr', measured: true, evidence: msrs.pointer, partial: 'the dump holds a few MSRs, or none' },
  ];
  return {
    architecture: surface.architecture,
    fingerprint: surface.fingerprint,
    words: new Map(words.map((word) => [word.path, word])),
    areas: new Map([...measured, ...unmeasured].map((area) => [area.name, area])),
    caveats: [`${NOT_CAPTURED}: no verdict on it can be better than unknown`],
  };
}

function fact(word: string, width: number, value: Hex, evidence: string): MeasuredWord {
  return {
    path: hostWord(word),
    width,
    value: fromHex(value),
    latitude: { kind: 'fixed', otherwise: { how: 'unknown', why: 'it is a property of the CPU' } },
    mechanism: null,
    evidence,
  };
}
