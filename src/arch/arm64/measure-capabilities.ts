/** The words `capability/KVM_CAP_…`: what the kernel announces of a VM. Facts that other words follow from. */
import type { MeasuredWord, Surface } from '../../model/index.ts';
import { PROMISES } from './promises.ts';
import { dataOf } from './read-sections.ts';

type Row = { readonly number: number; readonly name: string | null; readonly value?: number };
type CapabilitiesSection = { readonly vm: readonly Row[] };

/** Those that a VMM enables and a guest sees are words with latitude, made where the enabling was tried. */
const SELECTED: ReadonlySet<string> = new Set(PROMISES.map(({ word }) => word));

export function capabilityWords(surface: Surface): MeasuredWord[] {
  const rows = dataOf<CapabilitiesSection>(surface, 'capabilities')?.vm ?? [];
  return rows.flatMap(({ number, name, value }, at): MeasuredWord[] => {
    const path = `capability/${name ?? number}`;
    if (value === undefined || SELECTED.has(path)) return [];
    return [
      {
        path,
        width: 64,
        value: BigInt.asUintN(64, BigInt(value)),
        latitude: { kind: 'fixed', otherwise: { how: 'unknown', why: 'what a kernel announces is not set' } },
        mechanism: null,
        evidence: `/sections/capabilities/data/vm/${at}/value`,
      },
    ];
  });
}
