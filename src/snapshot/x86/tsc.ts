/**
 * The time stamp counters. KVM_SET_MSRS of the counter makes it go on from what was saved; writes within a second of each
 * other are taken to mean equal counters (arch/x86/kvm/x86.c, kvm_synchronize_tsc). So counters that a guest has set apart
 * by less would come together: where the kernel has KVM_VCPU_TSC_CTRL (5.16), what lies between each counter and that of
 * vCPU 0 is saved too, and set behind them (Documentation/virt/kvm/devices/vcpu.rst, 4.1).
 */
import { KVM_GET_TSC_KHZ, KVM_SET_TSC_KHZ, getAttribute, hasAttribute, setAttribute } from '../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { RunnableVcpu } from '../../guest/machine.ts';
import { msrUnit } from './msrs.ts';
import { CAPABILITY, savedUnit } from './target.ts';
import type { Target, X86Unit } from './target.ts';

/** IA32_TIME_STAMP_COUNTER, IA32_TSC_ADJUST, IA32_TSC_DEADLINE. */
const TSC = 0x10;
const TSC_ADJUST = 0x3b;
const TSC_DEADLINE = 0x6e0;

/** KVM_VCPU_TSC_CTRL, KVM_VCPU_TSC_OFFSET (arch/x86/include/uapi/asm/kvm.h). */
const GROUP = 0;
const OFFSET = 0n;

export function tsc(target: Target): X86Unit[] {
  return target.machine.vcpus.map((vcpu) => ({
    unit: msrUnit(target, vcpu, 'tsc', 'x86/tsc', () => ok([TSC_ADJUST, TSC])),
  }));
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

/** By how much each vCPU's counter is ahead of the first's, modulo 2^64; ids are those of the vCPUs. */
export function tscOffsets(target: Target): X86Unit[] {
  const { vcpus } = target.machine;
  const [first] = vcpus;
  const name = 'vm/tsc-offsets';
  if (first === undefined || (vcpus.length < 2 && savedUnit(target, name) === null)) return [];
  const offset = ({ fd }: RunnableVcpu): Result<bigint, KvmError> =>
    getAttribute(fd, target.host.scratch, GROUP, OFFSET, 64);
  const ahead = (id: bigint): Result<bigint, KvmError> => {
    const base = offset(first);
    if (!base.ok) return base;
    const own = offset(vcpus.find((vcpu) => BigInt(vcpu.id) === id) ?? first);
    return own.ok ? ok(BigInt.asUintN(64, own.value - base.value)) : own;
  };
  return [
    {
      unit: {
        kind: 'registers',
        name,
        rule: 'x86/tsc-offset',
        call: 'KVM_SET_DEVICE_ATTR',
        ids() {
          const has = hasAttribute(first.fd, GROUP, OFFSET);
          // A kernel without the attribute has no attributes of vCPUs at all on x86, and says ENOTTY or ENXIO.
          if (!has.ok || !has.value) return ok([]);
          return ok(vcpus.slice(1).map(({ id }) => BigInt(id)));
        },
        word: (id) => `tsc/offset of vCPU ${id}`,
        read: ahead,
        write: ({ id, value }) => setAhead(target, first, vcpus.find((vcpu) => BigInt(vcpu.id) === id)?.fd, value),
      },
    },
  ];
}

function setAhead(
  { host: { scratch } }: Target,
  first: RunnableVcpu,
  fd: Vcpu | undefined,
  value: bigint,
): { errno: string; detail: string } | null {
  if (fd === undefined) return { errno: 'ENOENT', detail: 'the machine has no such vCPU' };
  const base = getAttribute(first.fd, scratch, GROUP, OFFSET, 64);
  const set = base.ok ? setAttribute(fd, scratch, GROUP, OFFSET, BigInt.asUintN(64, base.value + value)) : base;
  return set.ok ? null : { errno: set.error.errnoName, detail: set.error.detail };
}
