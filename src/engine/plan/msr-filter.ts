/**
 * MSRs of another kernel: those that the destination gained are hidden (KVM_X86_SET_MSR_FILTER: the guest's access is #GP
 * again), accesses to those that it lost go to the VMM (KVM_CAP_X86_USER_SPACE_MSR). Only with the surface of the host
 * that the guest comes from: an MSR that a contract does not carry may all the same have answered there.
 */
import { operationFor } from '../../arch/index.ts';
import { hex } from '../../model/index.ts';
import type { Contract, MeasuredSurface, WordPath } from '../../model/index.ts';
import type { Draft } from './draft.ts';

/** KVM_MSR_FILTER_MAX_RANGES. */
const RANGES = 16;
/** KVM_MSR_EXIT_REASON_INVAL and _UNKNOWN: what KVM refuses, and what it does not know. */
const EXIT_REASONS = 0x3n;
/** Of the x2APIC: no filter holds for them (api.rst, KVM_X86_SET_MSR_FILTER). */
const X2APIC: readonly [first: number, last: number] = [0x800, 0x8ff];

export interface Hidden {
  readonly drafts: readonly Draft[];
  readonly notes: readonly string[];
}

export function hiddenMsrs(contract: Contract, surface: MeasuredSurface, from: MeasuredSurface | null): Hidden {
  if (contract.architecture !== 'x86_64') return { drafts: [], notes: [] };
  const known = new Set<WordPath>([...contract.carries, ...contract.promises.map(({ word }) => word)]);
  if (![...known].some((word) => indexOf(word) !== null)) return { drafts: [], notes: [] };
  const only = [...surface.words.keys()].filter((word) => indexOf(word) !== null && !known.has(word));
  if (from === null) {
    const note = `${only.length} MSRs of this host are not in the contract; with the surface that the guest comes from (--from) the plan hides those that it had not`;
    return { drafts: [], notes: only.length === 0 ? [] : [note] };
  }
  const gained = only.filter((word) => !from.words.has(word) && !answers(from, word));
  const lost = contract.carries.filter(
    (word) => indexOf(word) !== null && !surface.words.has(word) && !answers(surface, word),
  );
  const deny = ranges(gained.flatMap((word) => indexOf(word) ?? []).filter((index) => !isX2apic(index)));
  const drafts: Draft[] = [
    ...(deny.length === 0
      ? []
      : [
          {
            rule: 'x86/msr-filter',
            call: { call: 'KVM_X86_SET_MSR_FILTER', deny: deny.slice(0, RANGES) } as const,
            wanted: [],
          },
        ]),
    ...(lost.length === 0
      ? []
      : [
          {
            rule: 'x86/vm-switches',
            call: {
              call: 'KVM_ENABLE_CAP',
              on: 'vm',
              capability: 'KVM_CAP_X86_USER_SPACE_MSR',
              args: [hex(EXIT_REASONS), '0x0', '0x0', '0x0'],
            } as const,
            wanted: [],
          },
        ]),
  ];
  return {
    drafts,
    notes: [
      ...(gained.length === 0 ? [] : [`hidden, because the guest never had them: ${gained.join(', ')}`]),
      ...(deny.length > RANGES
        ? [`a filter has ${RANGES} ranges: the last ${deny.length - RANGES} are not hidden`]
        : []),
      ...(lost.length === 0 ? [] : [`the VMM has to answer RDMSR and WRMSR of ${lost.join(', ')}`]),
    ],
  };
}

/** True where the host reads and takes the MSR although it does not list it, or nobody tried. */
function answers(surface: MeasuredSurface, word: WordPath): boolean {
  const { restores } = surface;
  return restores === undefined || restores.has(word);
}

function indexOf(word: WordPath): number | null {
  const operation = operationFor('x86_64', word);
  return operation?.call === 'KVM_SET_MSRS' ? operation.index : null;
}

function isX2apic(index: number): boolean {
  return index >= X2APIC[0] && index <= X2APIC[1];
}

/** Neighbours become one range. */
function ranges(indexes: readonly number[]): { base: number; count: number }[] {
  const found: { base: number; count: number }[] = [];
  for (const index of indexes.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && last.base + last.count === index) last.count++;
    else found.push({ base: index, count: 1 });
  }
  return found;
}
