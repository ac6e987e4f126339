/** What a VM can be: its IPA sizes, and the VM-wide capabilities that change what a guest sees. */
import type { VmSection } from '../../../arch/arm64/sections.ts';
import type { Kvm } from '../../../kvm/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';

const KVM_CAP_ARM_VM_IPA_SIZE = 165;

/** Capabilities that a VMM enables on a VM and that a guest can then observe (api.rst, section 7). */
const ENABLED: readonly (readonly [number, string])[] = [
  [177, 'KVM_CAP_ARM_NISV_TO_USER'],
  [205, 'KVM_CAP_ARM_MTE'],
  [216, 'KVM_CAP_ARM_SYSTEM_SUSPEND'],
  [239, 'KVM_CAP_ARM_WRITABLE_IMP_ID_REGS'],
  [245, 'KVM_CAP_ARM_SEA_TO_USER'],
];

export const vm: Step = {
  name: 'vm',
  architecture: 'arm64',
  // A VM with a 52-bit IPA allocates its translation tables at once, which an emulated machine is slow at.
  seconds: 15,
  run({ kvm, note }) {
    const maximum = kvm.checkExtension(KVM_CAP_ARM_VM_IPA_SIZE);
    if (!maximum.ok) return failed(maximum.error);
    const enable: (readonly [string, string])[] = [];
    const created = kvm.createVm();
    if (!created.ok) return failed(created.error);
    {
      using machine = created.value;
      for (const [number, name] of ENABLED) {
        const present = machine.checkExtension(number);
        if (!present.ok || present.value === 0) continue;
        note(`enabling ${name}`);
        const done = machine.enableCapability(number);
        enable.push([name, done.ok ? 'taken' : done.error.errnoName]);
      }
    }
    // 31 bits lie below and one more than the maximum above what KVM takes; each size between would cost a VM.
    const sizes = maximum.value === 0 ? [0] : [0, maximum.value, maximum.value + 1, 31];
    const ipaSizes = sizes.map((bits): readonly [number, string] => {
      note(`creating a VM with an IPA size of ${bits} bits`);
      return [bits, createAndClose(kvm, bits)];
    });
    return measured({ ipaMaximum: maximum.value, ipaSizes, enable } satisfies VmSection);
  },
};

function createAndClose(kvm: Kvm, bits: number): string {
  const created = kvm.createVm(bits);
  if (!created.ok) return created.error.errnoName;
  created.value.close();
  return 'taken';
}
