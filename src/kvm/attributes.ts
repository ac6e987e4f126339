/**
 * Device attributes: the same three calls on a device, a vCPU, a VM and (x86) the system fd, so the code for them is
 * written once over any `Fd`.
 */
import { err } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import type { KvmError } from './error.ts';
import { kvmError } from './error.ts';
import type { Fd } from './fd.ts';
import type { FdKind } from './ioctl.ts';
import { KVM_GET_DEVICE_ATTR, KVM_HAS_DEVICE_ATTR, KVM_SET_DEVICE_ATTR } from './ioctls.ts';
import type { Scratch } from './scratch.ts';

/** Width of the attribute's data in bits, as the device's document gives it. */
export type AttributeWidth = 32 | 64;

/** True where the attribute exists, false on ENXIO; any other errno is an error. */
export function hasAttribute<K extends FdKind>(fd: Fd<K>, group: number, attribute: bigint): Result<boolean, KvmError> {
  const ENXIO = 6;
  const done = fd.struct(KVM_HAS_DEVICE_ATTR, { group, attr: attribute }, detail(group, attribute));
  if (done.ok) return { ok: true, value: true };
  return done.error.errno === ENXIO ? { ok: true, value: false } : done;
}

export function getAttribute<K extends FdKind>(
  fd: Fd<K>,
  scratch: Scratch,
  group: number,
  attribute: bigint,
  width: AttributeWidth,
  input: bigint = 0n,
): Result<bigint, KvmError> {
  scratch.view.setBigUint64(0, input, true);
  const done = fd.struct(
    KVM_GET_DEVICE_ATTR,
    { group, attr: attribute, addr: scratch.address },
    detail(group, attribute),
  );
  if (!done.ok) return done;
  return {
    ok: true,
    value: width === 32 ? BigInt(scratch.view.getUint32(0, true)) : scratch.view.getBigUint64(0, true),
  };
}

export function setAttribute<K extends 'vm' | 'vcpu' | 'device'>(
  fd: Fd<K>,
  scratch: Scratch,
  group: number,
  attribute: bigint,
  value: bigint,
): Result<undefined, KvmError> {
  scratch.view.setBigUint64(0, value, true);
  const text = `${detail(group, attribute)} value=0x${value.toString(16)}`;
  const done = fd.struct(KVM_SET_DEVICE_ATTR, { group, attr: attribute, addr: scratch.address }, text);
  return done.ok ? { ok: true, value: undefined } : err(kvmError('ioctl', done.error.call, text, done.error.errno));
}

function detail(group: number, attribute: bigint): string {
  return `group=${group} attr=0x${attribute.toString(16)}`;
}
