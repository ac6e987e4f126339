import { describe, expect, test } from 'vitest';
import { openLibc, openKvm } from '../../../src/kvm/index.ts';
import { openDefaultMachine } from '../../../src/guest/x86/default-machine.ts';
import { BLOCK, GUEST_BYTES, vcpuBlock } from '../../../src/guest/x86/layout.ts';
import { FAULT, STATE, slotAddress, valueAddress } from '../../../src/guest/x86/mailbox.ts';
import { describeGuestOperation, openGuest, runTable, valueNames, whyNot } from '../../../src/guest/x86/index.ts';
import type { GuestOperation, GuestOutcome, Mode } from '../../../src/guest/x86/index.ts';
import { operationFromJson, operationToJson, outcomeToJson } from '../../../src/guest/x86/operation-json.ts';
import { assembleTable, currentOperation, decodeTable } from '../../../src/guest/x86/table.ts';
import { whyNoKvm } from '../../arch/x86/surfaces.ts';

const NOTHING: ReadonlyMap<number, string> = new Map();

function emptyMemory(): DataView {
  return new DataView(new ArrayBuffer(GUEST_BYTES));
}

describe('the mailbox', () => {
  const table: readonly GuestOperation[] = [
    { do: 'cpuid', leaf: 7, subleaf: 0 },
    { do: 'rdmsr', index: 0x1234 },
    { do: 'rdtsc' },
    { do: 'wrmsr', index: 0x10, value: 0n },
  ];

  test('of a guest that never ran has nothing', () => {
    const outcomes = decodeTable(assembleTable('long', table), emptyMemory(), NOTHING);
    expect(outcomes).toEqual(table.map(() => ({ outcome: 'not-reached' })));
  });

  test('tells values, a fault with its instruction, what was going on, and what left the guest', () => {
    const program = assembleTable('long', table);
    const memory = emptyMemory();
    memory.setUint32(slotAddress(0), STATE.values, true);
    memory.setBigUint64(valueAddress(slotAddress(0), 1), 0xffff_ffff_ffff_ffffn, true);
    const rdmsr = program.listing.find(({ text }) => text === 'rdmsr');
    memory.setUint32(slotAddress(1), STATE.fault, true);
    memory.setBigUint64(slotAddress(1) + FAULT.vector, 13n, true);
    memory.setBigUint64(slotAddress(1) + FAULT.address, BigInt(rdmsr?.address ?? 0), true);
    memory.setUint32(slotAddress(2), STATE.begun, true);
    memory.setBigUint64(vcpuBlock(0) + BLOCK.slot, BigInt(slotAddress(2)), true);
    expect(currentOperation(memory)).toBe(2);
    expect(decodeTable(program, memory, new Map([[3, 'KVM_EXIT_SHUTDOWN']]))).toMatchObject([
      { outcome: 'values', values: [0n, 0xffff_ffff_ffff_ffffn, 0n, 0n] },
      { outcome: 'fault', vector: 13, instruction: 'rdmsr' },
      { outcome: 'unfinished' },
      { outcome: 'exit', exit: 'KVM_EXIT_SHUTDOWN' },
    ]);
  });

  test('a table that does not fit its memory is refused before anything is written', () => {
    const many = Array.from({ length: 1000 }, (): GuestOperation => ({ do: 'cpuid', leaf: 0, subleaf: 0 }));
    expect(() => assembleTable('real', many)).toThrow(/1000 operations make/);
    expect(assembleTable('long', many).operations).toHaveLength(1000);
  });
});

