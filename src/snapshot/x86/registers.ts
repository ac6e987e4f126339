/**
 * State that is no MSR and no part of a struct: what KVM_GET_REG_LIST gives of an x86 vCPU (7.0 and later: the shadow stack
 * pointer, KVM_REG_GUEST_SSP, where CPUID has shadow stacks). api.rst, 4.68.
 */
import { KVM_GET_REG_LIST, KVM_SET_ONE_REG } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import { CAPABILITY, viewOf } from './target.ts';
import type { Target, X86Unit } from './target.ts';

/** KVM_X86_REG_KVM(KVM_REG_GUEST_SSP): type 3 in bits 39:32, index 0. */
const GUEST_SSP = 0x2030_0003_0000_0000n;

export function registers({ host: { scratch }, machine, has }: Target): X86Unit[] {
  if (has(CAPABILITY.ONE_REG) === 0) return [];
  return machine.vcpus.map(({ id, fd }) => ({
    unit: {
      kind: 'registers',
      name: `vcpu/${id}/registers`,
      rule: 'x86/registers',
      call: KVM_SET_ONE_REG.name,
      ids() {
        const listed = fd.list(KVM_GET_REG_LIST, 16);
        return listed.ok ? ok(listed.value.map((entry) => entry.id)) : listed;
      },
      word: (register) => (register === GUEST_SSP ? 'reg/KVM_REG_GUEST_SSP' : `reg/0x${register.toString(16)}`),
      read(register) {
        const bytes = fd.getOneReg(scratch, register);
        return bytes.ok ? ok(viewOf(bytes.value).getBigUint64(0, true)) : bytes;
      },
      write({ id: register, value }) {
        const bytes = new Uint8Array(8);
        viewOf(bytes).setBigUint64(0, value, true);
        const set = fd.setOneReg(scratch, register, bytes);
        return set.ok ? null : { errno: set.error.errnoName, detail: set.error.detail };
      },
    },
  }));
}
