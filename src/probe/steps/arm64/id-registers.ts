/**
 * The latitude of the ID and cache registers. Kernels differ in what they let a VMM change and in how they say no, and
 * what they declare writable is not always so: every field is tried.
 */
import { isIdRegister, MIDR_EL1, PMCR_EL0, sysregId } from '../../../arch/arm64/ids.ts';
import { systemRegisterName } from '../../../arch/arm64/fields.ts';
import type { IdRegistersSection } from '../../../arch/arm64/sections.ts';
import { KVM_ARM_GET_REG_WRITABLE_MASKS } from '../../../kvm/index.ts';
import type { Scratch, Vm } from '../../../kvm/index.ts';
import { hex } from '../../../model/index.ts';
import type { Step, StepContext } from '../../step.ts';
import { tryIdRegister } from './id-trials.ts';
import { askRegisters, Registers } from './registers.ts';
import { createMachine } from './vcpu.ts';

const KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES = 230;
const KVM_CAP_ARM_WRITABLE_IMP_ID_REGS = 239;
/** KVM_ARM_FEATURE_ID_RANGE_SIZE: op1 0, 1 and 3, of each CRm 0-7 and op2 0-7. */
const MASKS = 3 * 8 * 8;
/** MIDR_EL1, REVIDR_EL1, AIDR_EL1. */
const IMPLEMENTATION_REGISTERS = [MIDR_EL1, sysregId(0xc006), sysregId(0xc807)];

export const idRegisters: Step = {
  name: 'id-registers',
  architecture: 'arm64',
  seconds: 15,
  run: (context) =>
    askRegisters(context, (registers, ids, vm): IdRegistersSection => {
      const declared = writableMasks(vm, context.scratch);
      const trials = ids
        .filter((id) => isIdRegister(id) || id === PMCR_EL0)
        .map((id) => {
          context.note(`writing ${systemRegisterName(Number(id & 0xffffn)) ?? hex(id)}`);
          return tryIdRegister(registers, id);
        });
      return { vcpu: 'all', registers: trials, declared, implementation: implementationRegisters(context) };
    }),
};

function writableMasks(vm: Vm, scratch: Scratch): IdRegistersSection['declared'] {
  const ranges = vm.checkExtension(KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES);
  if (!ranges.ok || ranges.value === 0) return { absent: 'KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES is 0' };
  scratch.bytes.fill(0, 0, MASKS * 8);
  const done = vm.struct(KVM_ARM_GET_REG_WRITABLE_MASKS, { addr: scratch.address, range: 0 }, 'range=0');
  if (!done.ok) return { absent: `${done.error.call}: ${done.error.errnoName}` };
  const masks: (readonly [string, string])[] = [];
  for (let index = 0; index < MASKS; index++) {
    const mask = scratch.view.getBigUint64(index * 8, true);
    const op1 = [0, 1, 3][index >> 6] ?? 0;
    // Within a range CRn is 0, and CRm and op2 lie as they do in an encoding.
    if (mask !== 0n) masks.push([hex(sysregId((3 << 14) | (op1 << 11) | (index & 63))), hex(mask)]);
  }
  return { ranges: hex(ranges.value), masks };
}

function implementationRegisters({ kvm, scratch, note }: StepContext): IdRegistersSection['implementation'] {
  const present = kvm.checkExtension(KVM_CAP_ARM_WRITABLE_IMP_ID_REGS);
  if (!present.ok || present.value === 0) return { absent: 'KVM_CAP_ARM_WRITABLE_IMP_ID_REGS is 0' };
  note('enabling KVM_CAP_ARM_WRITABLE_IMP_ID_REGS');
  // Must come before the first vCPU (api.rst, 7.43).
  const created = createMachine(kvm, ['PSCI_0_2'], {
    gic: null,
    prepare: (vm) => vm.enableCapability(KVM_CAP_ARM_WRITABLE_IMP_ID_REGS),
  });
  if (!created.ok) return { absent: `${created.error.call}: ${created.error.errnoName}` };
  using machine = created.value;
  const registers = new Registers(machine.vcpu, scratch);
  return { registers: IMPLEMENTATION_REGISTERS.map((id) => tryIdRegister(registers, id)) };
}
