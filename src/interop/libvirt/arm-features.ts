/**
 * What libvirt's names of Arm features stand for in KVM (cpu_map/arm_features.xml; QEMU's target/arm/cpu64.c makes of `sve`
 * and `pauth` features of the vCPU, and of `sveN` the set of vector lengths).
 */
import type { WordPath } from '../../model/index.ts';

export interface ArmBits {
  readonly word: WordPath;
  readonly width: number;
  readonly mask: bigint;
}

/** KVM_REG_ARM64_SVE_VLS, bit n: n + 1 times 128 bits. */
export const SVE_LENGTHS_WORD: WordPath = 'sve/vector-lengths';
export const SVE_LENGTHS_WIDTH = 512;

/** Empty for a name that is none of these. */
export function armBits(name: string): readonly ArmBits[] {
  const length = /^sve([1-9][0-9]*)$/.exec(name)?.[1];
  if (length !== undefined) {
    const quadwords = Number(length) / 128;
    if (!Number.isInteger(quadwords) || quadwords > 16) return [];
    return [{ word: SVE_LENGTHS_WORD, width: SVE_LENGTHS_WIDTH, mask: 1n << BigInt(quadwords - 1) }];
  }
  switch (name) {
    case 'sve':
      return [{ word: 'vcpu/SVE', width: 1, mask: 1n }];
    case 'pauth':
      return [
        { word: 'vcpu/PTRAUTH_ADDRESS', width: 1, mask: 1n },
        { word: 'vcpu/PTRAUTH_GENERIC', width: 1, mask: 1n },
      ];
    default:
      return [];
  }
}
