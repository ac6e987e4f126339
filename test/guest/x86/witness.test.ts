import { describe, expect, test } from 'vitest';
import { BLOCK, HEADER, vcpuBlock } from '../../../src/guest/x86/layout.ts';
import { FAULT, STATE } from '../../../src/guest/x86/mailbox.ts';
import type { GuestOperation } from '../../../src/guest/x86/operation.ts';
import {
  defaultReads,
  defaultTable,
  readOf,
  readWitness,
  witnessMemory,
} from '../../../src/guest/x86/witness/index.ts';
import { VECTOR } from '../../../src/guest/x86/witness/interrupts.ts';
import { CHECK, ENTRY, OWN, areaAddress, checkOffset } from '../../../src/guest/x86/witness/layout.ts';
import { writeProgram } from '../../../src/guest/x86/witness/load.ts';
import { witnessProgram } from '../../../src/guest/x86/witness/program.ts';
import type { WitnessTable } from '../../../src/guest/witness.ts';

const TABLE: WitnessTable<GuestOperation> = {
  setup: [{ do: 'wrmsr', index: 0xc000_0082, value: 1n }],
  reads: [
    { path: 'msr/MSR_LSTAR', operation: { do: 'rdmsr', index: 0xc000_0082 } },
    readOf('cpuid/0x7:0/ebx')!,
    readOf('cpuid/0x7:0/ecx')!,
  ],
};

interface Loaded {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Writes into a vCPU's area. */
  readonly area: (vcpu: number, offset: number, ...words: readonly bigint[]) => void;
  readonly program: ReturnType<typeof witnessProgram>;
}

/** Guest memory as `loadWitness` fills it, which nothing has run in. */
function load(table: WitnessTable<GuestOperation> = TABLE): Loaded {
  const bytes = new Uint8Array(witnessMemory(table, 2).length);
  const view = new DataView(bytes.buffer);
  const program = witnessProgram(table, [0, 1]);
  writeProgram({ bytes, view }, program);
  return {
    bytes,
    view,
    program,
    area: (vcpu, offset, ...words) =>
      words.forEach((word, index) =>
        view.setBigUint64(areaAddress(program.layout, vcpu) + offset + 8 * index, word, true),
      ),
  };
}

