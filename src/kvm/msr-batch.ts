/**
 * KVM_GET_MSRS and KVM_SET_MSRS over many MSRs. Both stop at the first that fails and return how many went well
 * (KVM API document, 4.18, 4.19), so a batch goes on behind each failure: as many calls as there are failures, plus one.
 * Neither says why: there is no errno for an MSR that is refused.
 */
import { ok } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import type { KvmError } from './error.ts';
import type { Kvm, Vcpu } from './handles.ts';
import { KVM_GET_MSRS, KVM_SET_MSRS } from './ioctls.ts';

/** Both calls fail with E2BIG from 256 MSRs on (MAX_IO_MSRS, arch/x86/kvm/x86.c). */
const BATCH = 255;

/** The value of each index, in order; null where it does not read. On the system fd: feature MSRs. */
export function readMsrs(from: Kvm | Vcpu, indexes: readonly number[]): Result<(bigint | null)[], KvmError> {
  const values: (bigint | null)[] = [];
  while (values.length < indexes.length) {
    const rest = indexes.slice(values.length, values.length + BATCH).map((index) => ({ index }));
    const done = from.entries(KVM_GET_MSRS, rest);
    if (!done.ok) return done;
    for (const entry of done.value.entries.slice(0, done.value.returned)) values.push(entry.data);
    if (done.value.returned < rest.length) values.push(null);
  }
  return ok(values);
}

export interface MsrWrite {
  readonly index: number;
  readonly data: bigint;
}

/** For each write, in order, whether it was accepted. */
export function writeMsrs(vcpu: Vcpu, writes: readonly MsrWrite[]): Result<boolean[], KvmError> {
  const accepted: boolean[] = [];
  while (accepted.length < writes.length) {
    const rest = writes.slice(accepted.length, accepted.length + BATCH);
    const done = vcpu.entries(KVM_SET_MSRS, rest);
    if (!done.ok) return done;
    for (let index = 0; index < done.value.returned; index++) accepted.push(true);
    if (done.value.returned < rest.length) accepted.push(false);
  }
  return ok(accepted);
}
