import { describe, expect, test } from 'vitest';
import { registry } from '../../../src/arch/x86/registry.ts';
import { QEMU_NAMES } from '../../../src/arch/x86/tables/qemu-names.ts';

describe('names that QEMU and libvirt give bits', () => {
  test('each bit of a register is there once, and has a name', () => {
    const bits = QEMU_NAMES.map(({ word, bit }) => `${word} ${bit}`);
    expect(bits.filter((bit, index) => bits.indexOf(bit) !== index)).toEqual([]);
    expect(QEMU_NAMES.filter(({ qemu, libvirt }) => qemu === null && libvirt === null)).toEqual([]);
  });

  test('each is a word of the registry and within it', () => {
    const strays = QEMU_NAMES.filter(({ word, bit }) => {
      const width = word.startsWith('msr/') ? 64 : 32;
      return registry.canonical(word) !== word || bit >= width || registry.elements(word, width).length === 0;
    });
    expect(strays).toEqual([]);
  });

  test('each has a name in the registry too, as one bit', () => {
    const unnamed = QEMU_NAMES.filter(({ word, bit }) => {
      const elements = registry.elements(word, word.startsWith('msr/') ? 64 : 32);
      const element = elements.find(({ shift, width }) => shift <= bit && bit < shift + width);
      return element === undefined || !element.named || element.width > 1;
    });
    expect(unnamed).toEqual([]);
  });

  // Intel SDM volume 2, CPUID leaf 7; volume 3, appendix A.3.3: secondary controls that may be 1 are the upper half.
  test.each([
    ['avx2', 'cpuid/0x7:0/ebx', 5],
    ['vmx-ept', 'msr/MSR_IA32_VMX_PROCBASED_CTLS2', 33],
    ['vmx-ins-outs', 'msr/MSR_IA32_VMX_BASIC', 54],
    ['mds-no', 'msr/MSR_IA32_ARCH_CAPABILITIES', 5],
    ['svm', 'cpuid/0x80000001:0/ecx', 2],
  ])('%s is where the manual has it', (name, word, bit) => {
    expect(QEMU_NAMES.filter(({ qemu }) => qemu === name)).toMatchObject([{ word, bit, libvirt: name }]);
  });
});
