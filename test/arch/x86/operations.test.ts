import { describe, expect, test } from 'vitest';
import { measure, operation, registry } from '../../../src/arch/x86/index.ts';
import { recordedSurfaces } from './surfaces.ts';

describe('the write that selects a word', () => {
  test('of CPUID and of Hyper-V leaves is a register of one leaf', () => {
    const leaf = { call: 'KVM_SET_CPUID2', leaf: 0xd, subleaf: 11, register: 'ebx' };
    expect(operation('cpuid/0xd:b/ebx')).toEqual(leaf);
    expect(operation('hyperv/0x40000003:0/eax')).toMatchObject({ leaf: 0x4000_0003, register: 'eax' });
  });

  test('of an MSR is its number, whether it is named or not', () => {
    expect(operation('msr/MSR_IA32_XSS')).toEqual({ call: 'KVM_SET_MSRS', index: 0xda0 });
    expect(operation('msr/0xc0011aaa')).toEqual({ call: 'KVM_SET_MSRS', index: 0xc001_1aaa });
  });

  test('of a VMX MSR is that of its TRUE form: KVM refuses a write of the other', () => {
    expect(operation('msr/MSR_IA32_VMX_PINBASED_CTLS')).toBeNull();
    expect(operation('msr/MSR_IA32_VMX_TRUE_PINBASED_CTLS')).toEqual({ call: 'KVM_SET_MSRS', index: 0x48d });
  });

  test('of a quirk sets its bit where the historical behaviour is not wanted', () => {
    expect(operation('quirk/SLOT_ZAP_ALL')).toMatchObject({ bit: 1n << 7n, set: 0n });
    expect(operation('quirk/bit40')).toMatchObject({ bit: 1n << 40n, set: 0n });
  });

  test('of an x2APIC flag sets its bit where the flag is wanted', () => {
    expect(operation('x2apic/USE_32BIT_IDS')).toMatchObject({ capability: 'KVM_CAP_X2APIC_API', bit: 1n, set: 1n });
  });

  test('of what nobody knows is none', () => {
    for (const word of ['quirk/NO_SUCH', 'capability/KVM_CAP_XSAVE2', 'nested/size', 'cpuid/seven', 'lapic/NO_SUCH']) {
      expect(operation(word), word).toBeNull();
    }
  });

  test('is there for every word of the recorded surfaces that can be promised and has a mechanism', () => {
    const recorded = recordedSurfaces();
    expect(recorded.length).toBeGreaterThan(0);
    for (const { name, surface } of recorded) {
      for (const word of measure(surface).words.values()) {
        const state = registry.elements(word.path, word.width).every(({ kind }) => kind === 'state');
        if (word.mechanism !== null && !state) expect(operation(word.path), `${name} ${word.path}`).not.toBeNull();
      }
    }
  });
});
