/** Single bits put together: one modifier a register, in the order of leaves, MSRs and ids, as Firecracker writes its own. */
import { hex } from '../../model/index.ts';
import type { Architecture, Hex, Surface } from '../../model/index.ts';
import { cpuidFlags } from './base.ts';
import type { Bits } from './bitmap.ts';
import type { SetBits } from './export.ts';
import { CPUID_REGISTERS } from './template.ts';
import type { CpuTemplate, CpuidModifier, CpuidRegister } from './template.ts';

/**
 * Capabilities to be looked for where a vCPU feature is wanted, so that a host without it is found when Firecracker starts
 * (include/uapi/linux/kvm.h; KVM API document, KVM_ARM_VCPU_INIT). By bit of kvm_vcpu_init.features[0].
 */
const FEATURE_CAPABILITIES: ReadonlyMap<number, number> = new Map([
  [1, 93],
  [3, 126],
  [4, 170],
  [5, 171],
  [6, 172],
  [7, 240],
  [8, 241],
  [9, 251],
]);

/** `flags`: whose CPUID entries say which flags a leaf has; null where there is no such host. */
export function assemble(architecture: Architecture, flags: Surface | null, set: readonly SetBits[]): CpuTemplate {
  const leaves = new Map<string, { leaf: number; subleaf: number; registers: Map<CpuidRegister, Bits> }>();
  const msrs = new Map<number, Bits>();
  const registers = new Map<Hex, Bits>();
  let features: Bits = NONE;
  for (const { slot, ...bits } of set) {
    switch (slot.in) {
      case 'cpuid': {
        const { leaf, subleaf, register } = slot;
        const key = `${leaf}:${subleaf}`;
        const row = leaves.get(key) ?? { leaf, subleaf, registers: new Map<CpuidRegister, Bits>() };
        leaves.set(key, row);
        row.registers.set(register, both(row.registers.get(register), bits));
        break;
      }
      case 'msrs':
        msrs.set(slot.index, both(msrs.get(slot.index), bits));
        break;
      case 'registers':
        registers.set(slot.id, both(registers.get(slot.id), bits));
        break;
      case 'features':
        features = both(features, bits);
        break;
    }
  }
  return {
    architecture,
    capabilities: [...FEATURE_CAPABILITIES].flatMap(([bit, capability]) =>
      (features.value & (1n << BigInt(bit))) === 0n ? [] : [{ capability, checked: true }],
    ),
    features: features.mask === 0n ? [] : [{ index: 0, ...features }],
    cpuid: [...leaves.values()]
      .toSorted((a, b) => a.leaf - b.leaf || a.subleaf - b.subleaf)
      .map(({ leaf, subleaf, registers: bits }): CpuidModifier => ({
        leaf: hex(leaf),
        subleaf: hex(subleaf),
        flags: cpuidFlags(flags, leaf, subleaf),
        registers: CPUID_REGISTERS.flatMap((register) => {
          const found = bits.get(register);
          return found === undefined ? [] : [{ register, ...found }];
        }),
      })),
    msrs: [...msrs].toSorted(([a], [b]) => a - b).map(([index, bits]) => ({ index: hex(index), ...bits })),
    registers: [...registers]
      .toSorted(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
      .map(([id, bits]) => ({ id, ...bits })),
  };
}

const NONE: Bits = { mask: 0n, value: 0n };

function both(a: Bits | undefined, b: Bits): Bits {
  return { mask: (a?.mask ?? 0n) | b.mask, value: (a?.value ?? 0n) | b.value };
}
