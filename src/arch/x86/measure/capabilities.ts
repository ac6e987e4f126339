/** KVM's capabilities: facts about the host that a mechanism may need. Written by the step of both architectures. */
import type { MeasuredWord, Surface } from '../../../model/index.ts';
import { count, listOf, nullable, optional, record, text } from '../shape.ts';
import type { Shape } from '../shape.ts';
import { areaFrom, readAs } from './reading.ts';
import type { Part } from './reading.ts';

type CapabilityRow = {
  readonly number: number;
  readonly name: string | null;
  readonly value?: number;
  readonly errno?: string;
};
type CapabilityData = { readonly system: readonly CapabilityRow[]; readonly vm: readonly CapabilityRow[] };

const ROWS: Shape<readonly CapabilityRow[]> = listOf(
  record<CapabilityRow>({ number: count, name: nullable(text), value: optional(count), errno: optional(text) }),
);
const CAPABILITIES: Shape<CapabilityData> = record<CapabilityData>({ system: ROWS, vm: ROWS });

/** On the VM fd. Null where it is absent or was not asked. */
export function capabilityValue(surface: Surface, name: string): number | null {
  const reading = readAs(surface, 'capabilities', CAPABILITIES);
  if (reading.kind !== 'measured') return null;
  return reading.data.vm.find((row) => row.name === name)?.value ?? null;
}

export function measureCapabilities(surface: Surface): Part {
  const reading = readAs(surface, 'capabilities', CAPABILITIES);
  if (reading.kind !== 'measured') return { area: areaFrom('capability', reading), words: [] };
  const words = reading.data.vm.flatMap((row, at): MeasuredWord[] => {
    if (row.value === undefined) return [];
    return [
      {
        path: `capability/${row.name ?? row.number}`,
        width: 64,
        value: BigInt.asUintN(64, BigInt(row.value)),
        latitude: { kind: 'fixed', otherwise: { how: 'unknown', why: 'a capability is not set' } },
        mechanism: null,
        evidence: `${reading.pointer}/vm/${at}/value`,
      },
    ];
  });
  return { area: areaFrom('capability', reading), words };
}
