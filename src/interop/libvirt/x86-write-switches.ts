/** Which children of `<features>` and `<clock>` a contract needs: those by which it differs from what QEMU gives unasked. */
import {
  HIDDEN_WORDS,
  HYPERV_SWITCHES,
  HYPERV_VENDOR_WORDS,
  KVM_SWITCHES,
  SPINLOCKS_WORD,
  TSC_WORD,
} from './x86-switches.ts';
import type { SwitchRow } from './x86-switches.ts';
import { promisedBits } from './x86-wanted.ts';
import type { Promises } from './x86-wanted.ts';

export interface WrittenSwitch {
  readonly row: SwitchRow;
  readonly on: boolean;
}

export interface Switches {
  /** KVM's leaves are promised to be zeros. */
  readonly hidden: boolean;
  readonly hyperv: readonly WrittenSwitch[];
  readonly kvm: readonly WrittenSwitch[];
  /** Attempts; null where no limit is promised. */
  readonly spinlocks: bigint | null;
  readonly hypervVendor: string | null;
  /** Performance counters are promised: QEMU's models have none unless asked. */
  readonly pmu: boolean;
  /** Hz. */
  readonly tsc: bigint | null;
}

/**
 * KVM's features that QEMU gives a guest of a named model: clock (both), no I/O delay, asynchronous page faults, stolen time,
 * end of interrupt, stable clock (target/i386/kvm/kvm-cpu.c, kvm_default_props).
 */
export const KVM_DEFAULTS: ReadonlyMap<string, bigint> = new Map([
  ['cpuid/0x40000001:0/eax', 0x100_007bn],
  ['cpuid/0x40000001:0/edx', 0n],
]);

const WHOLE = 0xffff_ffffn;

export function switchesOf(promises: Promises): Switches {
  const hidden = HIDDEN_WORDS.every((word) => promisedBits(promises, word, WHOLE) === 0n);
  const hyperv = HYPERV_SWITCHES.flatMap((row) => (stateOf(promises, row) === true ? [{ row, on: true }] : []));
  const kvm = KVM_SWITCHES.flatMap((row) => {
    const on = stateOf(promises, row);
    return hidden || on === null || on === givenByDefault(row) ? [] : [{ row, on }];
  });
  const spinlocks = promisedBits(promises, SPINLOCKS_WORD, WHOLE);
  const khz = promisedBits(promises, TSC_WORD, WHOLE);
  return {
    hidden,
    hyperv,
    kvm,
    // QEMU's default says "never"; libvirt's least is 4095 (virDomainFeaturesHyperVDefParse).
    spinlocks: hyperv.length > 0 && spinlocks !== null && spinlocks >= 4095n && spinlocks !== WHOLE ? spinlocks : null,
    hypervVendor: hyperv.length > 0 ? hypervVendor(promises) : null,
    pmu: (promisedBits(promises, 'cpuid/0xa:0/eax', 0xffn) ?? 0n) !== 0n,
    tsc: khz === null || khz === 0n ? null : khz * 1000n,
  };
}

/** Null where a bit is not promised, or they are not all alike. */
function stateOf(promises: Promises, { bits }: SwitchRow): boolean | null {
  const states = bits.map(([word, mask]) => {
    const value = promisedBits(promises, word, mask);
    return value === mask ? true : value === 0n ? false : null;
  });
  const [first = null] = states;
  return states.every((state) => state === first) ? first : null;
}

function givenByDefault({ bits }: SwitchRow): boolean {
  return bits.every(([word, mask]) => ((KVM_DEFAULTS.get(word) ?? 0n) & mask) === mask);
}

/** QEMU's own is `Microsoft Hv`. */
function hypervVendor(promises: Promises): string | null {
  const words = HYPERV_VENDOR_WORDS.map((word) => promisedBits(promises, word, WHOLE));
  if (words.some((word) => word === null)) return null;
  const codes = words.flatMap((word) => [0n, 8n, 16n, 24n].map((shift) => Number(((word ?? 0n) >> shift) & 0xffn)));
  const text = String.fromCharCode(...codes.filter((code) => code !== 0));
  return text === 'Microsoft Hv' || !/^[\x20-\x2b\x2d-\x7e]{1,12}$/.test(text) ? null : text;
}
