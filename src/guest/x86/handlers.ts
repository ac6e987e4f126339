/**
 * What runs when an exception or interrupt is taken in long mode. An exception of the operation that is going on goes to
 * its slot, and the guest resumes behind the operation; an operation may have a handler of its own for a vector; any other
 * interrupt is counted and ended; any other exception ends the program.
 */
import { Assembler, at, dword, indexed, qword } from './assembler/index.ts';
import type { Label } from './assembler/index.ts';
import { BLOCK, EOI, HANDLERS, HOOKS, PORT, VCPU_BLOCK_BYTES } from './layout.ts';
import { FAULT, STATE } from './mailbox.ts';
import { SELECTOR } from './selectors.ts';

const VECTORS = 256;
/** Exceptions have the vectors below (SDM 3A, table 7-1). */
const FIRST_INTERRUPT = 32;
const DEBUG_EXCEPTION = 1;
/** Exceptions that push an error code (SDM 3A, table 7-1; #VC and #SX of AMD APM volume 2, table 8-1). */
const WITH_ERROR_CODE: readonly number[] = [8, 10, 11, 12, 13, 14, 17, 21, 29, 30];

/** The local APIC's EOI register: in its page, and as an x2APIC MSR (SDM 3A, tables 12-1 and 12-6). */
const APIC_EOI = 0xfee0_00b0;
const X2APIC_EOI = 0x80b;

/** What a handler finds above the four registers that it saves. */
const FRAME = { vector: 32, error: 40, address: 48, cs: 56, flags: 64, stack: 72, ss: 80 } as const;

export interface Handlers {
  /** Stand at `HANDLERS`. */
  readonly bytes: Uint8Array;
  /** Address of each vector's stub. */
  readonly stubs: readonly number[];
}

let assembled: Handlers | null = null;

/** The same for every guest: assembled once a process. */
export function longModeHandlers(): Handlers {
  if (assembled === null) {
    const code = new Assembler(64, HANDLERS);
    const stubs = emitStubs(code);
    assembled = { bytes: code.finish(), stubs };
  }
  return assembled;
}

/** PUSH imm8 0; PUSH imm32; JMP rel32 (SDM 2B, PUSH; SDM 2A, JMP). */
const PUSH_ZERO = [0x6a, 0x00];
const PUSH = 0x68;
const JMP = 0xe9;

/** As bytes: one by one through the assembler they would be most of what an emulated machine does in its first guest. */
function emitStubs(code: Assembler): readonly number[] {
  const common = code.label('handler');
  emitCommon(code, common);
  const target = code.address(common);
  const first = code.here;
  const bytes: number[] = [];
  const stubs = Array.from({ length: VECTORS }, (_, vector) => {
    const address = first + bytes.length;
    if (!WITH_ERROR_CODE.includes(vector)) bytes.push(...PUSH_ZERO);
    bytes.push(PUSH, vector, 0, 0, 0);
    const distance = target - (first + bytes.length + 5);
    bytes.push(JMP, ...[0, 8, 16, 24].map((shift) => (distance >> shift) & 0xff));
    return address;
  });
  code.data(bytes, 'stubs');
  return stubs;
}

/** RBX is the vCPU's block, RAX the vector. */
function emitCommon(code: Assembler, common: Label): void {
  const [hooked, interrupt, stray] = [code.label('hooked'), code.label('interrupt'), code.label('stray')];
  code.bind(common);
  for (const register of ['rax', 'rbx', 'rcx', 'rdx'] as const) code.push(register);
  code.mov('rbx', 'rsp');
  // Every stack lies within its vCPU's block.
  code.and('rbx', -VCPU_BLOCK_BYTES);
  code.mov('rax', at('rsp', FRAME.vector));
  code.inc(dword(indexed('rbx', 'rax', 4, BLOCK.counters)));
  code.mov('rcx', indexed(null, 'rax', 8, HOOKS));
  code.test('rcx', 'rcx');
  code.jump('ne', hooked);
  code.cmp('rax', FIRST_INTERRUPT);
  code.jump('ae', interrupt);
  code.mov('rcx', at('rbx', BLOCK.slot));
  code.test('rcx', 'rcx');
  code.jump('e', stray);
  emitFault(code);
  code.bind(hooked);
  emitHooked(code);
  code.bind(interrupt);
  emitInterrupt(code);
  code.bind(stray);
  emitStray(code);
}

