/** The SVE vector lengths that a vCPU can have; they are chosen between KVM_ARM_VCPU_INIT and its finalization. */
import { SVE_VLS } from '../../../arch/arm64/ids.ts';
import type { SveSection } from '../../../arch/arm64/sections.ts';
import { KVM_ARM_VCPU_FINALIZE } from '../../../kvm/index.ts';
import { hex } from '../../../model/index.ts';
import { absent, failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { Registers } from './registers.ts';
import { createMachine, FEATURE_BITS, missingCapability } from './vcpu.ts';

/** KVM_ARM64_SVE_VQ_MAX: no set reaches beyond this many bits. */
const MAXIMUM_LENGTHS = 512;

export const sve: Step = {
  name: 'sve',
  architecture: 'arm64',
  seconds: 5,
  run({ kvm, scratch }) {
    const missing = missingCapability(kvm, ['SVE']);
    if (missing !== null) return absent(`${missing} is 0`);
    const created = createMachine(kvm, ['PSCI_0_2', 'SVE'], { finalize: false, gic: null });
    if (!created.ok) return failed(created.error);
    using machine = created.value;
    const registers = new Registers(machine.vcpu, scratch);
    const lengths = registers.get(SVE_VLS);
    if (typeof lengths === 'string') return absent(`KVM_GET_ONE_REG(KVM_REG_ARM64_SVE_VLS): ${lengths}`);
    const trials = [lengths, ...candidates(lengths)].map((set) => registers.trial(SVE_VLS, set, lengths));
    const finalized = machine.vcpu.pointerToInt(KVM_ARM_VCPU_FINALIZE, FEATURE_BITS.SVE);
    const finalize = finalized.ok ? 'taken' : finalized.error.errnoName;
    const afterwards = registers.set(SVE_VLS, lengths) ?? 'taken';
    return measured({ lengths: hex(lengths), trials, finalize, afterwards } satisfies SveSection);
  },
};

/**
 * Sets that end at each length the host has (the only ones it can take whole), one with a gap below the largest, and
 * one with a length more than the host has.
 */
function candidates(lengths: bigint): readonly bigint[] {
  const has = Array.from({ length: MAXIMUM_LENGTHS }, (_, bit) => BigInt(bit)).filter((bit) => (lengths >> bit) & 1n);
  const upTo = has.slice(0, -1).map((bit) => lengths & ((1n << (bit + 1n)) - 1n));
  const [first, second] = has;
  const gap = first !== undefined && second !== undefined && has.length > 2 ? [lengths & ~(1n << second)] : [];
  const last = has.at(-1) ?? 0n;
  return [...upTo, ...gap, lengths | (1n << (last + 1n))];
}
