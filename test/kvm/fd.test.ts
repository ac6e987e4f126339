/** The edges of the wrappers, on a libc that answers as each test wants. No kernel is involved. */
import { describe, expect, test } from 'vitest';
import {
  KVM_GET_EMULATED_CPUID,
  KVM_GET_MSR_INDEX_LIST,
  KVM_GET_REG_LIST,
  KVM_GET_XSAVE,
  KVM_SET_MSRS,
  describeKvmError,
  getAttribute,
  hasAttribute,
  openKvm,
  openScratch,
} from '../../src/kvm/index.ts';
import { fake } from './fake-libc.ts';
import type { Answer } from './fake-libc.ts';

const [ENOENT, ENXIO, E2BIG, ENOMEM, EACCES, EINVAL] = [2, 6, 7, 12, 13, 22];

/** A kernel that has `count` entries of 32 bits, and says so with E2BIG where they do not fit. */
const msrList =
  (count: number): Answer =>
  (buffer) => {
    const room = buffer.getUint32(0, true);
    buffer.setUint32(0, count, true);
    if (room < count) return { errno: E2BIG };
    for (let at = 0; at < count; at++) buffer.setUint32(4 + 4 * at, 0x100 + at, true);
    return { returns: 0 };
  };

describe('lists grow until the kernel is content', () => {
  test('a kernel that says how many it has is asked exactly twice', () => {
    const { kvm, sizes } = fake(msrList(300));
    const list = kvm.list(KVM_GET_MSR_INDEX_LIST, 2);
    expect(list.ok && list.value.length).toBe(300);
    expect(list.ok && list.value.at(-1)).toEqual({ index: 0x100 + 299 });
    expect(sizes).toEqual([4 + 4 * 2, 4 + 4 * 300]);
  });

  test('a kernel that fills fewer than there is room for gives only those', () => {
    const { kvm } = fake(msrList(3));
    expect(kvm.list(KVM_GET_MSR_INDEX_LIST, 64)).toEqual({
      ok: true,
      value: [{ index: 0x100 }, { index: 0x101 }, { index: 0x102 }],
    });
  });

  test('a kernel that says E2BIG and no number is offered twice the room each time', () => {
    let asked = 0;
    const { kvm, sizes } = fake((buffer) => {
      asked++;
      if (asked < 4) return { errno: E2BIG };
      buffer.setUint32(0, 0, true);
      return { returns: 0 };
    });
    expect(kvm.list(KVM_GET_MSR_INDEX_LIST, 8)).toEqual({ ok: true, value: [] });
    expect(sizes).toEqual([8, 16, 32, 64].map((room) => 4 + 4 * room));
  });

  test('a kernel that never has enough is given up, with its own errno', () => {
    const { kvm, sizes } = fake(() => ({ errno: E2BIG }));
    const list = kvm.list(KVM_GET_MSR_INDEX_LIST, 64);
    expect(!list.ok && list.error.errnoName).toBe('E2BIG');
    expect(sizes.length).toBeLessThan(20);
  });

  test('ENOMEM grows where the kernel asks for more room, and is an error where it does not', () => {
    const growing = fake((buffer) => {
      const room = buffer.getUint32(0, true);
      buffer.setUint32(0, 5, true);
      return room < 5 ? { errno: ENOMEM } : { returns: 0 };
    });
    const grown = growing.kvm.list(KVM_GET_EMULATED_CPUID, 1);
    expect(grown.ok && grown.value.length).toBe(5);
    const exhausted = fake(() => ({ errno: ENOMEM }));
    const list = exhausted.kvm.list(KVM_GET_EMULATED_CPUID, 1);
    expect(!list.ok && list.error.errnoName).toBe('ENOMEM');
    expect(exhausted.sizes).toHaveLength(1);
  });

  test('the count of a register list has 64 bits', () => {
    const { vcpu } = fake((buffer) => {
      const room = buffer.getBigUint64(0, true);
      buffer.setBigUint64(0, 2n, true);
      if (room < 2n) return { errno: E2BIG };
      buffer.setBigUint64(8, 0x6030_0000_0010_0000n, true);
      buffer.setBigUint64(16, 0x6030_0000_0010_0002n, true);
      return { returns: 0 };
    });
    const list = vcpu.list(KVM_GET_REG_LIST, 1);
    expect(list.ok && list.value).toEqual([{ id: 0x6030_0000_0010_0000n }, { id: 0x6030_0000_0010_0002n }]);
  });
});

describe('errors', () => {
  test('a failed call names call, argument, errno and the meaning that it has there', () => {
    const { vcpu } = fake(() => ({ errno: ENOENT }));
    const got = vcpu.getOneReg(
      { address: 0n, bytes: new Uint8Array(8), view: new DataView(new ArrayBuffer(8)) },
      0x10n,
    );
    expect(!got.ok && describeKvmError(got.error)).toBe('KVM_GET_ONE_REG(id=0x10): ENOENT (no such register)');
  });

  test('an errno that no document explains for the call is said to be one', () => {
    const { vcpu } = fake(() => ({ errno: 133 }));
    const set = vcpu.entries(KVM_SET_MSRS, [{ index: 0x10, data: 0n }]);
    expect(!set.ok && set.error).toMatchObject({ call: 'KVM_SET_MSRS', errnoName: 'errno 133' });
  });

  test('/dev/kvm that may not be opened is an error and no exception', () => {
    const { libc } = fake(() => ({ returns: 0 }));
    const refused = openKvm({ ...libc, open: () => -1, errno: () => EACCES });
    expect(!refused.ok && refused.error).toMatchObject({ call: 'open', detail: '/dev/kvm', errnoName: 'EACCES' });
  });

  test('memory that cannot be mapped is an error', () => {
    const { libc, vcpu } = fake(() => ({ returns: 0 }));
    const none = openScratch({ ...libc, mmap: () => null, errno: () => ENOMEM });
    expect(!none.ok && none.error).toMatchObject({ code: 'mmap', errnoName: 'ENOMEM' });
    expect(vcpu.mapRun(4096).ok).toBe(true);
  });

  test('an attribute that is not there is an answer, any other errno an error', () => {
    const none = fake(() => ({ errno: ENXIO }));
    expect(hasAttribute(none.vcpu, 0, 0n)).toEqual({ ok: true, value: false });
    const invalid = fake(() => ({ errno: EINVAL }));
    expect(hasAttribute(invalid.vcpu, 0, 0n).ok).toBe(false);
    expect(getAttribute(none.vcpu, none.scratch, 0, 0n, 32).ok).toBe(false);
  });
});

describe('a kernel never writes where it was given no room', () => {
  test('a buffer shorter than the struct does not reach it', () => {
    const { vcpu, sizes } = fake(() => ({ returns: 0 }));
    expect(() => vcpu.raw(KVM_GET_XSAVE, new Uint8Array(4095), '')).toThrow(RangeError);
    expect(sizes).toEqual([]);
    expect(vcpu.raw(KVM_GET_XSAVE, new Uint8Array(8192), '').ok).toBe(true);
  });

  test('a register value of another size than the register does not reach it', () => {
    const { vcpu, scratch, sizes } = fake(() => ({ returns: 0 }));
    // Bits 55:52 are 2: four bytes.
    expect(() => vcpu.setOneReg(scratch, 0x6020_0000_0010_0054n, new Uint8Array(8))).toThrow(RangeError);
    expect(sizes).toEqual([]);
  });

  test('a file descriptor is closed once', () => {
    const { kvm, closed } = fake(() => ({ returns: 0 }));
    kvm.close();
    kvm[Symbol.dispose]();
    expect(closed).toEqual([kvm.number]);
  });
});