describe('a witness in memory', () => {
  test('that has not run says so of everything', () => {
    const report = readWitness(load());
    expect(report?.vcpus).toHaveLength(2);
    for (const vcpu of report?.vcpus ?? []) {
      expect(vcpu).toMatchObject({ rounds: 0, timerTicks: 0, ipis: 0, unanswered: 0, strayInterrupts: 0, changes: [] });
      expect(vcpu.setup).toEqual([{ kind: 'not-reached' }]);
      expect(vcpu.first.map(({ path }) => path)).toEqual([...TABLE.reads.map(({ path }) => path), 'witness/vectors']);
      expect(vcpu.checks.map(({ name, failures }) => [name, failures])).toEqual([
        ['memory', 0],
        ['vectors', 0],
        ['registers', 0],
        ['counter', 0],
        ['exceptions', 0],
      ]);
    }
  });

  test('is none in memory that holds something else', () => {
    const bytes = new Uint8Array(HEADER + 4096);
    expect(readWitness({ bytes, view: new DataView(bytes.buffer) })).toBeNull();
    expect(readWitness({ bytes: bytes.slice(0, 16), view: new DataView(bytes.buffer, 0, 16) })).toBeNull();
  });

  test('tells of a change: what was read before, what is read now, when; and how many more there were', () => {
    const memory = load();
    const { log } = memory.program.layout.area;
    // The second read, a word of a CPUID leaf, from a value to a fault.
    memory.area(1, log + ENTRY.read, 1n, 17n);
    memory.area(1, log + ENTRY.before, BigInt(STATE.values), 0n, 0x19_803abn);
    memory.area(1, log + ENTRY.now, BigInt(STATE.fault));
    memory.area(1, log + ENTRY.now + FAULT.vector, 13n, 0x10n);
    memory.view.setBigUint64(vcpuBlock(1) + OWN.logged, 1n, true);
    memory.view.setBigUint64(vcpuBlock(1) + OWN.notKept, 4n, true);
    const report = readWitness(memory);
    expect(report?.vcpus[0]?.changes).toEqual([]);
    expect(report?.vcpus[1]).toMatchObject({
      changes: [
        {
          path: 'cpuid/0x7:0/ebx',
          round: 17,
          before: { kind: 'values', values: ['0x19803ab'] },
          now: { kind: 'fault', fault: '#GP(0x10)' },
        },
      ],
      changesNotKept: 4,
    });
  });

  test('tells ticks and interrupts between vCPUs from those that nobody sent', () => {
    const memory = load();
    const count = (vector: number, times: number): void =>
      memory.view.setUint32(vcpuBlock(0) + BLOCK.counters + 4 * vector, times, true);
    count(VECTOR.timer, 5);
    count(VECTOR.ipi, 7);
    count(0xff, 2);
    // A fault of a read is no interrupt.
    count(13, 30);
    expect(readWitness(memory)?.vcpus[0]).toMatchObject({ timerTicks: 5, ipis: 7, strayInterrupts: 2 });
  });

  test('tells the first failure of a check, and an exception that no operation made', () => {
    const memory = load();
    const at = vcpuBlock(0) + checkOffset('memory');
    [3n, 9n, 0x6_0000n, 1n, 2n].forEach((word, index) => memory.view.setBigUint64(at + 8 * index, word, true));
    memory.view.setBigUint64(vcpuBlock(0) + BLOCK.strays, 1n, true);
    memory.view.setBigUint64(vcpuBlock(0) + BLOCK.strayVector, 6n, true);
    expect(CHECK.bytes).toBe(40);
    expect(readWitness(memory)?.vcpus[0]?.checks.filter(({ failures }) => failures > 0)).toMatchObject([
      { name: 'memory', failures: 3, first: { round: 9, at: '0x60000', expected: '0x1', found: '0x2' } },
      { name: 'exceptions', failures: 1, first: { found: '0x6' } },
    ]);
  });

  test('with every default read, for eight vCPUs, takes no more than 4 MiB', () => {
    expect(witnessMemory(defaultTable(), 8).length).toBeLessThanOrEqual(0x40_0000);
  });

  test("the witness' own path cannot be a table's", () => {
    const [read] = TABLE.reads;
    const reads = [{ ...read!, path: 'witness/vectors' }];
    expect(() => witnessProgram({ setup: [], reads }, [0])).toThrow(RangeError);
  });
});

describe('what the witness reads', () => {
  test('every default read is found by its word', () => {
    const reads = defaultReads();
    expect(reads.length).toBeGreaterThan(200);
    expect(reads.map(({ path }) => readOf(path))).toEqual(reads);
    expect(new Set(reads.map(({ path }) => path)).size).toBe(reads.length);
    const table = defaultTable();
    expect(new Set(table.reads.map(({ path }) => path)).size).toBe(table.reads.length);
  });

  test('of a CPUID leaf one register counts', () => {
    expect(readOf('cpuid/0xd:1/ecx')).toEqual({
      path: 'cpuid/0xd:1/ecx',
      operation: { do: 'cpuid', leaf: 0xd, subleaf: 1 },
      masks: ['0x0', '0x0', '0xffffffff', '0x0'],
    });
  });

  test.for([
    'msr/MSR_IA32_TSC',
    'msr/0x10',
    'msr/0x838',
    'msr/0xe8',
    'msr/0x40000020',
    'quirk/LINT0_REENABLED',
    'xsave/state',
    'tsc/khz',
  ])('%s is not read: it runs by itself, or is nothing that a guest reads', (word) => {
    expect(readOf(word)).toBeNull();
  });
});
