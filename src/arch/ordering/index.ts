/**
 * The order in which KVM's calls have to be made: rows by architecture, in an order that obeys them, and the row of an
 * operation. docs/ordering.md is generated from these.
 */
import { unreachable } from '../../model/index.ts';
import type { Architecture, Operation } from '../../model/index.ts';
import { isFirmwareRegister, isIdRegister, groupOf, GROUP, PMCR_EL0, SVE_VLS } from '../arm64/ids.ts';
import { wordOf } from '../arm64/names.ts';
import { isFeatureMsr } from '../x86/elements.ts';
import { ARM64_ORDERING } from './arm64.ts';
import type { Matcher, OrderingRule } from './rule.ts';
import { X86_ORDERING } from './x86.ts';

export { PHASES } from './rule.ts';
export type { Matcher, OrderingRule, Phase, Violation } from './rule.ts';

export function orderingRules(architecture: Architecture): readonly OrderingRule[] {
  switch (architecture) {
    case 'x86_64':
      return X86_ORDERING;
    case 'arm64':
      return ARM64_ORDERING;
  }
}

/** The row of an operation; undefined where no row speaks of it. Rows for one attribute go before rows for its group. */
export function ruleOf(architecture: Architecture, operation: Operation): OrderingRule | undefined {
  const rules = orderingRules(architecture).filter(({ what }) => what.some((matcher) => matches(matcher, operation)));
  return (
    rules.find(({ what }) => what.some((row) => row.attributes !== undefined && matches(row, operation))) ?? rules[0]
  );
}

function matches(matcher: Matcher, operation: Operation): boolean {
  if (matcher.call !== operation.call) return false;
  switch (operation.call) {
    case 'KVM_ENABLE_CAP':
      return matcher.capabilities?.includes(operation.capability) ?? true;
    case 'KVM_SET_MSRS':
      return matcher.msrs === undefined || matcher.msrs === msrClass(operation.index);
    case 'KVM_SET_ONE_REG':
      return matcher.registers === undefined || matcher.registers === registerClass(operation.id);
    case 'KVM_SET_DEVICE_ATTR':
      return (
        (matcher.on === undefined || matcher.on === operation.on) &&
        (matcher.group === undefined || matcher.group === operation.group) &&
        (matcher.attributes?.includes(operation.attribute) ?? true)
      );
    // The frequency of a vCPU: of a VM's vCPUs each may have its own.
    case 'KVM_SET_TSC_KHZ':
      return matcher.on !== 'vm';
    case 'KVM_CREATE_VM':
    case 'KVM_SET_CPUID2':
    case 'KVM_ARM_VCPU_INIT':
    case 'KVM_X86_SET_MSR_FILTER':
    case 'KVM_SET_LAPIC':
    case 'KVM_SET_XSAVE':
      return true;
    default:
      return unreachable(operation);
  }
}

/** IA32_TIME_STAMP_COUNTER and IA32_TSC_ADJUST; IA32_TSC_DEADLINE (Intel SDM volume 4, table 2-2). */
const TSC: ReadonlySet<number> = new Set([0x10, 0x3b]);
const TSC_DEADLINE = 0x6e0;

/** What of an MSR decides when it is set. */
export function msrClass(index: number): NonNullable<Matcher['msrs']> {
  if (TSC.has(index)) return 'tsc';
  if (index === TSC_DEADLINE) return 'tsc-deadline';
  return isFeatureMsr(index) ? 'feature' : 'state';
}

const IMPLEMENTATION: ReadonlySet<string> = new Set(['reg/MIDR_EL1', 'reg/REVIDR_EL1', 'reg/AIDR_EL1']);
const TIMER = /^reg\/(KVM_REG_ARM_TIMER_|CNT)/;

/** What of a register decides when it is set. */
export function registerClass(id: bigint): NonNullable<Matcher['registers']> {
  if (id === SVE_VLS) return 'vector-lengths';
  const group = groupOf(id);
  if (group === GROUP.sve) return 'sve';
  if (isFirmwareRegister(id)) return 'firmware';
  if (group === GROUP.core) return 'core';
  const word = wordOf(id);
  if (IMPLEMENTATION.has(word)) return 'implementation';
  if (isIdRegister(id) || id === PMCR_EL0) return 'id';
  return TIMER.test(word) ? 'timer' : 'state';
}
