/**
 * The time stamp counters. KVM_SET_MSRS of the counter makes it go on from what was saved; writes within a second of each
 * other are taken to mean equal counters (arch/x86/kvm/x86.c, kvm_synchronize_tsc). So counters that a guest has set apart
 * by less would come together: where the kernel has KVM_VCPU_TSC_CTRL (5.16), what lies between each counter and that of
 * vCPU 0 is saved too, and set behind them (Documentation/virt/kvm/devices/vcpu.rst, 4.1).
 */
import {
  KVM_GET_TSC_KHZ,
  KVM_SET_DEVICE_ATTR,
  KVM_SET_TSC_KHZ,
  getAttribute,
  hasAttribute,
  setAttribute,
} from '../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { RegisterRefusal, RegisterUnit } from '../unit.ts';
import { msrUnit } from './msrs.ts';
import { CAPABILITY } from './target.ts';
import type { Target, X86Unit } from './target.ts';

/** IA32_TIME_STAMP_COUNTER, IA32_TSC_ADJUST, IA32_TSC_DEADLINE. */
const TSC = 0x10;
const TSC_ADJUST = 0x3b;
const TSC_DEADLINE = 0x6e0;

/** KVM_VCPU_TSC_CTRL, KVM_VCPU_TSC_OFFSET (arch/x86/include/uapi/asm/kvm.h). */
const GROUP = 0;
const OFFSET = 0n;
const OFFSETS = 'vm/tsc-offsets';

/** Ticks, days away from any counter that a guest has. */
const FAR = 1n << 50n;

/**
 * 5.10 and 6.1 leave a counter as it is that is written within a second of what the new VM's own counter shows, so that a
 * guest younger than that would find its time gone back (kvm_synchronize_tsc; in 6.12 the first
 * write by a VMM counts, `user_set_tsc`). So the first vCPU's is written far off before; the others' are then within a second of the first's, and
 * equal, as they were.
 */
export function tsc(target: Target): X86Unit[] {
  return target.machine.vcpus.map((vcpu, at) => {
    const unit = msrUnit(target, vcpu, 'tsc', 'x86/tsc', () => ok([TSC_ADJUST, TSC]));
    if (at > 0) return { unit };
    const write: RegisterUnit['write'] = (register) => {
      if (register.id === BigInt(TSC)) unit.write({ ...register, value: BigInt.asUintN(64, register.value + FAR) });
      return unit.write(register);
    };
    return { unit: { ...unit, write } };
  });
}

export function tscDeadline(target: Target): X86Unit[] {
  return target.machine.vcpus.map((vcpu) => ({
    unit: msrUnit(target, vcpu, 'tsc-deadline', 'x86/tsc-deadline', () => ok([TSC_DEADLINE])),
  }));
}

/**
 * The frequency: kHz that the source calibrated. A destination that counts as fast is not asked to scale; one that does
 * not is, and refuses where its CPU cannot.
 */
export function tscKhz({ machine, has }: Target): X86Unit[] {
  if (has(CAPABILITY.GET_TSC_KHZ) === 0) return [];
  return machine.vcpus.map(({ id, fd }) => {
    const read = (): Result<bigint, KvmError> => {
      const khz = fd.integer(KVM_GET_TSC_KHZ, 0);
      return khz.ok ? ok(BigInt(khz.value)) : khz;
    };
    return {
      unit: {
        kind: 'registers',
        name: `vcpu/${id}/tsc-khz`,
        rule: 'x86/tsc-khz',
        call: KVM_SET_TSC_KHZ.name,
        ids: () => ok([0n]),
        word: () => 'tsc/khz',
        read,
        write({ value }) {
          const now = read();
          if (now.ok && now.value === value) return null;
          const set = fd.integer(KVM_SET_TSC_KHZ, value);
          return set.ok ? null : { errno: set.error.errnoName, detail: set.error.detail };
        },
      },
    };
  });
}

/** What lies between the counters: by vCPU how much its own is ahead of the first's, modulo 2^64. */
export function tscOffsets(target: Target): X86Unit[] {
  const { vcpus } = target.machine;
  const [first, ...others] = vcpus;
  if (first === undefined || others.length === 0) return [];
  const fdOf = (id: bigint): Vcpu => others.find((vcpu) => BigInt(vcpu.id) === id)?.fd ?? first.fd;
  return [
    {
      unit: {
        kind: 'registers',
        name: OFFSETS,
        rule: 'x86/tsc-offset',
        call: KVM_SET_DEVICE_ATTR.name,
        ids() {
          const has = hasOffset(target, first.fd);
          if (!has.ok) return has;
          return ok(has.value ? others.map(({ id }) => BigInt(id)) : []);
        },
        word: (id) => `tsc/offset of vCPU ${id}`,
        read(id) {
          const base = offsetOf(target, first.fd);
          if (!base.ok) return base;
          const own = offsetOf(target, fdOf(id));
          return own.ok ? ok(BigInt.asUintN(64, own.value - base.value)) : own;
        },
        write: ({ id, value }) => setAhead(target, first.fd, fdOf(id), value),
      },
    },
  ];
}

/** 5.16 and later; a kernel without it has no attributes of x86 vCPUs at all. */
function hasOffset({ has }: Target, fd: Vcpu): Result<boolean, KvmError> {
  return has(CAPABILITY.VCPU_ATTRIBUTES) === 0 ? ok(false) : hasAttribute(fd, GROUP, OFFSET);
}

function offsetOf({ host: { scratch } }: Target, fd: Vcpu): Result<bigint, KvmError> {
  return getAttribute(fd, scratch, GROUP, OFFSET, 64);
}

/** A kernel without the attribute makes counters equal when they are written; that is all that is asked of it by 0. */
function setAhead(target: Target, first: Vcpu, fd: Vcpu, value: bigint): RegisterRefusal | null {
  const has = hasOffset(target, fd);
  if (!has.ok) return refusalOf(has.error);
  if (!has.value && value === 0n) {
    target.adapt(OFFSETS, 'this kernel has no KVM_VCPU_TSC_OFFSET; the counters were equal, and it makes them so');
    target.skipComparison(OFFSETS);
    return null;
  }
  const base = offsetOf(target, first);
  if (!base.ok) return refusalOf(base.error);
  const set = setAttribute(fd, target.host.scratch, GROUP, OFFSET, BigInt.asUintN(64, base.value + value));
  return set.ok ? null : refusalOf(set.error);
}

function refusalOf({ call, errnoName: errno, detail }: KvmError): RegisterRefusal {
  return call === KVM_SET_DEVICE_ATTR.name ? { errno, detail } : { errno, detail, call };
}
