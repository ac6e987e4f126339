import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectedText, valueOf } from '../../../src/arch/behaviour.ts';
import { BEHAVIOURS, SETTING } from '../../../src/arch/arm64/tables/behaviours.ts';
import { applicationsOf, GROUPS, PROGRAMS, runBehaviours, testsOf } from '../../../src/guest/arm64/behaviour/index.ts';
import type { Outcome, TableResult } from '../../../src/guest/arm64/index.ts';
import { valuesOf } from '../../../src/guest/arm64/operation.ts';
import type { GuestOperation } from '../../../src/guest/arm64/index.ts';

const UNDEFINED: Outcome = {
  kind: 'fault',
  exception: 'synchronous',
  origin: 'current',
  exceptionClass: 0,
  esr: 0x200_0000n,
  far: 0n,
  elr: 0x4000_0000n,
};

/** A machine on which every operation gives what `answer` says, and no table ends early. */
const machine =
  (answer: (operation: GuestOperation) => Outcome) =>
  (operations: readonly GuestOperation[]): TableResult => ({
    ended: { how: 'done' },
    outcomes: operations.map(answer),
    outside: null,
  });

const values = (operation: GuestOperation, value: (index: number) => bigint): Outcome => ({
  kind: 'values',
  values: Array.from({ length: valuesOf(operation) }, (_, index) => value(index)),
});

function judged(answer: (operation: GuestOperation) => Outcome): ReadonlyMap<string, unknown> {
  return new Map([...runBehaviours(machine(answer))].map(([id, tested]) => [id, tested.judged]));
}

describe('behaviour tests of arm64', () => {
  it('have a program for every row of the table, and no other', () => {
    const ids = [...runBehaviours(machine(() => UNDEFINED)).keys()];
    expect(ids.toSorted()).toEqual(BEHAVIOURS.map(({ id }) => id).toSorted());
  });

  it('come to an outcome of the table or say why not, whatever a guest reads', () => {
    const word = fc.oneof(
      fc.constantFrom(0n, 1n, 3n, 2n ** 64n - 1n, 0xffff_ffffn),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    );
    const outcomes = fc.array(fc.oneof(fc.constant(null), word), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(outcomes, (drawn) => {
        let at = 0;
        const next = (operation: GuestOperation): Outcome => {
          const found = drawn[at++ % drawn.length];
          return found === null || found === undefined ? UNDEFINED : values(operation, () => found);
        };
        for (const [id, outcome] of judged(next)) {
          const row = BEHAVIOURS.find((each) => each.id === id);
          if (row === undefined) throw new Error(`no row ${id}`);
          if (typeof outcome === 'string') expect(valueOf(row, outcome), `${id}: ${outcome}`).not.toBeNull();
          else expect(outcome).toHaveProperty('why');
        }
      }),
    );
  });

  it('tell a PMU that is not there from counters that stand still', () => {
    expect(judged(() => UNDEFINED).get('pmu/cycles-counted')).toBe('undefined');
    expect(judged((operation) => values(operation, () => 7n)).get('pmu/cycles-counted')).toBe('stands');
    const counting = (operation: GuestOperation): Outcome => values(operation, (index) => BigInt(index));
    expect(judged(counting).get('pmu/cycles-counted')).toBe('counts');
  });

  it('count only event counters that the guest itself turned on: bits that KVM left over are none', () => {
    const reads = [0b1_1110n, 0b1_1111n];
    const pmcntenset = (operation: GuestOperation): Outcome => {
      const asked = operation.kind === 'read' && 'register' in operation.from ? operation.from.register : '';
      return asked === 'PMCNTENSET_EL0' ? values(operation, () => reads.shift() ?? 0n) : values(operation, () => 0n);
    };
    expect(judged(pmcntenset).get('pmu/event-counters')).toBe('1');
  });

  it('know a call that is not there by a -1 of 32 bits as by one of 64', () => {
    for (const x0 of [0xffff_ffffn, 2n ** 64n - 1n]) {
      const outcomes = judged((operation) => values(operation, () => x0));
      expect(outcomes.get('smccc/random-numbers')).toBe('not-supported');
      expect(outcomes.get('psci/features')).toBe('not-supported');
    }
  });

  it('end a guest that loads without a syndrome as KVM, the VMM or the guest itself sees it', () => {
    const ending = (ended: TableResult['ended'], outcome: Outcome = { kind: 'begun' }): unknown =>
      runBehaviours((operations) => ({ ended, outcomes: operations.map(() => outcome), outside: null })).get(
        'mmio/no-syndrome',
      )?.judged;
    expect(ending({ how: 'error', what: 'KVM_RUN: ENOSYS' })).toBe('run-fails');
    expect(ending({ how: 'exit', what: 'KVM_EXIT_ARM_NISV (address 0xa000000)' })).toBe('vmm-asked');
    expect(ending({ how: 'done' }, { ...UNDEFINED, exceptionClass: 0x25 })).toBe('external-abort');
    expect(ending({ how: 'deadline' })).toHaveProperty('why', expect.stringContaining('in time'));
  });

  it('make every setting of the table on one machine or another', () => {
    const made = new Set(GROUPS.flat().map((name) => selectedText(SETTING[name])));
    const wanted = new Set(BEHAVIOURS.flatMap(({ settings }) => settings.map(selectedText)));
    expect(made).toEqual(wanted);
    for (const name of GROUPS.flat()) {
      expect(testsOf(name), name).not.toEqual([]);
      expect(applicationsOf(SETTING[name]), name).not.toEqual([]);
    }
  });

  it('have no two settings of one word on one machine', () => {
    for (const group of GROUPS) {
      const words = group.map((name) => SETTING[name].word);
      expect(new Set(words).size).toBe(words.length);
    }
  });

  it('leave what they read out where it differs from run to run', () => {
    const tested = runBehaviours(machine((operation) => values(operation, () => 5n)));
    expect(tested.get('timer/counters')?.reads).toEqual([]);
    expect(tested.get('cache/levels')?.reads).toEqual([5n]);
    expect(PROGRAMS.filter(({ varies }) => varies === true).length).toBeGreaterThan(0);
  });
});
