/** A table of operations as a program, and what came of each from the memory that it ran in. No I/O. */
import { Assembler } from './assembler/index.ts';
import type { Line } from './assembler/index.ts';
import { emitOperation } from './emit-operation.ts';
import { emitEnd } from './handlers.ts';
import { BLOCK, GUEST_BYTES, vcpuBlock } from './layout.ts';
import { SLOT_BYTES, readSlot, slotAddress } from './mailbox.ts';
import type { SlotContent } from './mailbox.ts';
import { valueNames, whyNot } from './operation.ts';
import type { GuestOperation, Mode } from './operation.ts';

export interface TableProgram {
  readonly mode: Mode;
  readonly operations: readonly GuestOperation[];
  /** Guest-physical address of the first instruction; in real mode the code segment's base. */
  readonly origin: number;
  readonly bytes: Uint8Array;
  readonly listing: readonly Line[];
}

export type GuestOutcome =
  | { readonly outcome: 'values'; readonly values: readonly bigint[] }
  | {
      readonly outcome: 'fault';
      /** As the Intel SDM numbers exceptions (volume 3A, table 7-1): 6 #UD, 13 #GP, 14 #PF. */
      readonly vector: number;
      /** 0 where the exception has none, and in real mode, which pushes none. */
      readonly errorCode: bigint;
      /** RIP, and what stands there. */
      readonly address: bigint;
      readonly instruction: string | null;
      readonly cr2: bigint;
      /** Of #DB; else 0. */
      readonly dr6: bigint;
    }
  /** It left the guest in a way that the guest could not go on from by itself; the table went on behind it. */
  | { readonly outcome: 'exit'; readonly exit: string }
  /** Begun, and not done when the guest was ended. */
  | { readonly outcome: 'unfinished' }
  | { readonly outcome: 'not-reached' }
  /** Not assembled: it does not exist in this mode. */
  | { readonly outcome: 'impossible'; readonly why: string };

/** Real mode's code segment wants a base that leaves an instruction pointer of 16 bits as it is. */
const ALIGNMENT = 0x1_0000;
const REAL_MODE_BYTES = 0x1_0000;

/** A table that does not fit is a bug of its maker: RangeError. */
export function assembleTable(mode: Mode, operations: readonly GuestOperation[]): TableProgram {
  const origin = Math.ceil((slotAddress(operations.length) + SLOT_BYTES) / ALIGNMENT) * ALIGNMENT;
  const code = new Assembler(mode === 'long' ? 64 : 16, origin);
  operations.forEach((operation, index) => {
    if (whyNot(operation, mode) === null) emitOperation(code, operation, slotAddress(index));
  });
  emitEnd(code, 0);
  const bytes = code.finish();
  const limit = mode === 'long' ? GUEST_BYTES - origin : REAL_MODE_BYTES;
  if (bytes.length > limit) {
    throw new RangeError(`${operations.length} operations make ${bytes.length} bytes of ${limit}`);
  }
  return { mode, operations, origin, bytes, listing: code.listing };
}

/** `exits`: by the operation's number, how it left the guest for good. */
export function decodeTable(
  program: TableProgram,
  memory: DataView,
  exits: ReadonlyMap<number, string>,
): readonly GuestOutcome[] {
  return program.operations.map((operation, index) => {
    const why = whyNot(operation, program.mode);
    if (why !== null) return { outcome: 'impossible', why };
    const exit = exits.get(index);
    if (exit !== undefined) return { outcome: 'exit', exit };
    return outcomeOf(program, readSlot(memory, slotAddress(index), valueNames(operation).length));
  });
}

/** The operation that was going on, or null. */
export function currentOperation(memory: DataView): number | null {
  const slot = memory.getUint32(vcpuBlock(0) + BLOCK.slot, true);
  return slot === 0 ? null : (slot - slotAddress(0)) / SLOT_BYTES;
}

/** #DB, #BP and #OF are taken behind an instruction (SDM 3A, table 7-1), so what stands at their address says nothing. */
const TRAPS: readonly number[] = [1, 3, 4];

function outcomeOf(program: TableProgram, content: SlotContent): GuestOutcome {
  switch (content.state) {
    case 'not-reached':
      return { outcome: 'not-reached' };
    case 'begun':
      return { outcome: 'unfinished' };
    case 'values':
      return { outcome: 'values', values: content.values };
    case 'fault': {
      const { vector, errorCode, cr2, dr6 } = content;
      const address = program.mode === 'long' ? content.address : content.address + BigInt(program.origin);
      const line = TRAPS.includes(vector) ? undefined : program.listing.find((row) => BigInt(row.address) === address);
      return { outcome: 'fault', vector, errorCode, address, instruction: line?.text ?? null, cr2, dr6 };
    }
  }
}
