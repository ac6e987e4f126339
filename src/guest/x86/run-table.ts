/** Runs tables of operations on a machine, on its first vCPU. */
import type { KvmError, Libc } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { describeExit } from '../exit.ts';
import type { Exit } from '../exit.ts';
import type { GuestMachine, RunnableVcpu } from '../machine.ts';
import { openMemory } from '../memory.ts';
import type { GuestMemory } from '../memory.ts';
import { runVcpus } from '../run.ts';
import type { RunEnd } from '../run.ts';
import { writeGdt, writeIdt, writePageTables, writeTss } from './descriptors.ts';
import { longModeHandlers } from './handlers.ts';
import { BLOCK, EOI, GUEST_BYTES, HANDLERS, PORT, SCRATCH, VCPU_BLOCKS, vcpuBlock } from './layout.ts';
import type { Eoi } from './layout.ts';
import type { GuestOperation, Mode } from './operation.ts';
import { realModeHandlers, writeVectorTable } from './real-mode.ts';
import { INITIAL_FLAGS, startVcpu } from './start.ts';
import { assembleTable, currentOperation, decodeTable } from './table.ts';
import type { GuestOutcome, TableProgram } from './table.ts';
import { StaleVectoring } from './vectoring.ts';

/** A machine with memory for tables. Its first vCPU runs them; others stay as they are. */
export interface X86Guest {
  readonly libc: Libc;
  readonly machine: GuestMachine;
  readonly memory: GuestMemory;
  readonly mode: Mode;
}

export interface TableOptions {
  /** Milliseconds for the whole table. Default: 5000. */
  readonly deadline?: number;
  /** Milliseconds after which an operation counts as one that does not end, and the table goes on. Default: 1000. */
  readonly patience?: number;
  /** How interrupts of vectors from 32 on are ended. Default: in the local APIC's page. */
  readonly eoi?: Eoi;
  /** Answers a `host` operation. */
  readonly onHost?: (token: number, guest: X86Guest) => void;
  /** Is asked first of every other exit; `handled`: the guest goes on as it is. */
  readonly onExit?: (exit: Exit, operation: number | null) => 'handled' | 'default';
}

export interface TableResult {
  /** `finished`, or how the guest was ended. */
  readonly ended: string;
  readonly outcomes: readonly GuestOutcome[];
  /** By vector, how often it was taken; exceptions that became outcomes included. */
  readonly taken: ReadonlyMap<number, number>;
  /** Of each exit that was answered for a device that is not there: operation and exit. */
  readonly exits: readonly { readonly operation: number | null; readonly exit: string }[];
}

/** Memory at guest-physical 0. `cleanup` must be disposed of after the VM. */
export function openGuest(
  libc: Libc,
  machine: GuestMachine,
  mode: Mode,
  cleanup: DisposableStack,
): Result<X86Guest, KvmError> {
  const memory = openMemory(libc, machine.vm, { base: 0n, length: GUEST_BYTES }, cleanup);
  return memory.ok ? ok({ libc, machine, memory: memory.value, mode }) : memory;
}

/** An error is one of the calls that set the registers; what a guest comes to is in the result. */
export function runTable(
  guest: X86Guest,
  operations: readonly GuestOperation[],
  options: TableOptions = {},
): Result<TableResult, KvmError> {
  const vcpu = guest.machine.vcpus[0];
  if (vcpu === undefined) throw new RangeError('a machine without vCPUs runs nothing');
  const program = assembleTable(guest.mode, operations);
  loadProgram(guest.memory, program, options.eoi ?? 'xapic');
  const start = { mode: guest.mode, vcpu: 0, vcpus: 1, codeBase: program.origin };
  const started = startVcpu(vcpu.fd, { ...start, entry: program.origin });
  if (!started.ok) return started;
  const left = new Map<number, string>();
  const exits: { operation: number | null; exit: string }[] = [];
  const deadline = performance.now() + (options.deadline ?? 5000);
  for (;;) {
    const run = runUntilLeft(guest, vcpu, deadline - performance.now(), options, exits);
    const resume = run.leave === null ? null : leaveOperation(guest.memory, run.leave, left);
    if (resume === null) return ok(resultOf(program, guest.memory, run, left, exits));
    // Real mode's blocks hold the low 16 bits of an address that is within the program's 64 KiB.
    const again = startVcpu(vcpu.fd, { ...start, entry: resume });
    if (!again.ok) return again;
  }
}

interface Run {
  readonly end: RunEnd;
  /** What the guest cannot go on behind by itself. */
  readonly leave: string | null;
  /** What the guest said at its end. */
  readonly status: number | null;
}

