import { describe, expect, test } from 'vitest';
import { a64, code, load, MEMORY_BASE, mrs } from '../../../src/guest/arm64/index.ts';
import type { GuestOperation } from '../../../src/guest/arm64/index.ts';
import {
  defaultReads,
  defaultTable,
  readOf,
  readWitness,
  witnessMemory,
} from '../../../src/guest/arm64/witness/index.ts';
import { AREA, areaLayout, slotWords } from '../../../src/guest/arm64/witness/layout.ts';
import { witnessProgram } from '../../../src/guest/arm64/witness/program.ts';
import { readDescription } from '../../../src/guest/arm64/witness/report.ts';
import type { GuestMemory } from '../../../src/guest/memory.ts';
import type { WitnessTable } from '../../../src/guest/witness.ts';

const TABLE: WitnessTable<GuestOperation> = {
  setup: [mrs('CNTFRQ_EL0')],
  reads: [
    { path: 'reg/MIDR_EL1', operation: mrs('MIDR_EL1') },
    { path: 'four', operation: code(4, () => []), masks: ['0xff', '0xff', '0xff', '0xff'] },
  ],
};

/** Guest memory as `loadWitness` fills it, which nothing has run in. */
function memoryOf(table: WitnessTable<GuestOperation>, vcpus: number): GuestMemory {
  const { length } = witnessMemory(table, vcpus);
  const bytes = new Uint8Array(length);
  bytes.set(witnessProgram(table, vcpus).bytes);
  return { base: BigInt(MEMORY_BASE), bytes, view: new DataView(bytes.buffer) };
}

/** Writes words into the area of a vCPU as its code would. */
function areaOf(memory: GuestMemory, vcpu: number): (offset: number, ...words: readonly bigint[]) => void {
  const description = readDescription(memory);
  if (description === null) throw new Error('there is no witness');
  const area = description.areas + vcpu * description.layout.bytes;
  return (offset, ...words) =>
    words.forEach((word, at) => memory.view.setBigUint64(area + offset + 8 * at, word, true));
}

describe('a witness in memory', () => {
  test('that has not run says so of everything', () => {
    const report = readWitness(memoryOf(TABLE, 2));
    expect(report?.vcpus).toHaveLength(2);
    for (const vcpu of report?.vcpus ?? []) {
      expect(vcpu).toMatchObject({ rounds: 0, timerTicks: 0, ipis: 0, unanswered: 0, strayInterrupts: 0, changes: [] });
      expect(vcpu.setup).toEqual([{ kind: 'not-reached' }]);
      expect(vcpu.first.map(({ path }) => path)).toEqual(['reg/MIDR_EL1', 'four']);
      expect(vcpu.checks.map(({ failures }) => failures)).toEqual([0, 0, 0, 0]);
    }
  });

  test('is none in memory that holds something else', () => {
    const bytes = new Uint8Array(4096);
    expect(readWitness({ base: 0n, bytes, view: new DataView(bytes.buffer) })).toBeNull();
  });

  test('tells of a change: what was read before, what is read now, when; and how many more there were', () => {
    const memory = memoryOf(TABLE, 2);
    const { log, entryBytes } = areaLayout(TABLE);
    const write = areaOf(memory, 1);
    const now = 16 + (entryBytes - 16) / 2;
    // Slot 2 is the second read, behind the setup operation; from four values to an undefined instruction.
    write(log, 2n, 17n, 2n, 1n, 2n, 3n, 4n);
    write(log + now, 3n, 4n, 0x200_0000n);
    write(AREA.logged, 1n);
    write(AREA.changes, 5n);
    const report = readWitness(memory);
    expect(report?.vcpus[0]?.changes).toEqual([]);
    expect(report?.vcpus[1]).toMatchObject({
      changes: [
        {
          path: 'four',
          round: 17,
          before: { kind: 'values', values: ['0x1', '0x2', '0x3', '0x4'] },
          now: { kind: 'fault', fault: 'undefined instruction (ESR 0x2000000)' },
        },
      ],
      changesNotKept: 4,
    });
  });

  test('tells of the first failure of a check', () => {
    const memory = memoryOf(TABLE, 1);
    areaOf(memory, 0)(AREA.checks, 3n, 9n, 0x4000_2000n, 1n, 2n);
    expect(readWitness(memory)?.vcpus[0]?.checks[0]).toEqual({
      name: 'memory',
      failures: 3,
      first: { round: 9, at: '0x40002000', expected: '0x1', found: '0x2' },
    });
  });

  test('has room for each of its parts, and fits into 4 MiB with 16 vCPUs', () => {
    const table = defaultTable();
    const layout = areaLayout(table);
    const operations = [...table.setup, ...table.reads.map(({ operation }) => operation)];
    expect(AREA.current + 8 * slotWords(18)).toBeLessThanOrEqual(layout.last);
    expect(layout.first - layout.last).toBe(operations.length * layout.slotBytes);
    expect(layout.page % 64).toBe(0);
    expect(layout.stackTop % 16).toBe(0);
    expect(witnessMemory(table, 16).length).toBeLessThanOrEqual(4 << 20);
    expect(witnessMemory(table, 2).length % 0x1_0000).toBe(0);
  });
});

describe('the tables of an ITS', () => {
  test('lie where its registers can point to: at multiples of 64 KiB, none over another', () => {
    const program = witnessProgram(TABLE, 3);
    const at = (name: string): number => a64.addressOf(program, `its.${name}`);
    for (const name of ['queue', 'devices', 'collections', 'pending']) expect(at(name) % 0x1_0000, name).toBe(0);
    // PROPBASER has bits 51:12 of an address, MAPD bits 51:8.
    expect(at('properties') % 4096).toBe(0);
    expect(at('events') % 256).toBe(0);
    expect(at('events') - at('queue')).toBe(4096);
    // A byte for each of the LPIs 8192 to 65535.
    expect(at('devices') - at('properties')).toBeGreaterThanOrEqual(65536 - 8192);
    expect(program.base + program.bytes.length - at('pending')).toBe(3 * 0x1_0000);
  });
});

describe('what a witness reads', () => {
  test('is each word once', () => {
    const paths = defaultTable().reads.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toEqual(expect.arrayContaining(['reg/ID_AA64PFR0_EL1', 'cache/CCSIDR/L1D', 'vgic/v3/GICD_IIDR']));
  });

  test('is read by word: registers named and unnamed, an ITS, firmware; never what only a host sees', () => {
    expect(readOf('reg/ID_AA64PFR0_EL1')?.operation).toEqual(mrs('S3_0_C0_C4_0'));
    expect(readOf('reg/0x603000000013c03f')?.operation).toEqual(mrs('S3_0_C0_C7_7'));
    expect(readOf('vgic/its/GITS_TYPER')?.operation).toEqual(load(64, 0x0808_0008));
    expect(readOf('reg/KVM_REG_ARM_PSCI_VERSION')?.operation).toMatchObject({
      kind: 'call',
      parameters: ['0x84000000'],
    });
    for (const path of [
      'capability/KVM_CAP_ARM_MTE',
      'vcpu/SVE',
      'reg/X0',
      'reg/PC',
      'vm/ipa-size',
      'switch/SET_PMU',
    ]) {
      expect(readOf(path), path).toBeNull();
    }
    for (const { path } of defaultReads()) expect(readOf(path)?.path).toBe(path);
  });
});
