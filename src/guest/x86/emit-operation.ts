/** An operation as instructions. Values go to the slot in halves of 32 bits where that serves both modes. */
import { at, dword, qword } from './assembler/index.ts';
import type { Assembler, Memory, Register32, Register64 } from './assembler/index.ts';
import { emitHandlerEnd } from './handlers.ts';
import { BLOCK, HOOKS, PORT, SCRATCH, vcpuBlock } from './layout.ts';
import { STATE, valueAddress } from './mailbox.ts';
import { describeGuestOperation } from './operation.ts';
import type { Bytes, CodeContext, GuestOperation, Registers } from './operation.ts';

/** Emits the operation between the marks that it was begun and that it is done. `block`: of the vCPU that does it. */
export function emitOperation(
  code: Assembler,
  operation: GuestOperation,
  slot: number,
  block: number = vcpuBlock(0),
): void {
  const resume = code.label(`resume_${slot.toString(16)}`);
  const hooks: number[] = [];
  store(code, at(block + BLOCK.slot), slot);
  if (code.bits === 64) {
    code.mov('rax', resume);
    code.mov(at(block + BLOCK.resume), 'rax');
    code.mov(at(block + BLOCK.stack), 'rsp');
  } else {
    code.mov('eax', resume);
    code.mov(at(block + BLOCK.resume), 'eax');
    code.mov(at(block + BLOCK.stack), 'esp');
  }
  code.mov(dword(at(slot)), STATE.begun);
  if (operation.do === 'code') operation.assemble(code, contextOf(code, slot, block, resume, hooks));
  else emitBody(code, operation, (value) => valueAddress(slot, value));
  code.mov(dword(at(slot)), STATE.values);
  store(code, at(block + BLOCK.slot), 0);
  code.bind(resume);
  for (const vector of hooks) code.mov(qword(at(HOOKS + 8 * vector)), 0);
}

type ValueAt = (value: number) => number;

function emitBody(code: Assembler, operation: Exclude<GuestOperation, { do: 'code' }>, value: ValueAt): void {
  switch (operation.do) {
    case 'cpuid':
      code.mov('eax', operation.leaf);
      code.mov('ecx', operation.subleaf);
      code.instruction('cpuid');
      (['eax', 'ebx', 'ecx', 'edx'] as const).forEach((register, index) => code.mov(at(value(index)), register));
      return;
    case 'rdmsr':
      code.mov('ecx', operation.index);
      code.instruction('rdmsr');
      return storePair(code, value(0));
    case 'wrmsr':
      loadPair(code, operation.value);
      code.mov('ecx', operation.index);
      return code.instruction('wrmsr');
    case 'rdtsc':
      code.instruction('rdtsc');
      return storePair(code, value(0));
    case 'xgetbv':
      code.mov('ecx', operation.index);
      code.instruction('xgetbv');
      return storePair(code, value(0));
    case 'xsetbv':
      loadPair(code, operation.value);
      code.mov('ecx', operation.index);
      return code.instruction('xsetbv');
    case 'read-control':
      code.movSystem(accumulator(code), operation.register);
      return code.mov(at(value(0)), accumulator(code));
    case 'write-control':
      code.mov(accumulator(code), operation.value);
      return code.movSystem(operation.register, accumulator(code));
    case 'load':
    case 'store':
      return emitAccess(code, operation, value);
    case 'in':
      code.mov('edx', operation.port);
      code.xor('eax', 'eax');
      code.in(PART[operation.bytes], 'dx');
      return code.mov(at(value(0)), 'eax');
    case 'out':
      code.mov('edx', operation.port);
      code.mov('eax', operation.value);
      return code.out('dx', PART[operation.bytes]);
    case 'hypercall':
      loadRegisters(code, operation);
      code.instruction(operation.instruction);
      return code.mov(at(value(0)), accumulator(code));
    case 'raw':
      loadRegisters(code, operation);
      code.data(operation.code, describeGuestOperation(operation));
      NAMES.slice(0, 4).forEach((name, index) => code.mov(at(value(index)), ofMode(code, name)));
      return;
    case 'host':
      code.mov('eax', operation.token);
      return code.out(PORT.host, 'eax');
  }
}

/** What of RAX an access of so many bytes has. */
const PART = { 1: 'al', 2: 'ax', 4: 'eax', 8: 'rax' } as const satisfies Readonly<Record<Bytes, string>>;

function emitAccess(
  code: Assembler,
  operation: Extract<GuestOperation, { do: 'load' | 'store' }>,
  value: ValueAt,
): void {
  const part = PART[operation.bytes];
  const base = code.bits === 64 ? 'rbx' : 'ebx';
  code.mov(base, operation.address);
  if (operation.do === 'store') {
    code.mov(accumulator(code), operation.value);
    return code.mov(at(base), part);
  }
  code.xor('eax', 'eax');
  code.mov(part, at(base));
  code.mov(at(value(0)), accumulator(code));
}

const NAMES = ['ax', 'bx', 'cx', 'dx', 'si'] as const;

/** RAX, or EAX in real mode, and so on. */
function ofMode(code: Assembler, name: (typeof NAMES)[number]): Register64 | Register32 {
  return code.bits === 64 ? `r${name}` : `e${name}`;
}

function accumulator(code: Assembler): 'rax' | 'eax' {
  return code.bits === 64 ? 'rax' : 'eax';
}

function loadRegisters(code: Assembler, { rax = 0n, rbx = 0n, rcx = 0n, rdx = 0n, rsi = 0n }: Registers): void {
  [rax, rbx, rcx, rdx, rsi].forEach((value, index) => {
    const name = NAMES[index];
    if (name !== undefined) code.mov(ofMode(code, name), value);
  });
}

/** EDX:EAX, as WRMSR and XSETBV take a value. */
function loadPair(code: Assembler, value: bigint): void {
  code.mov('eax', value & 0xffff_ffffn);
  code.mov('edx', (value >> 32n) & 0xffff_ffffn);
}

function storePair(code: Assembler, address: number): void {
  code.mov(at(address), 'eax');
  code.mov(at(address + 4), 'edx');
}

/** A field of the block, of 64 bits in long mode. */
function store(code: Assembler, place: Memory, value: number): void {
  code.mov(code.bits === 64 ? qword(place) : dword(place), value);
}

function contextOf(
  code: Assembler,
  slot: number,
  block: number,
  resume: CodeContext['resume'],
  hooks: number[],
): CodeContext {
  return {
    slot,
    block,
    scratch: SCRATCH,
    userStack: block + BLOCK.userStackTop,
    resume,
    store: (value, register) => code.mov(at(valueAddress(slot, value)), register),
    hook(vector, handler) {
      hooks.push(vector);
      code.mov('rax', handler);
      code.mov(at(HOOKS + 8 * vector), 'rax');
    },
    endHandler: () => emitHandlerEnd(code),
  };
}
