/**
 * Filters whose contents no word holds: the contract says that there is one (`switch/PMU_EVENT_FILTER`), and its choices
 * say what is in it, as `deny:0x3c,0xc0` or `allow:…`. Without contents there is nothing to call.
 */
import { hex, isHex } from '../../model/index.ts';
import type { Contract, Hex } from '../../model/index.ts';
import type { Draft } from './draft.ts';
import type { Wanted } from './wanted.ts';

export const PMU_FILTER_CHOICE = 'pmu-event-filter';
const PMU_FILTER_WORD = 'switch/PMU_EVENT_FILTER';
const SMCCC_FILTER_WORD = 'switch/SMCCC_FILTER';
export const SMCCC_FILTER_CHOICE = 'smccc-filter';
/** KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER; struct kvm_smccc_filter: base, count, action. */
const SMCCC = { group: 0, attribute: 0n } as const;
const SMCCC_DENY = 1n;

export interface Filters {
  readonly drafts: readonly Draft[];
  readonly notes: readonly string[];
}

export function filterDrafts({ architecture, choices }: Contract, all: readonly Wanted[]): Filters {
  const asked = (word: string): Wanted | undefined => all.find(({ path, whole }) => path === word && whole !== 0n);
  const [word, choice] =
    architecture === 'x86_64' ? [PMU_FILTER_WORD, PMU_FILTER_CHOICE] : [SMCCC_FILTER_WORD, SMCCC_FILTER_CHOICE];
  const wanted = asked(word);
  if (wanted === undefined) return { drafts: [], notes: [] };
  const contents = parseFilter(choices[choice] ?? '');
  if (contents === null) {
    const note = `${word}: the contract has a filter and does not say what is in it (choice ${choice}, such as "deny:0x3c,0xc0")`;
    return { drafts: [], notes: [note] };
  }
  const { action, values } = contents;
  if (architecture === 'x86_64') {
    const call = { call: 'KVM_SET_PMU_EVENT_FILTER', action, events: values } as const;
    return { drafts: [{ rule: 'x86/pmu-event-filter', call, wanted: [wanted] }], notes: [] };
  }
  // One function a call: ranges that overlap are refused. `allow` is what KVM does with all others.
  return {
    drafts: values.map((value) => ({
      rule: 'arm64/smccc-filter',
      call: {
        call: 'KVM_SET_DEVICE_ATTR',
        on: 'vm',
        group: SMCCC.group,
        attribute: hex(SMCCC.attribute),
        bytes: 8,
        value: hex((SMCCC_DENY << 64n) | (1n << 32n) | BigInt(value)),
      },
      wanted: [wanted],
    })),
    notes: [],
  };
}

/** Null where the text is no filter. */
export function parseFilter(text: string): { action: 'allow' | 'deny'; values: Hex[] } | null {
  const [action, list = ''] = text.split(':');
  if (action !== 'allow' && action !== 'deny') return null;
  const values = list.split(',').filter((value) => value !== '');
  const known = values.filter(isHex);
  return known.length === values.length ? { action, values: known } : null;
}
