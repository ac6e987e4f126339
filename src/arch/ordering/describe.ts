/** What people read of a matcher. */
import type { Matcher } from './rule.ts';

const REGISTERS: Readonly<Record<NonNullable<Matcher['registers']>, string>> = {
  implementation: 'MIDR, REVIDR, AIDR',
  id: 'ID registers',
  firmware: 'firmware registers',
  'vector-lengths': 'KVM_REG_ARM64_SVE_VLS',
  core: 'core registers',
  sve: 'SVE registers',
  timer: 'timer registers',
  state: 'other system registers',
};

const MSRS: Readonly<Record<NonNullable<Matcher['msrs']>, string>> = {
  feature: 'feature MSRs',
  tsc: 'TSC, TSC_ADJUST',
  'tsc-deadline': 'TSC_DEADLINE',
  state: 'other MSRs',
};

/** `KVM_ENABLE_CAP(KVM_CAP_ARM_MTE)`, `KVM_SET_DEVICE_ATTR(vgic-v3, group 1, attribute 0x8)`. */
export function matcherText({ call, on, capabilities, msrs, registers, group, attributes }: Matcher): string {
  const details = [
    ...(on === undefined ? [] : [on]),
    ...(capabilities ?? []),
    ...(msrs === undefined ? [] : [MSRS[msrs]]),
    ...(registers === undefined ? [] : [REGISTERS[registers]]),
    ...(group === undefined ? [] : [`group ${group}`]),
    ...(attributes === undefined
      ? []
      : [`attribute ${attributes.map((attribute) => `0x${attribute.toString(16)}`).join(', ')}`]),
  ];
  return details.length === 0 ? call : `${call}(${details.join(', ')})`;
}
