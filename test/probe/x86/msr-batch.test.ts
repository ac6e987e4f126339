import { describe, expect, test } from 'vitest';
import { readMsrs, writeMsrs } from '../../../src/probe/steps/x86/msr-batch.ts';
import { fake } from '../../kvm/fake-libc.ts';
import type { Answer } from '../../kvm/fake-libc.ts';

const [E2BIG, EINVAL] = [7, 22];

/** KVM stops at the first MSR that fails and returns how many went well. */
const stopsAt =
  (refused: ReadonlySet<number>, limit: number = 256): Answer =>
  (buffer) => {
    const count = buffer.getUint32(0, true);
    if (count >= limit) return { errno: E2BIG };
    for (let at = 0; at < count; at++) {
      const index = buffer.getUint32(8 + 16 * at, true);
      if (refused.has(index)) return { returns: at };
      buffer.setBigUint64(8 + 16 * at + 8, BigInt(index) * 2n, true);
    }
    return { returns: count };
  };

describe('many MSRs at once', () => {
  test('one that is refused costs its own value and no other', () => {
    const { vcpu } = fake(stopsAt(new Set([1, 3, 4])));
    expect(readMsrs(vcpu, [0, 1, 2, 3, 4, 5])).toEqual({ ok: true, value: [0n, null, 4n, null, null, 10n] });
    const writes = [0, 1, 2, 3].map((index) => ({ index, data: 7n }));
    expect(writeMsrs(vcpu, writes)).toEqual({ ok: true, value: [true, false, true, false] });
  });

  test('a call that fails as a whole is an error', () => {
    const { vcpu } = fake(() => ({ errno: EINVAL }));
    expect(readMsrs(vcpu, [0x10]).ok).toBe(false);
    expect(writeMsrs(vcpu, [{ index: 0x10, data: 0n }]).ok).toBe(false);
  });

  test('no call asks for as many as KVM refuses (256, MAX_IO_MSRS)', () => {
    const { vcpu } = fake(stopsAt(new Set([700])));
    const indexes = Array.from({ length: 1000 }, (_, index) => index);
    const read = readMsrs(vcpu, indexes);
    expect(read.ok && read.value.length).toBe(1000);
    expect(read.ok && read.value.filter((value) => value === null).length).toBe(1);
    const written = writeMsrs(
      vcpu,
      indexes.map((index) => ({ index, data: 0n })),
    );
    expect(written.ok && written.value.filter((accepted) => !accepted).length).toBe(1);
  });
});