describe('operations', () => {
  const every: readonly GuestOperation[] = [
    { do: 'cpuid', leaf: 1, subleaf: 2 },
    { do: 'rdmsr', index: 3 },
    { do: 'wrmsr', index: 3, value: 0xffff_ffff_ffff_ffffn },
    { do: 'rdtsc' },
    { do: 'xgetbv', index: 0 },
    { do: 'xsetbv', index: 0, value: 7n },
    { do: 'read-control', register: 'cr8' },
    { do: 'write-control', register: 'cr4', value: 0x220n },
    { do: 'load', address: 0xfee0_0030n, bytes: 4 },
    { do: 'store', address: 0xb000n, bytes: 8, value: 5n },
    { do: 'in', port: 0x60, bytes: 1 },
    { do: 'out', port: 0x60, bytes: 2, value: 0x1234 },
    { do: 'hypercall', instruction: 'vmcall', rax: 1n },
    { do: 'raw', code: [0x0f, 0x0b], rcx: 2n },
    { do: 'host', token: 9 },
  ];

  test('survive JSON, as their outcomes do', () => {
    for (const operation of every) {
      if (operation.do === 'code') continue;
      const json: unknown = JSON.parse(JSON.stringify(operationToJson(operation)));
      expect(operationFromJson(json as ReturnType<typeof operationToJson>)).toEqual(operation);
      expect(describeGuestOperation(operation)).not.toBe('');
    }
    const fault: GuestOutcome = {
      outcome: 'fault',
      vector: 14,
      errorCode: 2n,
      address: 0x4000n,
      instruction: null,
      cr2: 0xffff_ffff_ffff_fff8n,
      dr6: 0n,
    };
    expect(outcomeToJson(fault)).toMatchObject({ cr2: '0xfffffffffffffff8', errorCode: '0x2' });
  });

  test('real mode says of each what it cannot do', () => {
    const impossible = every.filter((operation) => whyNot(operation, 'real') !== null);
    expect(impossible.map(describeGuestOperation)).toEqual(['MOV from CR8', 'store of 0x5 (8 bytes) at 0xb000']);
    expect(every.filter((operation) => whyNot(operation, 'long') !== null)).toEqual([]);
  });
});

/** Asks this host's KVM. */
function run(mode: Mode, operations: readonly GuestOperation[]): ReturnType<typeof runTable> {
  const libc = openLibc();
  using mappings = new DisposableStack();
  using cleanup = new DisposableStack();
  const kvm = openKvm(libc);
  if (!kvm.ok) throw new Error(kvm.error.meaning);
  cleanup.use(kvm.value);
  const machine = openDefaultMachine(libc, kvm.value, 1, cleanup);
  if (!machine.ok) throw new Error(`${machine.error.call}: ${machine.error.meaning}`);
  const guest = openGuest(libc, machine.value, mode, mappings);
  if (!guest.ok) throw new Error(guest.error.meaning);
  return runTable(guest.value, operations, { patience: 200 });
}

describe('a guest in real mode on this host', () => {
  test('reads, faults and goes on, to the end of its table', (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    const table: readonly GuestOperation[] = [
      { do: 'cpuid', leaf: 0, subleaf: 0 },
      // In no range that any CPU or KVM has.
      { do: 'rdmsr', index: 0x1234_5678 },
      { do: 'rdmsr', index: 0x1b },
      { do: 'store', address: 0xb000n, bytes: 4, value: 0x1234_5678n },
      { do: 'load', address: 0xb000n, bytes: 2 },
      { do: 'in', port: 0x500, bytes: 2 },
      { do: 'load', address: 0xd000_0000n, bytes: 4 },
      { do: 'raw', code: [0xeb, 0xfe] },
      { do: 'load', address: 0xfee0_0030n, bytes: 8 },
      { do: 'read-control', register: 'cr0' },
    ];
    const ran = run('real', table);
    if (!ran.ok) throw new Error(ran.error.meaning);
    const { ended, outcomes, taken, exits } = ran.value;
    expect(ended).toBe('finished');
    expect(taken).toEqual(new Map([[13, 1]]));
    expect(exits).toEqual([
      { operation: 5, exit: 'KVM_EXIT_IO (in, port 0x500)' },
      { operation: 6, exit: 'KVM_EXIT_MMIO (load from 0xd0000000)' },
    ]);
    expect(outcomes).toMatchObject([
      { outcome: 'values' },
      { outcome: 'fault', vector: 13, instruction: 'rdmsr' },
      // The local APIC where it begins, enabled, on the boot processor.
      { outcome: 'values', values: [0xfee0_0900n] },
      { outcome: 'values', values: [] },
      { outcome: 'values', values: [0x5678n] },
      { outcome: 'values', values: [0xffffn] },
      { outcome: 'values', values: [0xffff_ffffn] },
      { outcome: 'exit', exit: 'no end within 200 ms' },
      { outcome: 'impossible' },
      { outcome: 'values', values: [0x10n] },
    ]);
    const [first] = outcomes;
    expect(first?.outcome === 'values' ? first.values : []).toHaveLength(valueNames(table[0]!).length);
  });
});
