/**
 * Attributes of a vCPU that are set once, before the first KVM_RUN, and read back ever after: the timers' interrupts, the
 * address of steal time, the PMU's interrupt. A plan or a VMM sets them when it makes the machine; here they are saved, so
 * that a machine with others is found out, and set where nobody has done it yet.
 */
import { idOf } from '../../arch/arm64/names.ts';
import { getAttribute, hasAttribute, setAttribute } from '../../kvm/index.ts';
import type { KvmError } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { refusalOf } from '../unit.ts';
import type { RegisterUnit } from '../unit.ts';
import { SET_ATTRIBUTE } from './attributes.ts';
import { settled } from './vcpu-units.ts';
import type { Arm64Vcpu } from './vcpu-units.ts';

interface Attributes {
  readonly name: string;
  readonly rule: string;
  /** Documentation/virt/kvm/devices/vcpu.rst. */
  readonly group: number;
  readonly width: 32 | 64;
  readonly attributes: readonly bigint[];
  readonly word: string;
  /** What reads where it was never set. */
  readonly unset?: bigint;
  /** errno of a read where it was never set, or where the machine cannot have it. */
  readonly absent: readonly string[];
  /** Of a vCPU that lists none of this register these mean nothing, and older kernels do not know them. */
  readonly only?: { readonly register: bigint | null; readonly attributes: readonly bigint[] };
  /** Made once the attribute was set. */
  readonly afterwards?: bigint;
}

/** KVM_ARM_VCPU_TIMER_CTRL: virtual, physical, and the two of EL2, which every vCPU of newer kernels answers for. */
const TIMER_IRQS: Attributes = {
  name: 'timer-irqs',
  rule: 'arm64/timer-irqs',
  group: 1,
  width: 32,
  attributes: [0n, 1n, 2n, 3n],
  word: 'vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ',
  absent: [],
  only: { register: idOf('reg/HCR_EL2'), attributes: [2n, 3n] },
};

/** KVM_ARM_VCPU_PVTIME_CTRL: INVALID_GPA where no address was given (arch/arm64/kvm/pvtime.c). */
const PVTIME: Attributes = {
  name: 'pvtime',
  rule: 'arm64/pvtime',
  group: 2,
  width: 64,
  attributes: [0n],
  word: 'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA',
  unset: 0xffff_ffff_ffff_ffffn,
  absent: [],
};

/**
 * KVM_ARM_VCPU_PMU_V3_CTRL: the interrupt, and the initialization that claims it. A PMU without an interrupt controller in
 * the kernel has none (EINVAL), and one that nobody gave an interrupt has none yet (ENXIO).
 */
const PMU: Attributes = {
  name: 'pmu-irq',
  rule: 'arm64/pmu-irq',
  group: 0,
  width: 32,
  attributes: [0n],
  word: 'vcpu-attribute/KVM_ARM_VCPU_PMU_V3_IRQ',
  absent: ['ENXIO', 'EINVAL', 'ENODEV'],
  afterwards: 1n,
};

export const timerIrqs = (vcpu: Arm64Vcpu): RegisterUnit => attributeUnit(vcpu, TIMER_IRQS);
export const stealTime = (vcpu: Arm64Vcpu): RegisterUnit => attributeUnit(vcpu, PVTIME);
export const pmuIrq = (vcpu: Arm64Vcpu): RegisterUnit => attributeUnit(vcpu, PMU);

function attributeUnit({ id: vcpu, fd, scratch, registers }: Arm64Vcpu, of: Attributes): RegisterUnit {
  const read = (attribute: bigint): Result<bigint, KvmError> =>
    getAttribute(fd, scratch, of.group, attribute, of.width);
  const unit: RegisterUnit = {
    kind: 'registers',
    name: `vcpu/${vcpu}/${of.name}`,
    rule: of.rule,
    call: SET_ATTRIBUTE,
    ids: () => {
      const found: bigint[] = [];
      const list = registers.list();
      if (!list.ok) return list;
      const { register, attributes: conditional } = of.only ?? { register: null, attributes: [] };
      const without = register !== null && !list.value.includes(register) ? conditional : [];
      for (const attribute of of.attributes.filter((each) => !without.includes(each))) {
        const has = hasAttribute(fd, of.group, attribute);
        if (!has.ok) return has;
        if (!has.value) continue;
        const value = read(attribute);
        if (value.ok ? value.value === of.unset : of.absent.includes(value.error.errnoName)) continue;
        if (!value.ok) return value;
        found.push(attribute);
      }
      return ok(found);
    },
    word: (attribute) => (of.attributes.length === 1 ? of.word : `${of.word}/${attribute}`),
    read,
    write: ({ id: attribute, value }) => {
      const set = setAttribute(fd, scratch, of.group, attribute, value);
      const done = set.ok && of.afterwards !== undefined ? setAttribute(fd, scratch, of.group, of.afterwards, 0n) : set;
      return refusalOf(done, SET_ATTRIBUTE);
    },
  };
  return settled(unit, of.absent);
}
