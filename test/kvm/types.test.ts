import { expect, test } from 'vitest';
import {
  KVM_CREATE_VCPU,
  KVM_GET_LAPIC,
  KVM_GET_MSRS,
  KVM_GET_SUPPORTED_CPUID,
  KVM_SET_REGS,
} from '../../src/kvm/index.ts';
import type { Device, Kvm, Vcpu, Vm } from '../../src/kvm/index.ts';

/** Never called: that the lines marked as errors are errors is checked by the compiler (`npm run check`). */
export function mistakes(kvm: Kvm, vm: Vm, vcpu: Vcpu, device: Device): void {
  // @ts-expect-error a vCPU is created on a VM
  kvm.integer(KVM_CREATE_VCPU, 0);
  // @ts-expect-error the supported table is the system's
  vm.list(KVM_GET_SUPPORTED_CPUID);
  // @ts-expect-error the local APIC is a vCPU's
  vm.struct(KVM_GET_LAPIC, {});
  // @ts-expect-error MSRs are asked of the system and of vCPUs, not of devices
  device.entries(KVM_GET_MSRS, []);
  // @ts-expect-error struct kvm_regs has no field eax
  vcpu.struct(KVM_SET_REGS, { eax: 1n });
  // @ts-expect-error a register is a 64-bit value
  vcpu.struct(KVM_SET_REGS, { rax: 1 });
  // @ts-expect-error an ioctl with a struct is not called with an integer
  vcpu.integer(KVM_SET_REGS, 0);
  // @ts-expect-error an MSR entry has no field value
  vcpu.entries(KVM_GET_MSRS, [{ index: 0x10, value: 1n }]);
  // Right, and so no error: both fd kinds that the row names.
  kvm.entries(KVM_GET_MSRS, [{ index: 0x10 }]);
  vcpu.entries(KVM_GET_MSRS, [{ index: 0x10 }]);
}

test('an ioctl row names the kinds of fd that take it, which the types above are made of', () => {
  expect(Object.keys(KVM_GET_MSRS.on).toSorted()).toEqual(['kvm', 'vcpu']);
  expect(mistakes).toBeTypeOf('function');
});
