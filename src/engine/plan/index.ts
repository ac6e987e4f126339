/**
 * `plan`: from a contract and a host's surface to the calls that make the contract's machine there, in the order that
 * the ordering rules give, one call where one call does all of it. Pure. It plans what surfaces say cannot be had, too:
 * carrying the plan out is what shows whether they are right.
 */
import { orderingRules } from '../../arch/index.ts';
import { PLAN_FORMAT, hex } from '../../model/index.ts';
import type { Contract, MeasuredSurface, Plan, PlanRead, PlanWord, Registry } from '../../model/index.ts';
import { arm64Drafts, arm64Read, provedByCall } from './arm64.ts';
import { hasHyperv } from './cpuid-table.ts';
import { inOrder } from './draft.ts';
import { filterDrafts } from './filters.ts';
import { hiddenMsrs } from './msr-filter.ts';
import { carriedWords } from './carried.ts';
import { planWord, selections, wantedWords } from './wanted.ts';
import type { Wanted } from './wanted.ts';
import { x86Drafts, x86Read } from './x86.ts';

export interface PlanOptions {
  /**
   * The host that the guest comes from. With it, the plan hides MSRs that the destination has and that host had not
   * (KVM_X86_SET_MSR_FILTER), and sends accesses to those that the destination has not to the VMM.
   */
  readonly from?: MeasuredSurface;
}

export function plan(
  registry: Registry,
  contract: Contract,
  surface: MeasuredSurface,
  options: PlanOptions = {},
): Plan {
  const { architecture } = contract;
  const all = wantedWords(registry, contract, surface);
  const filters = filterDrafts(contract, all);
  const msrs = hiddenMsrs(contract, surface, options.from ?? null);
  const machine = architecture === 'x86_64' ? x86Drafts(registry, contract, surface, all) : arm64Drafts(contract, all);
  const promised = inOrder(architecture, [...machine, ...filters.drafts, ...msrs.drafts]);
  const carried = carriedWords(registry, contract, surface);
  const drafts = inOrder(architecture, [...promised, ...carried.map(({ draft }) => draft)]);
  const stepOf = new Map<Wanted, number>();
  drafts.forEach(({ wanted }, index) => wanted.forEach((each) => stepOf.set(each, index)));
  const hyperv = hasHyperv(all);
  const reads = (wanted: Wanted): PlanRead | null => {
    if (wanted.misread) return null;
    return architecture === 'x86_64' ? x86Read(wanted, hyperv) : arm64Read(wanted);
  };
  const phaseOf = new Map(orderingRules(architecture).map(({ id, phase }) => [id, phase]));
  return {
    format: PLAN_FORMAT,
    architecture,
    contract: contract.name,
    surface: surface.fingerprint,
    steps: drafts.map(({ rule, call, wanted }) => ({
      phase: phaseOf.get(rule) ?? '',
      rule,
      call,
      selects: wanted.flatMap((each) => selections(registry, each)),
    })),
    words: [
      ...all.map((wanted) => wordOf(wanted, stepOf.get(wanted) ?? null, reads(wanted))),
      ...carried.map(({ wanted, draft }) => wordOf(wanted, drafts.indexOf(draft), reads(wanted))),
    ],
    notes: [...filters.notes, ...msrs.notes],
    caveats: surface.caveats,
  };
}

function wordOf(wanted: Wanted, step: number | null, read: PlanRead | null): PlanWord {
  const unplanned = step === null && wanted.differs && wanted.shows !== null ? { unplanned: whyNot(wanted) } : {};
  if (read !== null) return { ...planWord(wanted), step, read, ...unplanned };
  const asked = wanted.differs;
  const unread = provedByCall(wanted.operation) && step !== null ? 'call' : asked ? 'none' : 'default';
  return { ...planWord(wanted), step, read, unread, ...unplanned };
}

function whyNot({ operation, whole }: Wanted): string {
  return operation === null
    ? `no call gives it the value ${hex(whole)}: its contents are the VMM's`
    : `${operation.call} does not change it`;
}
