/**
 * What varies from run to run on one and the same host, and why. It is left out of the fingerprint, and its value is
 * no promise.
 */
import type { Json, Section } from '../../model/index.ts';
import { hex } from '../../model/index.ts';
import { idOf } from './names.ts';

/** Word to reason. Each was seen to differ between two probes of one kernel, or counts by its nature. */
export const VOLATILE: Readonly<Record<string, string>> = {
  'reg/KVM_REG_ARM_TIMER_CNT': 'the virtual counter',
  'reg/CNTPCT_EL0': 'the physical counter',
  'reg/CNTV_TVAL_EL0': 'counts down to the compare value',
  'reg/CNTP_TVAL_EL0': 'counts down to the compare value',
  'reg/CNTHP_TVAL_EL2': 'counts down to the compare value',
  'reg/CNTHV_TVAL_EL2': 'counts down to the compare value',
  'reg/CNTVOFF_EL2': 'follows the counter of the host at the time',
  'reg/DBGCLAIMSET_EL1': 'differs between runs under some emulators',
};

/**
 * KVM fills registers without an architectural reset value with this (reset_unknown, arch/arm64/kvm/sys_regs.c): a
 * constant, but one that promises nothing.
 */
export const RESET_UNKNOWN = 0x1de7_ec7e_dbad_c0den;

/** Parts of sections that name things of the host and not of the machine that a guest sees. */
const HOST_OWN = {
  /** The types of event sources are given out in the order in which drivers load. */
  pmuSelection: 'KVM_ARM_VCPU_PMU_V3_SET_PMU',
} as const;

const VOLATILE_IDS: ReadonlySet<string> = new Set(
  Object.keys(VOLATILE).flatMap((word) => {
    const id = idOf(word);
    return id === null ? [] : [hex(id)];
  }),
);

export function isVolatile(id: string): boolean {
  return VOLATILE_IDS.has(id);
}

/** The sections without what varies; their shape stays, so that a canonical form is still a surface's. */
export function canonicalSections(sections: Readonly<Record<string, Section>>): Readonly<Record<string, Section>> {
  return Object.fromEntries(
    Object.entries(sections).map(([name, section]) => [
      name,
      section.outcome === 'measured' ? { ...section, data: strip(section.data) } : section,
    ]),
  );
}

/**
 * Rows that begin with the id of a volatile register keep the id alone: that the register is there is a fact. In a list
 * of changed registers even that varies, for two counts may be equal by chance.
 */
function strip(data: Json, key: string = ''): Json {
  if (Array.isArray(data)) {
    const rows: readonly Json[] = data;
    return rows.flatMap((row) => {
      const id = rowId(row);
      if (id !== null && isVolatile(id)) return key === 'changed' ? [] : [[id]];
      return [strip(row)];
    });
  }
  if (typeof data !== 'object' || data === null) return data;
  // Neither a list nor a scalar: JSON's one other kind.
  const object = data as { readonly [key: string]: Json };
  if (object['name'] === HOST_OWN.pmuSelection) {
    const { trials: _, ...rest } = object;
    return rest;
  }
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]) => (name === 'pmus' ? [] : [[name, strip(value, name)]])),
  );
}

function rowId(row: Json): string | null {
  if (!Array.isArray(row)) return null;
  // Array.isArray knows nothing of the elements' type.
  const [first] = row as readonly Json[];
  return typeof first === 'string' ? first : null;
}
