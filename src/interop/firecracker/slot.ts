/** Where in a template a word is: which member, and what names it there. */
import { operationFor } from '../../arch/index.ts';
import { VCPU_FEATURES } from '../../arch/arm64/tables/vcpu-features.ts';
import { hex } from '../../model/index.ts';
import type { Architecture, Hex, WordPath } from '../../model/index.ts';
import type { CpuidRegister } from './template.ts';

export type Slot =
  | { readonly in: 'cpuid'; readonly leaf: number; readonly subleaf: number; readonly register: CpuidRegister }
  | { readonly in: 'msrs'; readonly index: number }
  | { readonly in: 'registers'; readonly id: Hex }
  /** A bit of kvm_vcpu_init.features[0]. */
  | { readonly in: 'features'; readonly bit: number };

/**
 * Areas of words that KVM sets by a call that a template has too, and that Firecracker never makes for them: Hyper-V's
 * leaves are in no table that it starts from, and a behaviour is named after the word that it follows.
 */
const ELSEWHERE: readonly string[] = ['hyperv/', 'behaviour/'];

/** Null for what no template has a place for. */
export function slotOf(architecture: Architecture, word: WordPath): Slot | null {
  if (ELSEWHERE.some((area) => word.startsWith(area))) return null;
  const feature = VCPU_FEATURES.find(({ name }) => word === `vcpu/${name}`);
  if (architecture === 'arm64' && feature !== undefined) return { in: 'features', bit: feature.bit };
  const operation = operationFor(architecture, word);
  switch (operation?.call) {
    case 'KVM_SET_CPUID2': {
      const { leaf, subleaf, register } = operation;
      return { in: 'cpuid', leaf, subleaf, register };
    }
    case 'KVM_SET_MSRS':
      return { in: 'msrs', index: operation.index };
    case 'KVM_SET_ONE_REG':
      return { in: 'registers', id: hex(operation.id) };
    default:
      return null;
  }
}

/** As a person finds it in the template. */
export function slotText(slot: Slot): string {
  switch (slot.in) {
    case 'cpuid':
      return `cpuid_modifiers ${hex(slot.leaf)}:${hex(slot.subleaf)} ${slot.register}`;
    case 'msrs':
      return `msr_modifiers ${hex(slot.index)}`;
    case 'registers':
      return `reg_modifiers ${slot.id}`;
    case 'features':
      return `vcpu_features bit ${slot.bit}`;
  }
}
