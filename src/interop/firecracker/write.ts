/** Templates as JSON, spelt as Firecracker spells its own: every digit of a bitmap, numbers in hex. */
import type { Hex, Json } from '../../model/index.ts';
import { allOnes, bitmapText } from './bitmap.ts';
import type { Bits } from './bitmap.ts';
import { registerBits } from './template.ts';
import type { CpuTemplate } from './template.ts';

/**
 * Members of one architecture alone, because Firecracker denies those of the other. `digits`: of registers of arm64, as
 * many as they have bits, which is all that a template may have, or 128, which a dump has for each.
 */
export function templateJson(
  template: CpuTemplate,
  digits: 'register' | 'dump' = 'register',
): { readonly [key: string]: Json } {
  const { architecture, capabilities, features, cpuid, msrs, registers } = template;
  const checks = capabilities.map(({ capability, checked }) => `${checked ? '' : '!'}${capability}`);
  if (architecture === 'arm64') {
    return {
      kvm_capabilities: checks,
      vcpu_features: features.map(({ index, ...bits }) => ({ index, bitmap: bitmapText(bits, 32) })),
      reg_modifiers: registers.map(({ id, ...bits }) => ({ addr: id, bitmap: registerBitmap(id, bits, digits) })),
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

function registerBitmap(id: Hex, bits: Bits, digits: 'register' | 'dump'): string {
  const width = registerBits(id);
  if (digits === 'register') return bitmapText(bits, width);
  // What lies above the register is 0 in a dump of the whole register.
  const above = bits.mask === allOnes(width) ? allOnes(DUMPED) & ~allOnes(width) : 0n;
  return bitmapText({ mask: bits.mask | above, value: bits.value }, DUMPED);
}

const DUMPED = 128;
