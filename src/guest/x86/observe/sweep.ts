/**
 * Many reads of one kind as one operation: a loop over rows in the guest's memory, because a program with an operation
 * for each of some hundred MSRs takes longer to assemble than to run. Long mode only.
 */
import type { KvmError } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { at, dword, runTable } from '../index.ts';
import type { Assembler, CodeContext, GuestOperation, X86Guest } from '../index.ts';

export interface CpuidKey {
  readonly leaf: number;
  readonly subleaf: number;
}

export type CpuidRead = CpuidKey & {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
};

/** Null: it faulted. */
export interface Read {
  readonly key: number;
  readonly value: bigint | null;
}

/** Guest-physical: behind everything that a short table has. A row is two words in, and what came of them. */
const ROWS = 0x10_0000;
const ROW_BYTES = 32;
const ROW = { key: 0, second: 4, result: 8, state: 24 } as const;
const VALUE = 1;
const FAULT = 2;
const GP = 13;
/** On a handler's stack, behind vector and error code. */
const RIP_ON_STACK = 16;
/** Milliseconds: each read may exit to KVM. */
const PATIENCE = 8000;

/** R8 is the row, R9 counts; `read` leaves its result in the row. Nothing in it may change the two. */
function walk(name: string, rows: number, read: (code: Assembler) => void): GuestOperation {
  return {
    do: 'code',
    name,
    values: [],
    assemble(code: Assembler, context: CodeContext) {
      const [begin, handler, faulted, next] = [
        code.label('begin'),
        code.label('gp'),
        code.label('faulted'),
        code.label('next'),
      ];
      code.jmp(begin);
      code.bind(handler);
      code.mov('rax', faulted);
      code.mov(at('rsp', RIP_ON_STACK), 'rax');
      context.endHandler();
      code.bind(begin);
      context.hook(GP, handler);
      code.mov('r8', ROWS);
      code.mov('r9', rows);
      const loop = code.bind(code.label('loop'));
      read(code);
      code.mov(dword(at('r8', ROW.state)), VALUE);
      code.jmp(next);
      code.bind(faulted);
      code.mov(dword(at('r8', ROW.state)), FAULT);
      code.bind(next);
      code.add('r8', ROW_BYTES);
      code.dec('r9');
      code.jump('ne', loop);
    },
  };
}

/** Gives null where the walk itself did not come to its end: then nothing is known of its rows. */
function sweep(
  guest: X86Guest,
  operation: GuestOperation,
  keys: readonly (readonly [key: number, second: number])[],
): Result<DataView | null, KvmError> {
  const { view } = guest.memory;
  const prepare: GuestOperation = { do: 'host', token: 0 };
  const run = runTable(guest, [prepare, operation], {
    deadline: PATIENCE,
    patience: PATIENCE,
    onHost: () =>
      keys.forEach(([key, second], row) => {
        view.setUint32(ROWS + row * ROW_BYTES + ROW.key, key, true);
        view.setUint32(ROWS + row * ROW_BYTES + ROW.second, second, true);
        view.setUint32(ROWS + row * ROW_BYTES + ROW.state, 0, true);
      }),
  });
  if (!run.ok) return run;
  return ok(run.value.outcomes[1]?.outcome === 'values' ? view : null);
}

export function readCpuid(guest: X86Guest, leaves: readonly CpuidKey[]): Result<CpuidRead[] | null, KvmError> {
  const operation = walk('CPUID of each row', leaves.length, (code) => {
    code.mov('eax', at('r8', ROW.key));
    code.mov('ecx', at('r8', ROW.second));
    code.instruction('cpuid');
    (['eax', 'ebx', 'ecx', 'edx'] as const).forEach((register, index) =>
      code.mov(at('r8', ROW.result + 4 * index), register),
    );
  });
  const done = sweep(
    guest,
    operation,
    leaves.map(({ leaf, subleaf }) => [leaf, subleaf]),
  );
  if (!done.ok) return done;
  const view = done.value;
  if (view === null) return ok(null);
  return ok(
    leaves.map((key, row) => {
      const word = (index: number): number => view.getUint32(ROWS + row * ROW_BYTES + ROW.result + 4 * index, true);
      return { ...key, eax: word(0), ebx: word(1), ecx: word(2), edx: word(3) };
    }),
  );
}

export function readGuestMsrs(guest: X86Guest, indexes: readonly number[]): Result<Read[] | null, KvmError> {
  const operation = walk('RDMSR of each row', indexes.length, (code) => {
    code.mov('ecx', at('r8', ROW.key));
    code.instruction('rdmsr');
    code.mov(at('r8', ROW.result), 'eax');
    code.mov(at('r8', ROW.result + 4), 'edx');
  });
  return reads(guest, operation, indexes);
}

/** Loads of 32 bits, each from its own address below 4 GiB. */
export function load32(guest: X86Guest, addresses: readonly number[]): Result<Read[] | null, KvmError> {
  const operation = walk('a load for each row', addresses.length, (code) => {
    code.mov('ebx', at('r8', ROW.key));
    code.mov('eax', at('rbx'));
    code.mov(at('r8', ROW.result), 'eax');
    code.mov(dword(at('r8', ROW.result + 4)), 0);
  });
  return reads(guest, operation, addresses);
}

function reads(guest: X86Guest, operation: GuestOperation, keys: readonly number[]): Result<Read[] | null, KvmError> {
  const done = sweep(
    guest,
    operation,
    keys.map((key) => [key, 0]),
  );
  if (!done.ok) return done;
  const view = done.value;
  if (view === null) return ok(null);
  return ok(
    keys.map((key, row) => {
      const base = ROWS + row * ROW_BYTES;
      const faulted = view.getUint32(base + ROW.state, true) === FAULT;
      return { key, value: faulted ? null : view.getBigUint64(base + ROW.result, true) };
    }),
  );
}
