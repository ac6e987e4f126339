/**
 * Units of state that a guest carries and the host does not offer to save: the plan writes what the guest's vCPU holds,
 * as a restore would, to see whether they are taken.
 */
import { operationFor } from '../../arch/index.ts';
import { hex } from '../../model/index.ts';
import type { Contract, MeasuredSurface, PlanCall, Registry, WordPath } from '../../model/index.ts';
import { ruleId } from './draft.ts';
import type { Draft } from './draft.ts';
import type { Wanted } from './wanted.ts';

export interface Carried {
  readonly wanted: Wanted;
  readonly draft: Draft;
}

export function carriedWords(registry: Registry, contract: Contract, surface: MeasuredSurface): Carried[] {
  const promised = new Set(contract.promises.map(({ word }) => word));
  return contract.carries.flatMap((path): Carried[] => {
    if (promised.has(path) || surface.words.has(path)) return [];
    const value = contract.values?.[path] ?? contract.fresh?.[path];
    const operation = operationFor(contract.architecture, path);
    // Whose value nobody knows is not tried: a made-up one would prove nothing.
    if (value === undefined || operation === null) return [];
    const call = restore(operation, value);
    if (call === null) return [];
    const wanted: Wanted = {
      path,
      width: widthOf(registry, path),
      whole: value,
      mask: (1n << BigInt(widthOf(registry, path))) - 1n,
      shows: null,
      operation,
      needs: null,
      neutral: registry.neutral(path),
      differs: true,
      doubt: null,
      misread: false,
    };
    return [{ wanted, draft: { rule: ruleId(contract.architecture, operation), call, wanted: [wanted] } }];
  });
}

/** Carried words are registers and MSRs; the widest state that fits one word has 64 bits but for vectors. */
function widthOf(registry: Registry, path: WordPath): number {
  const [whole] = registry.elements(path, 64);
  return whole?.width === 32 ? 32 : 64;
}

function restore(operation: NonNullable<Wanted['operation']>, value: bigint): PlanCall | null {
  switch (operation.call) {
    case 'KVM_SET_MSRS':
      return { call: 'KVM_SET_MSRS', msrs: [{ index: operation.index, value: hex(value) }] };
    case 'KVM_SET_ONE_REG':
      return { call: 'KVM_SET_ONE_REG', id: hex(operation.id), value: hex(value) };
    default:
      return null;
  }
}
