import { constants, accessSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describeExit, readExit } from '../../src/guest/exit.ts';
import type { Exit } from '../../src/guest/exit.ts';
import { openRuns } from '../../src/guest/machine.ts';
import { openMemory } from '../../src/guest/memory.ts';
import { runVcpus } from '../../src/guest/run.ts';
import type { RunEnd } from '../../src/guest/run.ts';
import { KVM_GET_SREGS, KVM_SET_REGS, KVM_SET_SREGS, KVM_SREGS, openKvm, openLibc } from '../../src/kvm/index.ts';
import type { Kvm, Libc, Vcpu } from '../../src/kvm/index.ts';
import type { Result } from '../../src/model/index.ts';

/** x86 hosts that have KVM, PVM's real mode included; elsewhere there is nothing that these few bytes could run on. */
const runnable = ((): boolean => {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return process.arch === 'x64';
  } catch {
    return false;
  }
})();

const value = <T>(result: Result<T, unknown>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

/** Real mode: each vCPU begins at its own page, where its code is. */
function realMode(vcpu: Vcpu, page: number): void {
  const sregs = new Uint8Array(KVM_SREGS.size);
  value(vcpu.raw(KVM_GET_SREGS, sregs, ''));
  const view = new DataView(sregs.buffer);
  view.setBigUint64(KVM_SREGS.fields.cs.offset, 0n, true);
  view.setUint16(KVM_SREGS.fields.cs.offset + 12, 0, true);
  value(vcpu.raw(KVM_SET_SREGS, sregs, ''));
  value(vcpu.struct(KVM_SET_REGS, { rip: BigInt(page), rflags: 2n }));
}

function guest(
  codes: readonly (readonly number[])[],
  use: (run: (options: Parameters<typeof runVcpus>[2]) => RunEnd, libc: Libc, kvm: Kvm) => void,
): void {
  const libc = openLibc();
  using cleanup = new DisposableStack();
  const kvm = cleanup.use(value(openKvm(libc)));
  const mappings = cleanup.use(new DisposableStack());
  const vm = cleanup.use(value(kvm.createVm()));
  const memory = value(openMemory(libc, vm, { base: 0n, length: 0x10000 }, mappings));
  const vcpus = codes.map((code, id) => {
    const fd = cleanup.use(value(vm.createVcpu(id)));
    memory.bytes.set(code, 0x1000 * (id + 1));
    realMode(fd, 0x1000 * (id + 1));
    return { id, fd };
  });
  const runs = cleanup.use(new DisposableStack());
  const machine = value(openRuns(libc, kvm, { vm, vcpus, devices: new Map() }, runs));
  use((options) => runVcpus(libc, machine.vcpus, options), libc, kvm);
}

const SPIN = [0xeb, 0xfe]; // jmp to itself
const OUT_AND_SPIN = [0xb0, 0x2a, 0xe6, 0x80, 0xeb, 0xfe]; // mov al, 42; out 0x80, al; jmp to itself

describe('exits', () => {
  test('an OUT of two words carries its port and its data', () => {
    const memory = new ArrayBuffer(8192);
    const view = new DataView(memory);
    view.setUint32(8, 2, true);
    view.setUint8(32, 1);
    view.setUint8(33, 2);
    view.setUint16(34, 0x3f8, true);
    view.setUint32(36, 2, true);
    view.setBigUint64(40, 4096n, true);
    view.setUint32(4096, 0x1234_5678, true);
    const exit = readExit({ address: 0n, length: 8192, memory });
    expect(exit).toEqual({
      reason: 'io',
      direction: 'out',
      port: 0x3f8,
      size: 2,
      count: 2,
      data: Uint8Array.of(0x78, 0x56, 0x34, 0x12),
    });
    expect(describeExit(exit)).toBe('KVM_EXIT_IO (out, port 0x3f8)');
  });

  test('a reason that is not decoded keeps its number', () => {
    const memory = new ArrayBuffer(4096);
    new DataView(memory).setUint32(8, 4711, true);
    expect(readExit({ address: 0n, length: 4096, memory })).toEqual({ reason: 'other', number: 4711 });
  });
});

describe.skipIf(!runnable)('vCPUs that take turns', () => {
  test('a guest that spins is ended at its deadline', () => {
    guest([SPIN], (run) => {
      const begun = performance.now();
      const ended = run({ deadline: 60, onExit: () => 'stop' });
      expect(ended).toEqual({ how: 'deadline' });
      expect(performance.now() - begun).toBeGreaterThanOrEqual(60);
    });
  });

  test('one that spins does not keep the other from its turn', () => {
    guest([SPIN, OUT_AND_SPIN], (run) => {
      const exits: [Exit, number][] = [];
      const ended = run({
        deadline: 5000,
        onExit(exit, vcpu) {
          exits.push([exit, vcpu]);
          return 'stop';
        },
      });
      expect(ended).toEqual({ how: 'stopped' });
      expect(exits).toMatchObject([[{ reason: 'io', port: 0x80, data: Uint8Array.of(42) }, 1]]);
    });
  });

  test('stops at the end of a turn, wherever the guest is', () => {
    guest([SPIN, SPIN], (run) => {
      const turns: number[] = [];
      const ended = run({
        deadline: 5000,
        slice: 1,
        onExit: () => 'stop',
        onTurn: (vcpu) => (turns.push(vcpu) < 4 ? 'continue' : 'stop'),
      });
      expect(ended).toEqual({ how: 'stopped' });
      expect(turns).toEqual([0, 1, 0, 1]);
    });
  });
});
