/** The witness as a program: one for each vCPU, all with the same subroutines. */
import { fromHex } from '../../../model/index.ts';
import type { WitnessTable } from '../../witness.ts';
import { Assembler, at, qword } from '../assembler/index.ts';
import type { Label } from '../assembler/index.ts';
import { emitOperation } from '../emit-operation.ts';
import { BLOCK, PORT, vcpuBlock } from '../layout.ts';
import { SLOT_BYTES } from '../mailbox.ts';
import type { GuestOperation } from '../operation.ts';
import { valueNames } from '../operation.ts';
import { emitCounterCheck, emitMemoryCheck, emitRegisterCheck } from './checks.ts';
import { emitClear, emitCompare } from './compare.ts';
import { READ_APIC_BASE, RING, emitApicStart, emitApicWrite, emitIpi } from './interrupts.ts';
import { OWN, areaAddress, describeReads, witnessLayout } from './layout.ts';
import type { WitnessDescription, WitnessLayout } from './layout.ts';
import { OWN_AREA, OWN_BLOCK, loadKeptRegisters } from './registers.ts';
import { checkVectors, loadVectors } from './vectors.ts';

type Table = WitnessTable<GuestOperation>;

export interface WitnessProgram {
  readonly layout: WitnessLayout;
  readonly description: Uint8Array;
  /** As many bytes as the reads have slots. */
  readonly masks: Uint8Array;
  readonly code: Uint8Array;
  /** Of each vCPU. */
  readonly entries: readonly number[];
}

/** What the witness reads for itself, behind the table's reads. */
export const VECTORS_PATH = 'witness/vectors';
/** Its own setup: the local APIC's mode, and the vector registers. */
const OWN_SETUP = 2;

const made = new WeakMap<Table, Map<string, WitnessProgram>>();

/**
 * `apicIds`: of each vCPU. Made once for a table: whoever loads it asks for its size first, and on an emulated machine it
 * takes some tenths of a second.
 */
export function witnessProgram(table: Table, apicIds: readonly number[]): WitnessProgram {
  const programs = made.get(table) ?? new Map<string, WitnessProgram>();
  made.set(table, programs);
  const key = apicIds.join();
  const program = programs.get(key) ?? makeProgram(table, apicIds);
  programs.set(key, program);
  return program;
}

function makeProgram(table: Table, apicIds: readonly number[]): WitnessProgram {
  const vcpus = apicIds.length;
  const own: Table = { setup: table.setup, reads: [...table.reads, ownRead(table)] };
  const setup = table.setup.length + OWN_SETUP;
  // How long the description is depends on the addresses in it; they have fewer than eight digits.
  const rough = witnessLayout(own.reads.length, setup, vcpus, 0);
  const room = describe(own, vcpus, rough).length + 64;
  const layout = witnessLayout(own.reads.length, setup, vcpus, room);
  const reads = own.reads.map((read, index) =>
    index === table.reads.length ? { ...read, operation: checkVectors(layout.area) } : read,
  );
  const code = new Assembler(64, layout.code);
  const subroutines = emitSubroutines(code, layout);
  const entries = apicIds.map((_, vcpu) => {
    const entry = code.here;
    emitVcpu(code, { setup: own.setup, reads }, layout, subroutines, vcpu, apicIds);
    return entry;
  });
  const description = describe(own, vcpus, layout);
  return { layout, description, masks: maskBytes(own), code: code.finish(), entries };
}

/** Its operation needs the layout, which needs the number of reads: it is put in later. */
function ownRead(table: Table): Table['reads'][number] {
  if (table.reads.some(({ path }) => path === VECTORS_PATH))
    throw new RangeError(`${VECTORS_PATH} is the witness' own`);
  return { path: VECTORS_PATH, operation: { do: 'code', name: '', values: [], assemble: () => undefined } };
}

function describe(table: Table, vcpus: number, { areas, area }: WitnessLayout): Uint8Array {
  const description: WitnessDescription = {
    vcpus,
    setup: table.setup.map((operation) => valueNames(operation).length),
    reads: describeReads(table),
    areas,
    area,
  };
  return new TextEncoder().encode(JSON.stringify(description));
}

/** Slots of masks: all bits of every value where a read has none. */
function maskBytes({ reads }: Table): Uint8Array {
  const bytes = new Uint8Array(reads.length * SLOT_BYTES).fill(0xff);
  const view = new DataView(bytes.buffer);
  reads.forEach(({ masks }, read) => {
    masks?.forEach((mask, value) => view.setBigUint64(read * SLOT_BYTES + 8 + 8 * value, fromHex(mask), true));
  });
  return bytes;
}

interface Subroutines {
  readonly clear: Label;
  readonly compare: Label;
  readonly apicWrite: Label;
  readonly checks: readonly Label[];
}

function emitSubroutines(code: Assembler, { area, masks }: WitnessLayout): Subroutines {
  const checks = [() => emitMemoryCheck(code, area), () => emitRegisterCheck(code), () => emitCounterCheck(code)].map(
    (emit, index) => {
      const entry = code.bind(code.label(`check_${index}`));
      emit();
      return entry;
    },
  );
  return {
    checks,
    clear: emitClear(code, area),
    compare: emitCompare(code, area, masks),
    apicWrite: emitApicWrite(code),
  };
}

/** RFLAGS with interrupts on. */
const INTERRUPTIBLE = 0x202;

function emitVcpu(
  code: Assembler,
  { setup, reads }: Table,
  layout: WitnessLayout,
  subroutines: Subroutines,
  vcpu: number,
  apicIds: readonly number[],
): void {
  const block = vcpuBlock(vcpu);
  const area = areaAddress(layout, vcpu);
  code.mov(OWN_BLOCK, block);
  code.mov(OWN_AREA, area);
  loadKeptRegisters(code);
  code.instruction('cld');
  const slot = (index: number): number => area + layout.area.setup + index * SLOT_BYTES;
  [...setup, READ_APIC_BASE, loadVectors(layout.area)].forEach((operation, index) =>
    emitOperation(code, operation, slot(index), block),
  );
  emitApicStart(code, subroutines.apicWrite, slot(setup.length));
  code.mov(qword(at(OWN_BLOCK, BLOCK.flags)), INTERRUPTIBLE);
  code.instruction('sti');
  const round = code.bind(code.label(`round_${vcpu}`));
  emitReads(code, reads, area + layout.area.raw, block, subroutines);
  for (const check of subroutines.checks) code.call(check);
  const next = (vcpu + 1) % apicIds.length;
  emitIpi(code, next, apicIds[next] ?? 0);
  code.inc(qword(at(OWN_BLOCK, OWN.rounds)));
  code.mov('al', RING.round);
  code.out(PORT.doorbell, 'al');
  // Until the timer or the other vCPU wakes it: a saved vCPU may be halted.
  code.instruction('hlt');
  code.jmp(round);
}

/** Reads that follow each other with the same operation (registers of one CPUID leaf) are made at once. */
function emitReads(code: Assembler, reads: Table['reads'], raw: number, block: number, subroutines: Subroutines): void {
  let last: GuestOperation | null = null;
  reads.forEach(({ operation }, index) => {
    if (last === null || !sameLeaf(operation, last)) {
      code.call(subroutines.clear);
      emitOperation(code, operation, raw, block);
      last = operation;
    }
    code.mov('ebx', index);
    code.call(subroutines.compare);
  });
}

function sameLeaf(a: GuestOperation, b: GuestOperation): boolean {
  return a.do === 'cpuid' && b.do === 'cpuid' && a.leaf === b.leaf && a.subleaf === b.subleaf;
}