function runUntilLeft(
  guest: X86Guest,
  vcpu: RunnableVcpu,
  deadline: number,
  options: TableOptions,
  exits: { operation: number | null; exit: string }[],
): Run {
  let leave: string | null = null;
  let status: number | null = null;
  const vectoring = new StaleVectoring();
  const onExit = (exit: Exit): 'continue' | 'stop' => {
    if (vectoring.mends(exit)) return 'continue';
    if (exit.reason === 'io' && exit.direction === 'out' && exit.port === PORT.end) {
      status = exit.data[0] ?? null;
      return 'stop';
    }
    if (exit.reason === 'io' && exit.direction === 'out' && exit.port === PORT.host) {
      options.onHost?.(new DataView(exit.data.buffer, exit.data.byteOffset, 4).getUint32(0, true), guest);
      return 'continue';
    }
    const operation = currentOperation(guest.memory.view);
    if (options.onExit?.(exit, operation) === 'handled') return 'continue';
    if (answer(exit)) {
      exits.push({ operation, exit: describeExit(exit) });
      return 'continue';
    }
    leave = describeExit(exit);
    return 'stop';
  };
  const patience = options.patience ?? 1000;
  let last: { readonly operation: number | null; readonly since: number } = { operation: null, since: 0 };
  const onTurn = (): 'continue' | 'stop' => {
    const operation = currentOperation(guest.memory.view);
    const now = performance.now();
    if (operation === null || operation !== last.operation) last = { operation, since: now };
    else if (now - last.since > patience) leave = `no end within ${patience} ms`;
    return leave === null ? 'continue' : 'stop';
  };
  const end = runVcpus(guest.libc, [vcpu], { deadline, onExit, onTurn });
  return { end, leave, status };
}

/** As a PC's bus answers where no device does: all ones, and stores go nowhere. False where there is no such answer. */
function answer(exit: Exit): boolean {
  if (exit.reason !== 'io' && exit.reason !== 'mmio') return false;
  const reads = exit.reason === 'io' ? exit.direction === 'in' : !exit.write;
  if (reads) exit.data.fill(0xff);
  return true;
}

/** The operation that was going on gets the exit as its outcome; gives where the table goes on, null where it cannot. */
function leaveOperation({ view }: GuestMemory, exit: string, left: Map<number, string>): number | null {
  const operation = currentOperation(view);
  if (operation === null || left.has(operation)) return null;
  left.set(operation, exit);
  const block = vcpuBlock(0);
  view.setBigUint64(block + BLOCK.slot, 0n, true);
  return view.getUint32(block + BLOCK.resume, true);
}

function loadProgram({ bytes, view }: GuestMemory, program: TableProgram, eoi: Eoi): void {
  bytes.fill(0, 0, SCRATCH);
  bytes.fill(0, VCPU_BLOCKS, program.origin);
  bytes.set(program.bytes, program.origin);
  const block = vcpuBlock(0);
  view.setBigUint64(block + BLOCK.flags, INITIAL_FLAGS, true);
  view.setBigUint64(block + BLOCK.eoi, BigInt(EOI[eoi]), true);
  if (program.mode === 'real') {
    bytes.set(realModeHandlers().bytes, HANDLERS);
    view.setUint16(block + BLOCK.segment, program.origin >> 4, true);
    return writeVectorTable(view);
  }
  bytes.set(longModeHandlers().bytes, HANDLERS);
  writePageTables(bytes);
  writeGdt(view, 1);
  writeTss(view, 0);
  writeIdt(bytes);
}

const VECTORS = 256;

function resultOf(
  program: TableProgram,
  { view }: GuestMemory,
  { end, leave, status }: Run,
  left: ReadonlyMap<number, string>,
  exits: TableResult['exits'],
): TableResult {
  const block = vcpuBlock(0);
  const counts = Array.from({ length: VECTORS }, (_, vector): [number, number] => [
    vector,
    view.getUint32(block + BLOCK.counters + 4 * vector, true),
  ]);
  return {
    ended: endedText(view, end, leave, status),
    outcomes: decodeTable(program, view, left),
    taken: new Map(counts.filter(([, count]) => count > 0)),
    exits,
  };
}

function endedText(view: DataView, end: RunEnd, leave: string | null, status: number | null): string {
  if (leave !== null) return leave;
  if (end.how === 'deadline') return 'deadline';
  if (end.how === 'error') return `${end.error.call}: ${end.error.errnoName}`;
  if (status === 0) return 'finished';
  const block = vcpuBlock(0);
  const [vector, address] = [BLOCK.strayVector, BLOCK.strayAddress].map((field) =>
    view.getBigUint64(block + field, true),
  );
  return `exception ${vector} at 0x${(address ?? 0n).toString(16)}, outside any operation`;
}
