/** Fields of QEMU's vCPU state and the MSRs that they hold, against what its profiles say that it saves. */
import { expect, test } from 'vitest';
import { VMM_PROFILES } from '../../../../src/arch/vmm/index.ts';
import { rowFor } from '../../../../src/engine/index.ts';
import { cpuSubsection, knowsSubsection, x86FieldWord } from '../../../../src/interop/qemu/cpu-state/index.ts';
import { X86_FIELDS, X86_SUBSECTIONS } from '../../../../src/interop/qemu/cpu-state/x86.ts';

test('every MSR that a field holds is one that QEMU saves, by its profile', () => {
  const profile = VMM_PROFILES.find(({ name }) => name === 'qemu:11.1');
  if (profile === undefined) throw new Error('no profile of QEMU 11.1');
  const words = X86_FIELDS.map((field) => x86FieldWord(field, 0));
  expect(words.length).toBeGreaterThan(70);
  const unsaved = words.filter((word) => word === null || rowFor(profile, 'x86_64', word)?.saves !== 'yes');
  expect(unsaved).toEqual([]);
  expect(new Set(words).size).toBe(words.length);
});

test('arrays are counted from their first MSR', () => {
  expect(x86FieldWord('env.mtrr_fixed', 0)).toBe('msr/MSR_MTRRfix64K_00000');
  expect(x86FieldWord('env.mtrr_fixed', 10)).toBe('msr/MSR_MTRRfix4K_F8000');
  expect(x86FieldWord('env.mtrr_fixed', 11)).toBeNull();
  expect(x86FieldWord('env.msr_hv_stimer_count', 3)).toBe(x86FieldWord('env.msr_hv_stimer_count', 3));
  expect(x86FieldWord('env.regs', 0)).toBeNull();
  expect(x86FieldWord('constructor', null)).toBeNull();
});

test('subsections are known from one version on', () => {
  expect(new Set(X86_SUBSECTIONS.map(({ name }) => name)).size).toBe(X86_SUBSECTIONS.length);
  const row = cpuSubsection('x86_64', 'cpu/pkrs');
  if (row === null) throw new Error('cpu/pkrs is in the table');
  expect(['5.2', '7.2', '10.0', '11.1', '4.2'].map((version) => knowsSubsection(row, version))).toEqual([
    false,
    true,
    true,
    true,
    null,
  ]);
});
