/** Steps before they have their order: a call, the ordering rule that it falls under, and the words that it selects. */
import { orderingRules, ruleOf } from '../../arch/index.ts';
import { hex } from '../../model/index.ts';
import type { Architecture, Hex, Operation, PlanCall } from '../../model/index.ts';
import type { Wanted } from './wanted.ts';

export interface Draft {
  readonly rule: string;
  readonly call: PlanCall;
  readonly wanted: readonly Wanted[];
}

/** In the order of the rules; drafts under one rule stay as they came. */
export function inOrder(architecture: Architecture, drafts: readonly Draft[]): Draft[] {
  const place = new Map(orderingRules(architecture).map(({ id }, index) => [id, index]));
  return drafts.toSorted((a, b) => (place.get(a.rule) ?? Infinity) - (place.get(b.rule) ?? Infinity));
}

/** The rule of an operation. That there is one for every operation of a registry is tested. */
export function ruleId(architecture: Architecture, operation: Operation): string {
  const rule = ruleOf(architecture, operation);
  if (rule === undefined) throw new Error(`no ordering rule speaks of ${operation.call}`);
  return rule.id;
}

type EnableCap = Extract<Operation, { call: 'KVM_ENABLE_CAP' }>;

/**
 * One KVM_ENABLE_CAP for each capability, with all bits that are wanted of it; none where no bit of it is set. Up to 6.14
 * a second call of KVM_CAP_DISABLE_QUIRKS2 replaced the mask of the first.
 */
export function capabilityDrafts(architecture: Architecture, all: readonly Wanted[]): Draft[] {
  const groups = new Map<string, { operation: EnableCap; wanted: Wanted[] }>();
  for (const wanted of all) {
    const { operation, needs } = wanted;
    if (wanted.differs && needs?.call === 'KVM_ENABLE_CAP') groupOf(groups, needs);
    if (operation?.call !== 'KVM_ENABLE_CAP') continue;
    groupOf(groups, operation).push(wanted);
  }
  return [...groups.values()].flatMap(({ operation, wanted }): Draft[] => {
    const selected = wanted.filter(isAsked);
    const needed = wanted.length === 0;
    if (selected.length === 0 && !needed) return [];
    const value = selected.reduce((sum, each) => sum | argument(each), 0n);
    const args: [Hex, Hex, Hex, Hex] = ['0x0', '0x0', '0x0', '0x0'];
    args[operation.argument] = hex(value);
    const { on, capability } = operation;
    const rule = ruleId(architecture, operation);
    return [{ rule, call: { call: 'KVM_ENABLE_CAP', on, capability, args }, wanted: selected }];
  });
}

function groupOf(groups: Map<string, { operation: EnableCap; wanted: Wanted[] }>, operation: EnableCap): Wanted[] {
  const key = `${operation.on}/${operation.capability}/${operation.argument}`;
  const group = groups.get(key) ?? { operation, wanted: [] };
  groups.set(key, group);
  return group.wanted;
}

/** True where the call has to be made for this word: its bit is to be set, or its value is not the default. */
function isAsked(wanted: Wanted): boolean {
  const { operation } = wanted;
  if (operation?.call !== 'KVM_ENABLE_CAP') return false;
  if (operation.bit === null) return wanted.differs;
  return (wanted.whole & wanted.mask) === (operation.set & wanted.mask);
}

function argument({ operation, whole }: Wanted): bigint {
  if (operation?.call !== 'KVM_ENABLE_CAP') return 0n;
  return operation.bit ?? whole;
}