/** RCX is the slot. */
function emitFault(code: Assembler): void {
  const noDebug = code.label('no_dr6');
  code.mov(at('rcx', FAULT.vector), 'rax');
  code.mov(qword(at('rcx', FAULT.dr6)), 0);
  code.cmp('rax', DEBUG_EXCEPTION);
  code.jump('ne', noDebug);
  code.movSystem('rax', 'dr6');
  code.mov(at('rcx', FAULT.dr6), 'rax');
  code.bind(noDebug);
  for (const part of ['error', 'address', 'cs'] as const) {
    code.mov('rax', at('rsp', FRAME[part]));
    code.mov(at('rcx', FAULT[part]), 'rax');
  }
  code.movSystem('rax', 'cr2');
  code.mov(at('rcx', FAULT.cr2), 'rax');
  code.mov(qword(at('rcx')), STATE.fault);
  code.mov(qword(at('rbx', BLOCK.slot)), 0);
  for (const [field, part] of [
    [BLOCK.resume, FRAME.address],
    [BLOCK.flags, FRAME.flags],
    [BLOCK.stack, FRAME.stack],
  ] as const) {
    code.mov('rax', at('rbx', field));
    code.mov(at('rsp', part), 'rax');
  }
  code.mov(qword(at('rsp', FRAME.cs)), SELECTOR.code);
  code.mov(qword(at('rsp', FRAME.ss)), SELECTOR.data);
  emitReturn(code);
}

/** Goes to the operation's own handler with every register as it was; RCX is where. */
function emitHooked(code: Assembler): void {
  code.mov('rax', at('rsp', 24));
  code.mov(at('rsp', 24), 'rcx');
  for (const register of ['rdx', 'rcx', 'rbx'] as const) code.pop(register);
  code.instruction('ret');
}

function emitInterrupt(code: Assembler): void {
  const [done, x2apic] = [code.label('ended'), code.label('x2apic')];
  code.mov('rcx', at('rbx', BLOCK.eoi));
  code.cmp('rcx', EOI.none);
  code.jump('e', done);
  code.cmp('rcx', EOI.x2apic);
  code.jump('e', x2apic);
  code.mov('ecx', APIC_EOI);
  code.mov(dword(at('rcx')), 0);
  code.jmp(done);
  code.bind(x2apic);
  code.mov('ecx', X2APIC_EOI);
  code.xor('eax', 'eax');
  code.xor('edx', 'edx');
  code.instruction('wrmsr');
  code.bind(done);
  emitReturn(code);
}

function emitStray(code: Assembler): void {
  code.inc(qword(at('rbx', BLOCK.strays)));
  code.mov(at('rbx', BLOCK.strayVector), 'rax');
  for (const [part, field] of [
    [FRAME.error, BLOCK.strayError],
    [FRAME.address, BLOCK.strayAddress],
  ] as const) {
    code.mov('rax', at('rsp', part));
    code.mov(at('rbx', field), 'rax');
  }
  code.movSystem('rax', 'cr2');
  code.mov(at('rbx', BLOCK.strayCr2), 'rax');
  emitEnd(code, 1);
}

function emitReturn(code: Assembler): void {
  for (const register of ['rdx', 'rcx', 'rbx', 'rax'] as const) code.pop(register);
  emitHandlerEnd(code);
}

/** The end of every handler, an operation's own included: takes the vector and error code off, and returns. */
export function emitHandlerEnd(code: Assembler): void {
  code.add('rsp', 16);
  code.interruptReturn();
}

/** Tells the host that the program is at its end, and stays there. */
export function emitEnd(code: Assembler, status: 0 | 1): void {
  code.mov('al', status);
  code.out(PORT.end, 'al');
  const stay = code.bind(code.label('end'));
  code.instruction('cli');
  code.instruction('hlt');
  code.jmp(stay);
}
