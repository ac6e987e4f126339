/**
 * Segments, control registers, EFER and the APIC base, in the form of KVM_GET_SREGS2 where the kernel has it (5.14): that
 * one carries the four PDPTEs of PAE paging and leaves the pending interrupt to KVM_GET_VCPU_EVENTS.
 *
 * A kernel without it is given what both structs begin with. The PDPTEs are then loaded from the page that CR3 names,
 * which is what a CPU does at the next MOV to CR3; a guest that has changed the table since and relies on the old ones
 * runs on with the new.
 */
import {
  KVM_GET_SREGS,
  KVM_GET_SREGS2,
  KVM_SET_SREGS,
  KVM_SET_SREGS2,
  SREGS2_STATE,
  SREGS_STATE,
} from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { RunnableVcpu } from '../../guest/machine.ts';
import type { BytesUnit } from '../unit.ts';
import { fetch } from './structs.ts';
import { CAPABILITY, savedUnit, viewOf } from './target.ts';
import type { Bytes, Target, X86Unit } from './target.ts';

/** Bytes that kvm_sregs and kvm_sregs2 have in common. */
const COMMON = 280;
/** kvm_sregs2.flags, KVM_SREGS2_FLAGS_PDPTRS_VALID. */
const FLAGS = 280;
const PDPTRS_VALID = 1n;

export function sregs(target: Target): X86Unit[] {
  return target.machine.vcpus.map((vcpu) => ({ unit: unitOf(target, vcpu) }));
}

function unitOf(target: Target, { id, fd }: RunnableVcpu): BytesUnit {
  const name = `vcpu/${id}/sregs`;
  const offered = target.has(CAPABILITY.SREGS2) > 0;
  const wanted = savedUnit(target, name)?.call ?? (offered ? KVM_SET_SREGS2.name : KVM_SET_SREGS.name);
  const place = { kind: 'bytes', name, rule: 'x86/sregs', call: wanted } as const;
  if (wanted === KVM_SET_SREGS.name)
    return {
      ...place,
      fields: SREGS_STATE.fields,
      read: () => fetch(fd, KVM_GET_SREGS, SREGS_STATE.size),
      write: (bytes) => fd.raw(KVM_SET_SREGS, bytes, 'sregs'),
    };
  const { fields } = SREGS2_STATE;
  if (offered)
    return {
      ...place,
      fields,
      read: () => fetch(fd, KVM_GET_SREGS2, SREGS2_STATE.size),
      write: (bytes) => fd.raw(KVM_SET_SREGS2, bytes, 'sregs'),
    };
  return {
    ...place,
    fields,
    read: () => resized(fetch(fd, KVM_GET_SREGS, SREGS_STATE.size), SREGS2_STATE.size),
    write(bytes) {
      if ((viewOf(bytes).getBigUint64(FLAGS, true) & PDPTRS_VALID) !== 0n)
        target.adapt(name, 'pdptrs: this kernel has no KVM_SET_SREGS2; they are loaded from the page that CR3 names');
      const buffer = new Uint8Array(SREGS_STATE.size);
      buffer.set(bytes.subarray(0, COMMON));
      return fd.raw(KVM_SET_SREGS, buffer, 'sregs');
    },
  };
}

/** The common part, with zeros behind it. */
function resized(read: Bytes, size: number): Bytes {
  if (!read.ok) return read;
  const bytes = new Uint8Array(size);
  bytes.set(read.value.subarray(0, COMMON));
  return ok(bytes);
}
