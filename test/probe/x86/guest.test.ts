import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KVM_SET_CPUID2, openKvm, openLibc, openScratch } from '../../../src/kvm/index.ts';
import type { Kvm, Mapping } from '../../../src/kvm/index.ts';
import { cpuidObserved } from '../../../src/probe/steps/x86/cpuid-observed.ts';
import { GUEST_BYTES, load, results } from '../../../src/probe/steps/x86/cpuid-guest.ts';
import { CpuidTable } from '../../../src/probe/steps/x86/cpuid-table.ts';
import { ordering } from '../../../src/probe/steps/x86/ordering/index.ts';
import { switches } from '../../../src/probe/steps/x86/switches.ts';
import { readMsrs, writeMsrs } from '../../../src/probe/steps/x86/msr-batch.ts';
import { baseTable, createFresh, createWithCpuid } from '../../../src/probe/steps/x86/fresh.ts';
import { whyNoKvm } from '../../arch/x86/surfaces.ts';

function withKvm(run: (kvm: Kvm) => void): void {
  const kvm = openKvm(openLibc());
  if (!kvm.ok) throw new Error(kvm.error.meaning);
  using fd = kvm.value;
  run(fd);
}

describe('the guest that reads CPUID', () => {
  const memory: Mapping = { address: 0n, length: GUEST_BYTES, memory: new ArrayBuffer(GUEST_BYTES) };

  test('its results are found where its program stores them', () => {
    load(memory, [
      { leaf: 0, subleaf: 0 },
      { leaf: 7, subleaf: 1 },
    ]);
    // The second row: 24 bytes behind the first, leaf and subleaf before the four registers.
    new DataView(memory.memory).setUint32(0x2000 + 24 + 12, 0x1234, true);
    expect(
      results(memory, [
        { leaf: 0, subleaf: 0 },
        { leaf: 7, subleaf: 1 },
      ])[1],
    ).toMatchObject({ leaf: 7, subleaf: 1, ebx: 0x1234 });
  });

  test('runs to its end on this host', (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    withKvm((kvm) => {
      const libc = openLibc();
      const scratch = openScratch(libc);
      if (!scratch.ok) throw new Error(scratch.error.meaning);
      const section = cpuidObserved.run({ libc, kvm, scratch: scratch.value, note: () => undefined });
      expect(section).toMatchObject({
        outcome: 'measured',
        data: { base: { ended: 'halted' }, cleared: { ended: 'halted' } },
      });
    });
  });
});

describe('trials on this host', () => {
  test.for([ordering, switches])('$name leaves no file descriptor open', (step, context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    withKvm((kvm) => {
      const libc = openLibc();
      const scratch = openScratch(libc);
      if (!scratch.ok) throw new Error(scratch.error.meaning);
      const before = readdirSync('/proc/self/fd').length;
      const section = step.run({ libc, kvm, scratch: scratch.value, note: () => undefined });
      expect(section.outcome).toBe('measured');
      expect(readdirSync('/proc/self/fd').length).toBe(before);
    });
  });

  test('a guest has run before what KVM_RUN freezes is tried', (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    withKvm((kvm) => {
      const libc = openLibc();
      const scratch = openScratch(libc);
      if (!scratch.ok) throw new Error(scratch.error.meaning);
      const section = ordering.run({ libc, kvm, scratch: scratch.value, note: () => undefined });
      expect(section).toMatchObject({ outcome: 'measured', data: { ran: 'KVM_EXIT_IO' } });
    });
  });
});

describe('batches of MSRs', () => {
  const LISTED = 0x174; // SYSENTER_CS
  const NOWHERE = 0x1234_5678;

  test('go on behind an MSR that cannot be read or written', (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    withKvm((kvm) => {
      const created = createWithCpuid(kvm);
      if (!created.ok) throw new Error(created.error.meaning);
      using fresh = created.value;
      const read = readMsrs(fresh.vcpu, [LISTED, NOWHERE, LISTED, NOWHERE]);
      expect(read.ok && read.value).toEqual([0n, null, 0n, null]);
      const written = writeMsrs(fresh.vcpu, [
        { index: NOWHERE, data: 1n },
        { index: LISTED, data: 0x10n },
      ]);
      expect(written.ok && written.value).toEqual([false, true]);
      const again = readMsrs(fresh.vcpu, [LISTED]);
      expect(again.ok && again.value).toEqual([0x10n]);
    });
  });
});

describe('the CPUID table as bytes', () => {
  test('is what the kernel takes, word for word', (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    withKvm((kvm) => {
      const entries = baseTable(kvm);
      const created = createFresh(kvm);
      if (!entries.ok || !created.ok) throw new Error('no table or no vCPU');
      using fresh = created.value;
      const table = CpuidTable.from(entries.value);
      expect(table.words).toBe(entries.value.length * 4);
      const word = table.find(0, 0, 'ebx');
      expect(word === null ? null : table.read(word)).toBe(entries.value.find((entry) => entry.function === 0)?.ebx);
      expect(fresh.vcpu.raw(KVM_SET_CPUID2, table.buffer, '').ok).toBe(true);
    });
  });

  test('no APIC id of the CPU that was asked is in it', (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    withKvm((kvm) => {
      const entries = baseTable(kvm);
      if (!entries.ok) throw new Error(entries.error.meaning);
      const leaf1 = entries.value.find((entry) => entry.function === 1);
      expect((leaf1?.ebx ?? 1) >>> 24).toBe(0);
    });
  });
});
