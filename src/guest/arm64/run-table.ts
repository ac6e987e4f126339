/** Runs a table of operations on a machine and gives what came of each. */
import type { Libc, Scratch } from '../../kvm/index.ts';
import { describeExit } from '../exit.ts';
import type { Exit } from '../exit.ts';
import type { GuestMachine } from '../machine.ts';
import type { GuestMemory } from '../memory.ts';
import { runVcpus } from '../run.ts';
import { addressOf } from './assembler/index.ts';
import type { Item } from './assembler/index.ts';
import { DOORBELL, MEMORY_BASE } from './address-space.ts';
import { decodeSlot, readSlot } from './mailbox.ts';
import type { Fault, Outcome } from './mailbox.ts';
import type { GuestOperation } from './operation.ts';
import { tableProgram } from './program.ts';
import { loadProgram, startVcpu } from './start.ts';

export interface GuestHost {
  readonly libc: Libc;
  readonly scratch: Scratch;
}

export interface TableOptions {
  /** Milliseconds; then the guest counts as hung. Default: 10000, which is for emulated hosts. */
  readonly deadline?: number;
  /** Called at each `pause`, between two runs of vCPU 0. */
  readonly onPause?: (tag: number) => void;
  /** Code for the vCPUs besides the first, which then run too; without it they do not run at all. */
  readonly others?: readonly Item[];
}

/** How a table ended. */
export type Ended =
  /** It came to its end. */
  | { readonly how: 'done' }
  | { readonly how: 'deadline' }
  /** The guest left in a way that no operation has, or a call of the host failed. */
  | { readonly how: 'exit' | 'error'; readonly what: string };

export interface TableResult {
  readonly ended: Ended;
  /** In the table's order. */
  readonly outcomes: readonly Outcome[];
  /** A fault that no operation made; null where there was none. */
  readonly outside: Fault | null;
}

/** What the fault handler works with (`vectors.ts`) until the first operation says otherwise. */
const HANDLER = { X28: 'slot-outside', X29: 'end' } as const;

/** Where the memory of a table's guest must begin, and how much is enough for some 500 operations. */
export const TABLE_MEMORY: { readonly base: bigint; readonly length: number } = {
  base: BigInt(MEMORY_BASE),
  length: 0x4_0000,
};

/**
 * `memory` begins at `TABLE_MEMORY.base`. Any number of tables can be run on a machine one after the other: registers
 * that an operation wrote keep what it wrote, but for those with which a vCPU is started (`start.ts`).
 */
export function runTable(
  { libc, scratch }: GuestHost,
  machine: GuestMachine,
  memory: GuestMemory,
  operations: readonly GuestOperation[],
  options: TableOptions = {},
): TableResult {
  const program = tableProgram(operations, options.others);
  const vcpus = options.others === undefined ? machine.vcpus.slice(0, 1) : machine.vcpus;
  loadProgram(memory, program, vcpus.length);
  const ended = start() ?? run();
  const outside = decodeSlot(memory.view, addressOf(program, 'slot-outside') - program.base, 0);
  return {
    ended,
    outcomes: operations.map((operation, index) => readSlot(memory, addressOf(program, `slot${index}`), operation)),
    outside: outside.kind === 'fault' ? outside : null,
  };

  function start(): Ended | null {
    for (const [index, vcpu] of vcpus.entries()) {
      const started = startVcpu(scratch, vcpu, memory, program, index === 0 ? 'table' : 'others', HANDLER);
      if (!started.ok) return { how: 'error', what: `${started.error.call}: ${started.error.errnoName}` };
    }
    return null;
  }

  function run(): Ended {
    let exited: Ended = { how: 'done' };
    const ran = runVcpus(libc, vcpus, {
      deadline: options.deadline ?? 10_000,
      onExit(exit) {
        const tag = storedTo(exit, DOORBELL.pause);
        if (tag !== null) {
          options.onPause?.(Number(tag));
          return 'continue';
        }
        if (storedTo(exit, DOORBELL.end) === null) exited = { how: 'exit', what: describeExit(exit) };
        return 'stop';
      },
    });
    if (ran.how === 'deadline') return { how: 'deadline' };
    if (ran.how === 'error') return { how: 'error', what: `${ran.error.call}: ${ran.error.errnoName}` };
    return exited;
  }
}

/** What a 64-bit store to the address wrote; null where the exit is another. */
export function storedTo(exit: Exit, address: number): bigint | null {
  if (exit.reason !== 'mmio' || !exit.write || exit.address !== BigInt(address)) return null;
  return exit.data.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
