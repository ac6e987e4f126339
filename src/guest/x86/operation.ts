/** What a guest can be asked to do: one row of a table, with a slot for what came of it. */
import type { Assembler, Control, Debug, Label, Register64 } from './assembler/index.ts';

/** Long mode needs a CPU that runs ordinary guests; real mode runs under PVM too. */
export type Mode = 'long' | 'real';

export type Bytes = 1 | 2 | 4 | 8;

export type GuestOperation =
  | { readonly do: 'cpuid'; readonly leaf: number; readonly subleaf: number }
  | { readonly do: 'rdmsr'; readonly index: number }
  | { readonly do: 'wrmsr'; readonly index: number; readonly value: bigint }
  | { readonly do: 'rdtsc' }
  /** Needs CR4.OSXSAVE, as XSETBV does. */
  | { readonly do: 'xgetbv'; readonly index: number }
  | { readonly do: 'xsetbv'; readonly index: number; readonly value: bigint }
  | { readonly do: 'read-control'; readonly register: Control | Debug }
  | { readonly do: 'write-control'; readonly register: Control | Debug; readonly value: bigint }
  | { readonly do: 'load'; readonly address: bigint; readonly bytes: Bytes }
  | { readonly do: 'store'; readonly address: bigint; readonly bytes: Bytes; readonly value: bigint }
  | { readonly do: 'in'; readonly port: number; readonly bytes: 1 | 2 | 4 }
  | { readonly do: 'out'; readonly port: number; readonly bytes: 1 | 2 | 4; readonly value: number }
  /** VMCALL is Intel's, VMMCALL AMD's; KVM answers both, and may patch the one into the other. */
  | ({ readonly do: 'hypercall'; readonly instruction: 'vmcall' | 'vmmcall' } & Registers)
  /** Any instructions, as bytes, between four registers in and the same four out. */
  | ({ readonly do: 'raw'; readonly code: readonly number[] } & Registers)
  /** Leaves to the host, which does what it wants to with the VM, and goes on. */
  | { readonly do: 'host'; readonly token: number }
  /** Whatever the assembler can. `values`: names of what it stores with `context.store`. */
  | {
      readonly do: 'code';
      readonly name: string;
      readonly values: readonly string[];
      readonly assemble: (code: Assembler, context: CodeContext) => void;
    };

export interface Registers {
  readonly rax?: bigint;
  readonly rbx?: bigint;
  readonly rcx?: bigint;
  readonly rdx?: bigint;
  readonly rsi?: bigint;
}

/** What an operation of its own code gets. It may change every general register but RSP, and must leave at its end. */
export interface CodeContext {
  /** Guest-physical, as all addresses here: this operation's slot, and its vCPU's block. */
  readonly slot: number;
  readonly block: number;
  /** A page to try something on, and the top of a stack for ring 3. */
  readonly scratch: number;
  readonly userStack: number;
  /** Where the guest goes on behind this operation; a fault goes there too. */
  readonly resume: Label;
  /** Stores a register as value number `value`. */
  store(value: number, register: Register64): void;
  /**
   * Long mode only. Until the operation's end, vector `vector` goes to `handler`, with all registers as they were and on
   * the stack vector, error code (0 where there is none), RIP, CS, RFLAGS, RSP, SS. The handler ends with `endHandler`.
   */
  hook(vector: number, handler: Label): void;
  endHandler(): void;
}

/** Names of the values that an operation stores, in their order. */
export function valueNames(operation: GuestOperation): readonly string[] {
  switch (operation.do) {
    case 'cpuid':
      return ['eax', 'ebx', 'ecx', 'edx'];
    case 'raw':
      return ['rax', 'rbx', 'rcx', 'rdx'];
    case 'rdmsr':
    case 'rdtsc':
    case 'xgetbv':
    case 'read-control':
    case 'load':
    case 'in':
      return ['value'];
    case 'hypercall':
      return ['rax'];
    case 'wrmsr':
    case 'xsetbv':
    case 'write-control':
    case 'store':
    case 'out':
    case 'host':
      return [];
    case 'code':
      return operation.values;
  }
}

/** Why an operation cannot be done in a mode, or null. */
export function whyNot(operation: GuestOperation, mode: Mode): string | null {
  if (mode === 'long') return null;
  switch (operation.do) {
    case 'load':
    case 'store':
      if (operation.bytes === 8) return 'real mode has no 64-bit registers';
      return operation.address > 0xffff_ffffn ? 'real mode reaches 4 GiB' : null;
    case 'read-control':
    case 'write-control':
      return operation.register === 'cr8' ? 'CR8 exists only in 64-bit mode' : null;
    case 'code':
      return 'operations of their own code are written for long mode';
    default:
      return null;
  }
}

/** As a person writes it. */
export function describeGuestOperation(operation: GuestOperation): string {
  const hexed = (value: number | bigint): string => `0x${value.toString(16)}`;
  switch (operation.do) {
    case 'cpuid':
      return `CPUID ${hexed(operation.leaf)}:${hexed(operation.subleaf)}`;
    case 'rdmsr':
      return `RDMSR ${hexed(operation.index)}`;
    case 'wrmsr':
      return `WRMSR ${hexed(operation.index)} = ${hexed(operation.value)}`;
    case 'rdtsc':
      return 'RDTSC';
    case 'xgetbv':
      return `XGETBV ${operation.index}`;
    case 'xsetbv':
      return `XSETBV ${operation.index} = ${hexed(operation.value)}`;
    case 'read-control':
      return `MOV from ${operation.register.toUpperCase()}`;
    case 'write-control':
      return `MOV to ${operation.register.toUpperCase()} = ${hexed(operation.value)}`;
    case 'load':
      return `load of ${operation.bytes} bytes at ${hexed(operation.address)}`;
    case 'store':
      return `store of ${hexed(operation.value)} (${operation.bytes} bytes) at ${hexed(operation.address)}`;
    case 'in':
      return `IN from port ${hexed(operation.port)} (${operation.bytes} bytes)`;
    case 'out':
      return `OUT of ${hexed(operation.value)} to port ${hexed(operation.port)} (${operation.bytes} bytes)`;
    case 'hypercall':
      return `${operation.instruction.toUpperCase()} ${hexed(operation.rax ?? 0n)}`;
    case 'raw':
      return operation.code.map((part) => part.toString(16).padStart(2, '0')).join(' ');
    case 'host':
      return `host ${operation.token}`;
    case 'code':
      return operation.name;
  }
}
