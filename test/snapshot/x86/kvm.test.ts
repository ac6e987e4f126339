/** This host's KVM saves a guest in mid-run and goes on with it in another VM; real mode, which kvm_pvm runs too. */
import { accessSync, constants } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openDefaultMachine } from '../../../src/guest/x86/default-machine.ts';
import { counterMemory, loadCounter, readCounter, runCounter } from '../../../src/guest/x86/counter/index.ts';
import type { GuestMachine } from '../../../src/guest/machine.ts';
import { openMemory } from '../../../src/guest/memory.ts';
import type { GuestMemory } from '../../../src/guest/memory.ts';
import { openKvm, openLibc, openScratch } from '../../../src/kvm/index.ts';
import type { Host } from '../../../src/settings/index.ts';
import { isIdentical, restoreState, saveState } from '../../../src/snapshot/index.ts';
import { valueOf } from './fake-machine.ts';
import { scrambled } from './scrambled.ts';

const runnable = ((): boolean => {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return process.arch === 'x64';
  } catch {
    return false;
  }
})();

const VCPUS = 2;
const ROUNDS = 1000;
const DEADLINE = 5000;
const KVM_CAP_X86_SMM = 117;
/** Milliseconds. */
const PAUSE = 300;

interface Opened {
  readonly machine: GuestMachine;
  readonly memory: GuestMemory;
}

function withHost(use: (host: Host, open: () => Opened) => void): void {
  const libc = openLibc();
  using cleanup = new DisposableStack();
  const kvm = cleanup.use(valueOf(openKvm(libc)));
  const scratch = valueOf(openScratch(libc));
  cleanup.defer(() => void libc.munmap(scratch.mapping));
  use({ libc, kvm, scratch }, () => {
    const mappings = cleanup.use(new DisposableStack());
    const machine = valueOf(openDefaultMachine(libc, kvm, VCPUS, cleanup.use(new DisposableStack())));
    return { machine, memory: valueOf(openMemory(libc, machine.vm, counterMemory(), mappings)) };
  });
}

describe.skipIf(!runnable)('a guest of two vCPUs that was stopped wherever it was', () => {
  test('goes on in another VM, with every register as it was', () => {
    withHost((host, open) => {
      const from = open();
      valueOf(loadCounter(from.machine, from.memory));
      const run = ({ machine, memory }: Opened) =>
        runCounter(host.libc, machine, memory, { rounds: ROUNDS, deadline: DEADLINE });
      expect(run(from)).toEqual({ how: 'rounds' });
      const state = valueOf(saveState(host, from.machine));
      const to = open();
      to.memory.bytes.set(from.memory.bytes);
      const report = restoreState(host, to.machine, state, { onRefusal: 'stop' });
      expect(report.differences).toEqual([]);
      expect(isIdentical(report)).toBe(true);
      const before = readCounter(to.memory);
      expect(run(to)).toEqual({ how: 'rounds' });
      for (const [at, { rounds, checks }] of readCounter(to.memory).vcpus.entries()) {
        expect(rounds).toBeGreaterThanOrEqual((before.vcpus[at]?.rounds ?? 0) + ROUNDS);
        expect(checks).toEqual([{ name: 'memory', failures: 0, first: null }]);
      }
    });
  });

  test('has a machine that holds whatever it is set to, or says that it does not', () => {
    withHost((host, open) => {
      const from = open();
      valueOf(loadCounter(from.machine, from.memory));
      const smm = valueOf(host.kvm.checkExtension(KVM_CAP_X86_SMM)) > 0;
      const state = scrambled(valueOf(saveState(host, from.machine)), { smm });
      const to = open();
      const report = restoreState(host, to.machine, state, { onRefusal: 'stop' });
      expect(report.units.filter(({ result }) => result.outcome !== 'done')).toEqual([]);
      // kvm_pvm takes a TSC and gives the guest the host's.
      const unset = report.differences
        .map(({ word }) => word)
        .filter((word) => !/^(msr\/MSR_IA32_TSC|tsc\/)/.test(word));
      expect(unset).toEqual([]);
    });
  });

  test('finds its clock where it was, or gone on by the time that passed, as was asked for', () => {
    withHost((host, open) => {
      const from = open();
      valueOf(loadCounter(from.machine, from.memory));
      runCounter(host.libc, from.machine, from.memory, { rounds: ROUNDS, deadline: DEADLINE });
      const state = valueOf(saveState(host, from.machine));
      const saved = performance.now();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
      const gone = (clock: 'still' | 'realtime'): number => {
        const report = restoreState(host, open().machine, state, { onRefusal: 'stop', clock });
        const difference = report.ranOn.find(({ word }) => word === 'vm/clock/clock');
        const adapted = report.units.find(({ unit }) => unit === 'vm/clock')?.adapted ?? [];
        // A host whose TSC does not do for a clock does not tell the time of day with it.
        if (adapted.some((text) => text.startsWith('realtime'))) return PAUSE;
        return Number(BigInt(difference?.reads ?? '0x0') - BigInt(difference?.saved ?? '0x0')) / 1e6;
      };
      const still = gone('still');
      const passed = performance.now() - saved;
      expect(still).toBeGreaterThan(0);
      expect(still).toBeLessThan(passed - PAUSE);
      expect(gone('realtime')).toBeGreaterThanOrEqual(PAUSE);
    });
  });
});
