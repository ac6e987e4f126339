/** What a vCPU makes of the single bits of an MSR. */
import type { KvmError, Vcpu } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { readMsrs, writeMsrs } from './msr-batch.ts';

/** Each bit flipped alone from `value`. Reads back only what was accepted, and leaves the MSR as it was. */
export function tryBits(
  vcpu: Vcpu,
  index: number,
  value: bigint,
): Result<{ readonly takes: bigint; readonly ignored: bigint }, KvmError> {
  const flips = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
  const accepted = writeMsrs(
    vcpu,
    flips.map((flip) => ({ index, data: value ^ flip })),
  );
  if (!accepted.ok) return accepted;
  let takes = 0n;
  let ignored = 0n;
  for (const [bit, flip] of flips.entries()) {
    if (accepted.value[bit] !== true) continue;
    const written = writeMsrs(vcpu, [{ index, data: value ^ flip }]);
    if (!written.ok) return written;
    const reads = readMsrs(vcpu, [index]);
    if (!reads.ok) return reads;
    if (reads.value[0] === (value ^ flip)) takes |= flip;
    else ignored |= flip;
  }
  const restored = writeMsrs(vcpu, [{ index, data: value }]);
  return restored.ok ? ok({ takes, ignored }) : restored;
}
