import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex } from '../../../src/model/index.ts';
import {
  a64,
  code,
  encodingOf,
  genericName,
  hvc,
  load,
  MEMORY_BASE,
  mrs,
  msr,
  store,
} from '../../../src/guest/arm64/index.ts';
import type { GuestOperation } from '../../../src/guest/arm64/index.ts';
import { describeFault } from '../../../src/guest/arm64/describe-fault.ts';
import { decodeSlot, SLOT, slotBytes, STATE } from '../../../src/guest/arm64/mailbox.ts';
import { tableProgram } from '../../../src/guest/arm64/program.ts';

const place = fc.oneof(
  fc.constantFrom('MIDR_EL1', 'S3_0_C0_C7_7', 'ICC_SRE_EL1').map((register) => ({ register })),
  fc.record({ width: fc.constantFrom(8, 16, 32, 64), address: fc.bigInt({ min: 0n, max: 2n ** 48n }).map(hex) }),
);
const value = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(hex);
const operation: fc.Arbitrary<GuestOperation> = fc.oneof(
  place.map((from) => ({ kind: 'read', from }) as const),
  fc.record({ kind: fc.constant('write' as const), to: place, value }),
  fc.record({
    kind: fc.constant('try' as const),
    at: place,
    write: value.map((flip) => ({ flip })),
    leave: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('call' as const),
    by: fc.constantFrom('hvc', 'smc'),
    parameters: fc.array(value, { maxLength: 18 }),
    results: fc.integer({ min: 0, max: 18 }),
  }),
  fc.constant({ kind: 'isb' } as const),
  fc.nat({ max: 1000 }).map((tag) => ({ kind: 'pause', tag }) as const),
  fc.integer({ min: 0, max: 18 }).map((values) => code(values, () => [a64.NOP])),
);

describe('the program of a table', () => {
  test('has a slot for each operation, large enough, and none overlaps another', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 20 }), (operations) => {
        const program = tableProgram(operations);
        const end = program.base + program.bytes.length;
        const slots = operations.map((_, index) => a64.addressOf(program, `slot${index}`));
        operations.forEach((each, index) => {
          expect((slots[index + 1] ?? end) - (slots[index] ?? end)).toBe(slotBytes(each));
          expect((slots[index] ?? 1) % 8).toBe(0);
        });
      }),
      { numRuns: 200 },
    );
  });

  test('begins alike whatever is in it: a vCPU that fetches stale code fetches the same code', () => {
    const short = tableProgram([]);
    const long = tableProgram([mrs('MIDR_EL1'), hvc(0x8400_0000), load(32, 0x800_0008)]);
    const entry = (program: typeof short): Uint8Array => program.bytes.slice(0, 128);
    expect(a64.addressOf(long, 'entry')).toBe(a64.addressOf(short, 'entry'));
    expect(entry(long)).toEqual(entry(short));
  });

  test('has its tables where the CPU takes them: aligned, 16 vectors, an identity map of 4 GiB', () => {
    const program = tableProgram([]);
    const vectors = a64.addressOf(program, 'vectors');
    expect(vectors % 2048).toBe(0);
    const view = new DataView(program.bytes.buffer);
    for (let vector = 0; vector < 16; vector++) {
      // movz x26, #vector
      expect(view.getUint32(vectors - MEMORY_BASE + 0x80 * vector, true)).toBe(0xd280_001a + vector * 32);
    }
    expect(a64.addressOf(program, 'translation-table') % 64).toBe(0);
    for (let gib = 0n; gib < 4n; gib++) {
      const descriptor = view.getBigUint64(Number(gib) * 8, true);
      expect(descriptor & 0xffff_c000_0000n).toBe(gib << 30n);
      expect(descriptor & 3n).toBe(1n);
    }
  });

  test('refuses what no operation can hold', () => {
    expect(() => tableProgram([code(19, () => [])])).toThrow('at most 18 values');
    expect(() => tableProgram([hvc(...Array.from({ length: 19 }, () => 0))])).toThrow('at most 18 parameters');
    expect(() => tableProgram([mrs('NO_SUCH_EL1')])).toThrow('no system register is called NO_SUCH_EL1');
  });

  test('writes by the names that tables use', () => {
    expect(msr('TPIDR_EL0', 16n)).toEqual({ kind: 'write', to: { register: 'TPIDR_EL0' }, value: '0x10' });
    expect(store(8, 0x4000_0000, 1n)).toEqual({
      kind: 'write',
      to: { width: 8, address: '0x40000000' },
      value: '0x1',
    });
  });
});

describe('names of system registers', () => {
  test('are the architecture’s, numbered ones too, or generic', () => {
    // Arm ARM, C5.1.5: op0, op1, CRn, CRm, op2.
    expect(encodingOf('MIDR_EL1')).toBe(0xc000);
    expect(encodingOf('DBGBVR3_EL1')).toBe(0x8000 | (3 << 3) | 4);
    expect(encodingOf('S3_0_C0_C4_0')).toBe(encodingOf('ID_AA64PFR0_EL1'));
    expect(() => encodingOf('S3_0_C16_C4_0')).toThrow(RangeError);
    // A register of KVM's own, and a core register: no instruction reads them.
    expect(() => encodingOf('KVM_REG_ARM_PSCI_VERSION')).toThrow(RangeError);
    expect(() => encodingOf('X0')).toThrow(RangeError);
  });

  test('go to an encoding and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0x8000, max: 0xffff }), (encoding) => {
        expect(encodingOf(genericName(encoding))).toBe(encoding);
      }),
    );
  });
});

describe('a slot', () => {
  const slot = (...words: readonly bigint[]): DataView => {
    const view = new DataView(new ArrayBuffer(64));
    words.forEach((word, index) => view.setBigUint64(8 * index, word, true));
    return view;
  };

  test('holds nothing, a beginning, or as many values as its operation has', () => {
    expect(decodeSlot(slot(), 0, 2)).toEqual({ kind: 'not-reached' });
    expect(decodeSlot(slot(BigInt(STATE.begun)), 0, 2)).toEqual({ kind: 'begun' });
    expect(decodeSlot(slot(BigInt(STATE.values), 7n, 8n, 9n), 0, 2)).toEqual({ kind: 'values', values: [7n, 8n] });
  });

  test('holds a fault: which exception, where from, its class by ESR_EL1, the address and the instruction', () => {
    const view = slot(BigInt(STATE.fault), 4n, 0x9600_0004n, 0xdead_0000n, 0x4000_1000n);
    expect([SLOT.vector, SLOT.esr, SLOT.far, SLOT.elr]).toEqual([8, 16, 24, 32]);
    const fault = decodeSlot(view, 0, 1);
    expect(fault).toEqual({
      kind: 'fault',
      exception: 'synchronous',
      origin: 'current',
      exceptionClass: 0x25,
      esr: 0x9600_0004n,
      far: 0xdead_0000n,
      elr: 0x4000_1000n,
    });
    if (fault.kind === 'fault') expect(describeFault(fault)).toBe('data abort (ESR 0x96000004)');
    expect(decodeSlot(slot(BigInt(STATE.fault), 5n), 0, 0)).toMatchObject({ exception: 'irq', origin: 'current' });
    expect(decodeSlot(slot(BigInt(STATE.fault), 8n), 0, 0)).toMatchObject({
      exception: 'synchronous',
      origin: 'lower-64',
    });
  });
});
