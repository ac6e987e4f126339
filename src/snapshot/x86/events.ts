/**
 * Pending exceptions, interrupts, NMIs and SMM. Of the flags that say which parts of the struct count, a VM takes
 * KVM_VCPUEVENT_VALID_PAYLOAD and VALID_TRIPLE_FAULT only where the capability was enabled, and its own
 * KVM_GET_VCPU_EVENTS says whether it was (arch/x86/kvm/x86.c, kvm_vcpu_ioctl_x86_get_vcpu_events). A flag whose part
 * says nothing is taken off for a VM that would refuse it; one whose part is in use is handed over, and refused.
 *
 * A vCPU in SMM is given its events twice: KVM_SET_NESTED_STATE judges by it whether state of nested virtualization
 * under SMM can be there, and a change of it ends nested operation (kvm_leave_nested), so it goes first; what is pending
 * is the inner guest's, so it goes last.
 */
import { KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, VCPU_EVENTS_STATE } from '../../kvm/index.ts';
import type { SavedUnit } from '../../model/index.ts';
import type { RunnableVcpu } from '../../guest/machine.ts';
import type { BytesUnit } from '../unit.ts';
import { fetch } from './structs.ts';
import { besides, savedUnit, viewOf } from './target.ts';
import type { Bytes, Target, X86Unit } from './target.ts';

const { size, fields } = VCPU_EVENTS_STATE;
const FLAGS = 20;
const SMM = 24;

interface OptionalPart {
  readonly flag: number;
  readonly name: string;
  /** The bytes that say something where one of them is not 0. */
  readonly bytes: readonly number[];
}

const OPTIONAL: readonly OptionalPart[] = [
  { flag: 0x10, name: 'KVM_VCPUEVENT_VALID_PAYLOAD', bytes: [3, 55] },
  { flag: 0x20, name: 'KVM_VCPUEVENT_VALID_TRIPLE_FAULT', bytes: [28] },
];

export function events(target: Target): X86Unit[] {
  return target.machine.vcpus.map((vcpu) => ({ unit: unitOf(target, vcpu, 'events', 'x86/events') }));
}

/** Those vCPUs that were saved in SMM. */
export function smm(target: Target): X86Unit[] {
  return target.machine.vcpus.flatMap((vcpu) => {
    const unit = unitOf(target, vcpu, 'smm', 'x86/smm');
    return savedUnit(target, unit.name) === null ? [] : [{ unit }];
  });
}

function unitOf(target: Target, { id, fd }: RunnableVcpu, part: string, rule: string): BytesUnit {
  const name = `vcpu/${id}/${part}`;
  const read = (): Bytes => fetch(fd, KVM_GET_VCPU_EVENTS, size);
  return {
    kind: 'bytes',
    name,
    rule,
    call: KVM_SET_VCPU_EVENTS.name,
    fields,
    read,
    write(bytes) {
      const now = besides(read());
      if (!now.ok) return now;
      const buffer = bytes.slice();
      const flags = viewOf(buffer).getUint32(FLAGS, true);
      const taken = viewOf(now.value).getUint32(FLAGS, true);
      const idle = OPTIONAL.filter(
        (row) => (flags & row.flag) !== 0 && (taken & row.flag) === 0 && row.bytes.every((at) => bytes[at] === 0),
      );
      for (const row of idle)
        target.adapt(name, `flags: ${row.name}, which this VM was not told to use; nothing of it is pending`);
      viewOf(buffer).setUint32(
        FLAGS,
        idle.reduce((left, row) => left & ~row.flag, flags),
        true,
      );
      return fd.raw(KVM_SET_VCPU_EVENTS, buffer, part);
    },
  };
}

/** The unit that goes before nested state, where a vCPU's saved events say that it is in SMM. */
export function smmUnit(saved: SavedUnit): SavedUnit | null {
  const vcpu = /^vcpu\/\d+\//.exec(saved.name)?.[0];
  if (vcpu === undefined || saved.name !== `${vcpu}events` || saved.data.kind !== 'bytes') return null;
  if (Buffer.from(saved.data.base64, 'base64')[SMM] === 0) return null;
  return { ...saved, name: `${vcpu}smm`, rule: 'x86/smm' };
}
