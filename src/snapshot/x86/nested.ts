/**
 * State of nested virtualization: a header of 128 bytes, and the VMCS or VMCB of an inner guest. It is as long as it says,
 * at most what KVM_CAP_NESTED_STATE gives. What a vCPU has that runs no inner guest and has not turned virtualization on
 * is worth nothing to a destination, which may then be without the call.
 */
import { KVM_GET_NESTED_STATE, KVM_SET_NESTED_STATE, kvmError } from '../../kvm/index.ts';
import { err, ok } from '../../model/index.ts';
import type { RunnableVcpu } from '../../guest/machine.ts';
import type { BytesUnit } from '../unit.ts';
import { CAPABILITY, savedUnit, viewOf } from './target.ts';
import type { Bytes, Target, X86Unit } from './target.ts';

/** struct kvm_nested_state: flags, format, size, then the vendor's header. */
const FIELDS = {
  flags: { offset: 0, size: 2 },
  format: { offset: 2, size: 2 },
  size: { offset: 4, size: 4 },
  'hdr[0]': { offset: 8, size: 8 },
  'hdr[1]': { offset: 16, size: 8 },
  'hdr[2]': { offset: 24, size: 8 },
} as const;
const SIZE = 4;
const HEADER = 128;
/** What a kernel answers to a call that it does not know. */
const ENOTTY = 25;
const FORMAT_SVM = 1;
/** KVM_STATE_NESTED_GIF_SET: what a vCPU has from its creation on (SVM). */
const GIF_SET = 0x100;
/** The address of a VMXON region that there is not. */
const NONE = 0xffff_ffff_ffff_ffffn;

export function nested(target: Target): X86Unit[] {
  const most = target.has(CAPABILITY.NESTED_STATE);
  return target.machine.vcpus.flatMap((vcpu) => {
    const name = `vcpu/${vcpu.id}/nested`;
    if (most === 0 && savedUnit(target, name) === null) return [];
    return [{ unit: most === 0 ? withoutCall(target, name) : unitOf(name, vcpu, most) }];
  });
}

function unitOf(name: string, { fd }: RunnableVcpu, most: number): BytesUnit {
  return {
    kind: 'bytes',
    name,
    rule: 'x86/nested',
    call: KVM_SET_NESTED_STATE.name,
    fields: FIELDS,
    read(): Bytes {
      const buffer = new Uint8Array(Math.max(most, HEADER));
      const view = viewOf(buffer);
      view.setUint32(SIZE, buffer.length, true);
      const done = fd.raw(KVM_GET_NESTED_STATE, buffer, `room for ${buffer.length} bytes`);
      return done.ok ? ok(buffer.slice(0, view.getUint32(SIZE, true))) : done;
    },
    write: (bytes) => fd.raw(KVM_SET_NESTED_STATE, bytes, `${bytes.length} bytes`),
  };
}

/** A kernel without nested virtualization: nothing is lost where nothing was in use; else it has nowhere to go. */
function withoutCall(target: Target, name: string): BytesUnit {
  const saved = savedUnit(target, name);
  const bytes = saved?.data.kind === 'bytes' ? Buffer.from(saved.data.base64, 'base64') : Buffer.alloc(HEADER);
  const unused = !inUse(bytes);
  return {
    kind: 'bytes',
    name,
    rule: 'x86/nested',
    call: KVM_SET_NESTED_STATE.name,
    fields: FIELDS,
    read: () => ok(unused ? bytes : new Uint8Array(HEADER)),
    write(given) {
      if (unused) target.adapt(name, 'this kernel has no KVM_SET_NESTED_STATE; the guest has not turned it on');
      const { name: call } = KVM_SET_NESTED_STATE;
      return unused ? ok(0) : err(kvmError('ioctl', call, `${given.length} bytes`, ENOTTY));
    },
  };
}

export function inUse(state: Uint8Array): boolean {
  const view = viewOf(state);
  const flags = view.getUint16(0, true);
  if (view.getUint16(2, true) === FORMAT_SVM) return (flags & ~GIF_SET) !== 0 || state.length > HEADER;
  return flags !== 0 || view.getBigUint64(8, true) !== NONE;
}
