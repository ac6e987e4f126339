import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readings } from '../../../src/arch/arm64/observed.ts';
import type { Ended, GuestOperation, Outcome, TableResult } from '../../../src/guest/arm64/index.ts';
import { valuesOf } from '../../../src/guest/arm64/operation.ts';
import { CALL_TABLE, callsAnswered } from '../../../src/probe/steps/arm64/observe/calls.ts';
import { counters, vectorLengths } from '../../../src/probe/steps/arm64/observe/counters.ts';
import { FRAME_TABLE, WRITABLE_TABLE, writableBits } from '../../../src/probe/steps/arm64/observe/frames.ts';
import { observe } from '../../../src/probe/steps/arm64/observe/observed.ts';
import { REGISTER_TABLE, registersRead } from '../../../src/probe/steps/arm64/observe/registers.ts';

const values = (...numbers: readonly bigint[]): Outcome => ({ kind: 'values', values: numbers });
const fault = (exceptionClass: number): Outcome => ({
  kind: 'fault',
  exception: 'synchronous',
  origin: 'current',
  exceptionClass,
  esr: BigInt(exceptionClass) << 26n,
  far: 0n,
  elr: 0n,
});

describe('what a guest read', () => {
  it('is the value of the last operation of a register, and faults are named as the architecture tells them apart', () => {
    const numbered = REGISTER_TABLE.map((_, at): Outcome => values(BigInt(at)));
    const rows = registersRead(numbered);
    // One CSSELR_EL1 write, one ISB, one read for each of 14 caches; all others are one read.
    expect(rows.length).toBe(REGISTER_TABLE.length - 28);
    expect(rows.at(-1)?.[1]).toBe(`0x${(REGISTER_TABLE.length - 1).toString(16)}`);
    expect(new Set(rows.map(([id]) => id)).size).toBe(rows.length);
    const named = (outcome: Outcome): string | undefined => registersRead(REGISTER_TABLE.map(() => outcome))[0]?.[1];
    expect(named(fault(0))).toBe('undefined');
    expect(named(fault(0x18))).toBe('trapped');
    expect(named(fault(0x25))).toBe('data abort');
    expect(named(fault(0x3c))).toBe('exception class 0x3c');
    expect(named({ kind: 'not-reached' })).toBe('the guest did not come to it');
  });

  it('of writes are the bits that changed, and none that was not flipped', () => {
    const rows = writableBits(WRITABLE_TABLE.map(() => values(0x50n, 0xffff_ffff_ffff_ffffn)));
    for (const [, flipped, taken] of rows) expect(BigInt(taken) & ~BigInt(flipped)).toBe(0n);
    expect(rows.find(([name]) => name === 'GICD_CTLR')).toEqual(['GICD_CTLR', '0xffffffff', '0xffffffaf']);
  });

  it('of a call is x0, and what follows only where there is something', () => {
    const [first] = callsAnswered(CALL_TABLE.map(() => values(0x1_0001n, 0n, 0n, 0n)));
    expect(first).toEqual(['PSCI_VERSION', '', '0x10001']);
    const [uuid] = callsAnswered(CALL_TABLE.map(() => values(1n, 2n, 0n, 4n)));
    expect(uuid?.slice(2)).toEqual(['0x1', '0x2', '0x0', '0x4']);
  });

  it('of vector lengths is a set as KVM_REG_ARM64_SVE_VLS has it', () => {
    // A CPU with 128, 256 and 512 bits: what is asked for between them gives the next below.
    const bytes = Array.from({ length: 16 }, (_, asked) => (asked >= 3 ? 64n : asked >= 1 ? 32n : 16n));
    expect(vectorLengths(values(...bytes))).toBe('0xb');
    expect(vectorLengths(fault(0))).toBe('undefined');
  });

  it('makes a word of every register, frame and call that has one', () => {
    const run = (operations: readonly GuestOperation[]): TableResult => ({
      ended: { how: 'done' },
      outcomes: operations.map((operation) => values(...Array.from({ length: valuesOf(operation) }, () => 0x10n))),
      outside: null,
    });
    const words = readings(observe({ run, gic: 'v3+its' }, () => undefined)).map(({ word }) => word);
    for (const word of ['reg/ID_AA64PFR0_EL1', 'cache/CCSIDR/L7I', 'vgic/v3/GICD_IIDR', 'vgic/its/GITS_TYPER'])
      expect(words).toContain(word);
    for (const word of ['vgic/v3/ICC_CTLR_EL1', 'sve/vector-lengths', 'reg/KVM_REG_ARM_PSCI_VERSION'])
      expect(words).toContain(word);
  });

  it('says how a guest ended that did not come to the end of its table, and looks at no frames without a controller', () => {
    const ended: Ended = { how: 'error', what: 'KVM_RUN: ENOEXEC' };
    const asked: number[] = [];
    const run = (operations: readonly GuestOperation[]): TableResult => {
      asked.push(operations.length);
      return { ended, outcomes: operations.map(() => ({ kind: 'not-reached' })), outside: null };
    };
    const section = observe({ run, gic: 'none' }, () => undefined);
    expect(asked).not.toContain(FRAME_TABLE.length);
    expect(section.frames).toEqual([]);
    expect(section.ended['registers']).toBe('KVM_RUN: ENOEXEC');
  });
});

describe('the counters', () => {
  const tick = fc.bigInt({ min: 0n, max: 10n ** 9n });

  it('are at one rate however long a guest waits between two reads, and whatever their offset', () => {
    fc.assert(
      fc.property(
        fc.array(tick, { minLength: 6, maxLength: 6 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (waits, offset) => {
          let now = 1n;
          const at = waits.map((wait) => (now += wait + 1n));
          const physical = (index: number): bigint => BigInt.asUintN(64, (at[index] ?? 0n) + offset);
          const reads = [at[0], physical(1), at[2], at[3], physical(4), at[5]].map((value) => value ?? 0n);
          expect(counters(values(...reads))).toEqual({ advance: 'both', rate: 'same' });
        },
      ),
    );
  });

  it('are told apart where one runs at half the rate or stands', () => {
    expect(counters(values(0n, 0n, 1n, 1000n, 500n, 1001n))).toEqual({ advance: 'both', rate: '49 %' });
    expect(counters(values(0n, 7n, 1n, 1000n, 7n, 1001n))).toEqual({ advance: 'virtual', rate: 'unknown' });
    expect(counters(fault(0))).toEqual({ advance: 'undefined', rate: 'unknown' });
  });
});
