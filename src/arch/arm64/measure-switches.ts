/** The words `switch/NAME`: behaviour that a VMM turns on and KVM does not tell afterwards. */
import type { MeasuredWord, Surface, WordLatitude } from '../../model/index.ts';
import { refusedBy, wasAccepted } from './latitude.ts';
import { mechanism } from './operations.ts';
import { dataOf } from './read-sections.ts';
import type { VcpuAttributesSection, VmSection } from './sections.ts';
import { SWITCHES } from './tables/switches.ts';
import type { SwitchRow } from './tables/switches.ts';

/** What came of the calls that ask for something else than the default, and where that is recorded. */
interface Tried {
  readonly outcomes: readonly string[];
  readonly evidence: string;
}

export function switchWords(surface: Surface): MeasuredWord[] {
  return SWITCHES.flatMap((row): MeasuredWord[] => {
    const tried = row.section === 'vm' ? capability(surface, row) : attribute(surface, row);
    if (tried === null) return [];
    return [
      {
        path: `switch/${row.name}`,
        width: row.width,
        value: 0n,
        latitude: latitudeOf(row, tried),
        mechanism: mechanism(`switch/${row.name}`, row.until),
        // Only what one of the two announces was tried.
        declared: {
          mask: (1n << BigInt(row.width)) - 1n,
          by: row.section === 'vm' ? 'KVM_CHECK_EXTENSION' : 'KVM_HAS_DEVICE_ATTR',
        },
        evidence: tried.evidence,
      },
    ];
  });
}

/** Only capabilities that the host has were tried, so one that is not there is absent. */
function capability(surface: Surface, { tried }: SwitchRow): Tried | null {
  const at = dataOf<VmSection>(surface, 'vm')?.enable.findIndex(([name]) => name === tried) ?? -1;
  const outcome = dataOf<VmSection>(surface, 'vm')?.enable[at]?.[1];
  return outcome === undefined ? null : { outcomes: [outcome], evidence: `/sections/vm/data/enable/${at}` };
}

function attribute(surface: Surface, { tried }: SwitchRow): Tried | null {
  const rows = dataOf<VcpuAttributesSection>(surface, 'vcpu-attributes')?.attributes ?? [];
  const at = rows.findIndex(({ name }) => name === tried);
  const row = rows[at];
  if (row?.has !== true) return null;
  const others = row.trials.filter(({ wrote }) => wrote !== '0x0');
  const evidence = `/sections/vcpu-attributes/data/attributes/${at}`;
  return { outcomes: others.map(({ outcome }) => outcome), evidence };
}

/** Of several arguments some are wrong on purpose: one that was taken shows that it can be turned on. */
function latitudeOf({ call, width }: SwitchRow, { outcomes }: Tried): WordLatitude {
  if (outcomes.length === 0) return { kind: 'unknown', why: 'no other value was tried' };
  if (!outcomes.some(wasAccepted)) return { kind: 'fixed', otherwise: refusedBy(call, outcomes[0] ?? '') };
  if (width > 1) return { kind: 'free' };
  return { kind: 'values', values: [0n, 1n], otherwise: { how: 'unknown', why: 'no other value was tried' } };
}
