/** What a guest calls by HVC, and what it is told. Calls that change something, or tell another value each time, are left out. */
import type { ObservedCall } from '../../../../arch/arm64/observed-sections.ts';
import { FUNCTION } from '../../../../guest/arm64/behaviour/index.ts';
import type { FunctionName } from '../../../../guest/arm64/behaviour/index.ts';
import { hvc } from '../../../../guest/arm64/index.ts';
import type { GuestOperation, Outcome } from '../../../../guest/arm64/index.ts';
import { hex } from '../../../../model/index.ts';
import { read } from './registers.ts';

const NAMES: readonly FunctionName[] = Object.keys(FUNCTION).filter(isFunction);

function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTION, name);
}

const PSCI = NAMES.filter((name) => {
  const number = (FUNCTION[name] & 0xbfff_ffff) >>> 0;
  return number >= 0x8400_0000 && number <= 0x8400_001f;
});
const ARCHITECTURE = NAMES.filter((name) => FUNCTION[name] >>> 24 === 0x80);
const TRNG = NAMES.filter((name) => name.startsWith('TRNG_'));

type Call = readonly [name: FunctionName, parameter: FunctionName | null];

const CALLS: readonly Call[] = [
  ['PSCI_VERSION', null],
  ['AFFINITY_INFO', null],
  ['AFFINITY_INFO_64', null],
  ['MIGRATE_INFO_TYPE', null],
  ...PSCI.map((name): Call => ['PSCI_FEATURES', name]),
  ['PSCI_FEATURES', 'SMCCC_VERSION'],
  ['SMCCC_VERSION', null],
  ...[...ARCHITECTURE, 'PV_TIME_FEATURES' as const].map((name): Call => ['ARCH_FEATURES', name]),
  ['ARCH_SOC_ID', null],
  ['TRNG_VERSION', null],
  ...TRNG.map((name): Call => ['TRNG_FEATURES', name]),
  ['TRNG_GET_UUID', null],
  ['PV_TIME_FEATURES', 'PV_TIME_FEATURES'],
  ['PV_TIME_FEATURES', 'PV_TIME_ST'],
  ['PV_TIME_ST', null],
  ['VENDOR_UID', null],
  ['VENDOR_FEATURES', null],
  ['VENDOR_DISCOVER_IMPL_VER', null],
  ['VENDOR_DISCOVER_IMPL_CPUS', null],
];

export const CALL_TABLE: readonly GuestOperation[] = CALLS.map(([name, parameter]) =>
  hvc(FUNCTION[name], parameter === null ? 0 : FUNCTION[parameter]),
);

export function callsAnswered(outcomes: readonly Outcome[]): ObservedCall[] {
  return CALLS.map(([name, parameter], at): ObservedCall => {
    const outcome = outcomes[at];
    const values = outcome?.kind === 'values' ? outcome.values.slice(1) : [];
    const others = values.some((value) => value !== 0n) ? values.map(hex) : [];
    return [name, parameter ?? '', read(outcome), ...others];
  });
}
