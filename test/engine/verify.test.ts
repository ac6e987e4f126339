/** What is read back from a machine against what was promised: every outcome, and the fold over them. */
import { describe, expect, test } from 'vitest';
import { registryFor } from '../../src/arch/index.ts';
import { verify } from '../../src/engine/index.ts';
import { hex } from '../../src/model/index.ts';
import type { Execution, Plan, PlanWord, ReadResult, StepResult, Verification } from '../../src/model/index.ts';

const AVX2 = 1n << 5n;
const WORD = 'cpuid/0x7:0/ebx';
const READ = { call: 'KVM_GET_CPUID2', function: 7, index: 0, register: 'ebx' } as const;

function word(value: bigint, change: Partial<PlanWord> = {}): PlanWord {
  return { word: WORD, width: 32, value: hex(value), mask: hex(AVX2), step: 0, read: READ, ...change };
}

/** One step that selects AVX2, and one word. */
function outcome(promised: PlanWord, step: StepResult, read: ReadResult, selects = true): Verification {
  const value = (BigInt(promised.value) & AVX2) === 0n ? '0x0' : '0x1';
  const plan: Plan = {
    format: 'evenkeel.plan/1',
    architecture: 'x86_64',
    contract: 'a contract',
    surface: `sha256:${'0'.repeat(64)}`,
    steps: [
      {
        phase: 'before-first-run',
        rule: 'x86/cpuid',
        call: { call: 'KVM_SET_CPUID2', entries: [] },
        selects: selects ? [{ element: `${WORD}/avx2`, value }] : [],
      },
    ],
    words: [promised],
    notes: [],
    caveats: [],
  };
  const execution: Execution = { steps: [step], reads: [read] };
  return verify(registryFor('x86_64'), plan, execution);
}

const DONE: StepResult = { outcome: 'done' };
const REFUSED: StepResult = { outcome: 'refused', call: 'KVM_SET_CPUID2', errno: 'EINVAL', detail: '1 entries' };

describe('an element', () => {
  test('that was set and reads as promised is taken', () => {
    expect(outcome(word(0n), DONE, { value: '0x0', supported: hex(AVX2) })).toMatchObject({
      honoured: 'yes',
      counts: { taken: 1 },
      elements: [{ element: `${WORD}/avx2`, outcome: 'taken' }],
    });
  });

  test('that the host shows by itself is the default, and is only counted', () => {
    const found = outcome(word(AVX2), DONE, { value: hex(AVX2), supported: '0x0' }, false);
    expect(found).toMatchObject({ honoured: 'yes', counts: { default: 1 }, elements: [] });
  });

  test('that reads otherwise although the call succeeded is ignored', () => {
    expect(outcome(word(0n), DONE, { value: hex(AVX2), supported: hex(AVX2) })).toMatchObject({
      honoured: 'no',
      elements: [{ outcome: 'ignored', promised: 0n, reads: 1n }],
    });
  });

  test('that reads back and that KVM does not support is ignored: the guest is told of what is not there', () => {
    expect(outcome(word(AVX2), DONE, { value: hex(AVX2), supported: '0x0' })).toMatchObject({
      honoured: 'no',
      elements: [{ outcome: 'ignored', reads: 1n }],
    });
  });

  test('whose call fails is refused, with the call and the errno', () => {
    const found = outcome(word(0n), REFUSED, { value: hex(AVX2) });
    expect(found).toMatchObject({ honoured: 'no', elements: [{ outcome: 'refused' }] });
    expect(found.elements[0]?.text).toBe('KVM_SET_CPUID2(1 entries): EINVAL');
  });

  test('that reads otherwise and for which there was no call differs', () => {
    const found = outcome(word(0n, { step: null }), DONE, { value: hex(AVX2) }, false);
    expect(found).toMatchObject({ honoured: 'no', elements: [{ outcome: 'differs' }] });
  });

  test('that no call reads back is undecided once it was set, and not before', () => {
    const nothing: ReadResult = { value: null, why: 'KVM has no call that reads it' };
    expect(outcome(word(0n, { read: null, unread: 'none' }), DONE, nothing).honoured).toBe('unknown');
    expect(outcome(word(0n, { read: null, unread: 'default', step: null }), DONE, nothing).honoured).toBe('yes');
    expect(outcome(word(0n, { read: null, unread: 'call' }), DONE, nothing).honoured).toBe('yes');
    expect(outcome(word(0n, { read: null, unread: 'call' }), REFUSED, nothing).honoured).toBe('no');
  });

  test('that reads back on a host where reading back is no proof is undecided', () => {
    const doubt = 'the guest does not see it';
    expect(outcome(word(0n, { doubt }), DONE, { value: '0x0', supported: hex(AVX2) })).toMatchObject({
      honoured: 'unknown',
      elements: [{ outcome: 'unproved', text: doubt }],
    });
  });

  test('of a register that is not there is no harm where its value means "unused"', () => {
    const missing: ReadResult = { value: null, why: 'KVM_GET_ONE_REG: ENOENT' };
    expect(outcome(word(0n, { step: null, neutral: '0x0' }), DONE, missing).honoured).toBe('yes');
    expect(outcome(word(AVX2, { step: null, neutral: '0x0' }), DONE, missing)).toMatchObject({
      honoured: 'no',
      // The whole word, and not each of its bits.
      elements: [{ element: WORD, outcome: 'differs', promised: AVX2, reads: null }],
    });
  });
});

test('of a batch of MSRs only those that were refused fail', () => {
  const index = 0x10a;
  const of = (refused: readonly number[]): Verification => {
    const plan: Plan = {
      format: 'evenkeel.plan/1',
      architecture: 'x86_64',
      contract: 'a contract',
      surface: `sha256:${'0'.repeat(64)}`,
      steps: [
        {
          phase: 'before-first-run',
          rule: 'x86/feature-msrs',
          call: { call: 'KVM_SET_MSRS', msrs: [{ index, value: '0x1' }] },
          selects: [],
        },
      ],
      words: [
        {
          word: 'msr/MSR_IA32_ARCH_CAPABILITIES',
          width: 64,
          value: '0x1',
          mask: '0x1',
          step: 0,
          read: { call: 'KVM_GET_MSRS', index },
        },
      ],
      notes: [],
      caveats: [],
    };
    return verify(registryFor('x86_64'), plan, { steps: [{ outcome: 'partly', refused }], reads: [{ value: '0x0' }] });
  };
  expect(of([index]).elements[0]).toMatchObject({ outcome: 'refused', text: 'KVM_SET_MSRS does not take 0x10a' });
  expect(of([0x48]).elements[0]).toMatchObject({ outcome: 'ignored' });
});
