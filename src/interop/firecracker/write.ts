/** Templates as JSON, spelt as Firecracker spells its own: every digit of a bitmap, numbers in hex. */
import type { Json } from '../../model/index.ts';
import { bitmapText } from './bitmap.ts';
import { registerBits } from './template.ts';
import type { CpuTemplate } from './template.ts';

/** Members of one architecture alone, because Firecracker denies those of the other. */
export function templateJson(template: CpuTemplate): { readonly [key: string]: Json } {
  const { architecture, capabilities, features, cpuid, msrs, registers } = template;
  const checks = capabilities.map(({ capability, checked }) => `${checked ? '' : '!'}${capability}`);
  if (architecture === 'arm64') {
    return {
      kvm_capabilities: checks,
      vcpu_features: features.map(({ index, ...bits }) => ({ index, bitmap: bitmapText(bits, 32) })),
      // Of the register's own width: more digits than it has bits are refused in a template.
      reg_modifiers: registers.map(({ id, ...bits }) => ({ addr: id, bitmap: bitmapText(bits, registerBits(id)) })),
    };
  }
  return {
    kvm_capabilities: checks,
    cpuid_modifiers: cpuid.map(({ leaf, subleaf, flags, registers: modifiers }) => ({
      leaf,
      subleaf,
      flags,
      modifiers: modifiers.map(({ register, ...bits }) => ({ register, bitmap: bitmapText(bits, 32) })),
    })),
    msr_modifiers: msrs.map(({ index, ...bits }) => ({ addr: index, bitmap: bitmapText(bits, 64) })),
  };
}
