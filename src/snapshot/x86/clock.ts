/**
 * The VM's clock. KVM_GET_CLOCK tells by its flags what it filled, and no kernel needs them back: 5.10 refuses any flag,
 * though its KVM_CAP_ADJUST_CLOCK names one (KVM_CLOCK_TSC_STABLE); from 5.16 on all are taken and only KVM_CLOCK_REALTIME
 * does something: the time that has passed since `realtime` is added (arch/x86/kvm/x86.c, kvm_vm_ioctl_set_clock).
 *
 * TSCs stand still while a guest is saved, because the MSR is written back. The clock, which the guest holds against them,
 * stands still too where nobody asks for `realtime`.
 */
import { KVM_CLOCK_DATA, KVM_GET_CLOCK, KVM_SET_CLOCK } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import { CAPABILITY, viewOf } from './target.ts';
import type { Target, X86Unit } from './target.ts';

const FLAGS = 8;
const REALTIME_AT = 16;
const NAMES: readonly (readonly [flag: number, name: string])[] = [
  [2, 'KVM_CLOCK_TSC_STABLE'],
  [4, 'KVM_CLOCK_REALTIME'],
  [8, 'KVM_CLOCK_HOST_TSC'],
];
const KVM_CLOCK_REALTIME = 4;
const NAME = 'vm/clock';

export function clock(target: Target): X86Unit[] {
  const { vm } = target.machine;
  const taken = target.has(CAPABILITY.ADJUST_CLOCK);
  if (taken === 0) return [];
  return [
    {
      unit: {
        kind: 'bytes',
        name: NAME,
        rule: 'x86/clock',
        call: KVM_SET_CLOCK.name,
        fields: KVM_CLOCK_DATA.fields,
        read() {
          const buffer = new Uint8Array(KVM_CLOCK_DATA.size);
          const done = vm.raw(KVM_GET_CLOCK, buffer, '');
          return done.ok ? ok(buffer) : done;
        },
        write(bytes) {
          const saved = viewOf(bytes);
          const given = saved.getUint32(FLAGS, true);
          const wanted = target.clock === 'realtime' ? given & KVM_CLOCK_REALTIME : 0;
          const flags = wanted & taken;
          if (target.clock === 'realtime' && wanted === 0)
            target.adapt(NAME, 'realtime: the source did not tell the time of day with its clock, which stood still');
          const without = NAMES.filter(([flag]) => (given & ~flags & flag) !== 0).map(([, name]) => name);
          if (without.length > 0) target.adapt(NAME, `flags: without ${without.join(', ')}: ${why(wanted, flags)}`);
          const buffer = new Uint8Array(KVM_CLOCK_DATA.size);
          const view = viewOf(buffer);
          view.setBigUint64(0, saved.getBigUint64(0, true), true);
          view.setUint32(FLAGS, flags, true);
          if (flags !== 0) view.setBigUint64(REALTIME_AT, saved.getBigUint64(REALTIME_AT, true), true);
          return vm.raw(KVM_SET_CLOCK, buffer, `flags=0x${flags.toString(16)}`);
        },
      },
    },
  ];
}

function why(wanted: number, flags: number): string {
  if (wanted !== flags) return 'this kernel does not add the time that has passed';
  return flags === 0 ? 'the clock stood still while the guest was saved' : 'they say what was read, and set nothing';
}
