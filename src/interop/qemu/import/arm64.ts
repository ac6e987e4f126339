/**
 * An arm64 guest's view: the vCPU features that `-cpu host` has properties for, and MIDR_EL1. Of its ID registers QMP tells
 * nothing, so that nothing is promised of them.
 */
import { QEMU_ARM64_PROPERTIES } from '../../../arch/vmm/qemu-properties-arm64.ts';
import type { GuestView, Vcpu } from './ask.ts';
import type { KnownWord } from './known.ts';
import { numberOf, switchOf } from './values.ts';

export const ARM64_FIRST: readonly string[] = [
  ...QEMU_ARM64_PROPERTIES.filter(({ on }) => on === 'cpu').map(({ name }) => name),
  'midr',
];
export const ARM64_EACH: readonly string[] = ['midr'];
export const ARM64_MACHINE: readonly string[] = ['gic-version', 'its', 'mte', 'virtualization'];

/** Widths of words that are no single bit. */
const WIDTHS: Readonly<Record<string, number>> = { 'sve/vector-lengths': 512 };

export function arm64Words({ vcpus, machineProperties, kvm }: GuestView): readonly KnownWord[] {
  const [vcpu] = vcpus;
  const midr = numberOf(vcpu, 'midr', 64);
  const identity =
    midr === null || midr === 0n ? [] : [{ word: 'reg/MIDR_EL1', width: 64, value: midr, known: 0xffff_ffffn }];
  if (!kvm) return identity;
  const board: Vcpu = { path: '/machine', properties: machineProperties };
  const words = new Map<string, KnownWord>();
  for (const { name, on, fields, write } of QEMU_ARM64_PROPERTIES) {
    // kvm-psci-version is empty where nobody set it; only switches are read.
    const value = switchOf(on === 'machine' ? board : vcpu, name);
    if (value === null) continue;
    for (const { word, shift } of fields) {
      // Of `aarch64` on means 0: what writes "on" for 1 tells which.
      const bit = write(() => 1n << BigInt(shift)) === (value ? 'on' : 'off') ? 1n : 0n;
      const known = words.get(word) ?? { word, width: WIDTHS[word] ?? 1, value: 0n, known: 0n };
      const place = 1n << BigInt(shift);
      words.set(word, { ...known, value: known.value | (bit * place), known: known.known | place });
    }
  }
  return [...identity, ...words.values()];
}

/** Null where all vCPUs are of one kind. */
export function arm64Differs({ vcpus: [first, ...others] }: GuestView): string | null {
  const midr = numberOf(first, 'midr', 64);
  const index = others.findIndex((vcpu) => numberOf(vcpu, 'midr', 64) !== midr);
  return index < 0 ? null : `vCPU ${index + 1} has another MIDR_EL1 than vCPU 0: a contract is of vCPUs that are alike`;
}
