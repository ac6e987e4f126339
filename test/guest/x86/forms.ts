/** Every form that the assembler has, each once or more: what the test against binutils assembles. */
import {
  ARITHMETIC,
  Assembler,
  CONDITIONS,
  EXCHANGES,
  FIXED,
  MEMORY_ONLY,
  SHIFTS,
  STRINGS,
  UNARY,
  at,
  byte,
  dword,
  indexed,
  qword,
  word,
} from '../../../src/guest/x86/assembler/index.ts';
import type {
  Arithmetic,
  Bits,
  Condition,
  Exchange,
  FixedName,
  Label,
  Memory,
  MemoryOnly,
  Register,
  Shift,
  StringOperation,
  Unary,
} from '../../../src/guest/x86/assembler/index.ts';

const names = <N extends string>(table: Readonly<Record<N, unknown>>): N[] => Object.keys(table) as N[];

/** Registers of each width; beyond the eighth only where 64-bit mode has them. */
const REGISTERS: Readonly<Record<Bits, readonly (readonly [Register, Register])[]>> = {
  64: [
    ['al', 'bl'],
    ['ax', 'si'],
    ['ecx', 'edx'],
    ['r9d', 'esi'],
    ['rax', 'rbx'],
    ['rsp', 'r12'],
    ['r15', 'rbp'],
  ],
  16: [
    ['al', 'dl'],
    ['cx', 'di'],
    ['eax', 'esi'],
    ['esp', 'ebp'],
  ],
};

export function places(bits: Bits, label: Label): readonly Memory[] {
  const common = [
    at(0x1234),
    at(label),
    at('ebx'),
    at('ebp'),
    at('esp', 4),
    at('eax', -0x80),
    at('esi', 0x1234),
    indexed('ebx', 'esi', 2, 8),
    indexed(null, 'eax', 8, 0x400),
  ];
  if (bits === 16) return common;
  return [
    at(0x1234),
    at(label),
    ...common.slice(2, 5),
    at('rbx'),
    at('rbp'),
    at('r13'),
    at('rsp', 8),
    at('r12', 0x7f),
    at('rcx', -0x81),
    indexed('rbx', 'r9', 8, 0x1000),
    indexed(null, 'rcx', 4, 0x2000),
    indexed('r14', 'rax', 1),
  ];
}

/** Emits them all; labels named `here` and `there` are bound to the program's beginning and end. */
export function emitEveryForm(code: Assembler): { readonly here: Label; readonly there: Label } {
  const { bits } = code;
  const here = code.bind(code.label('here'));
  const there = code.label('there');
  const memories = places(bits, here);
  const sized = (memory: Memory): Memory[] => [
    byte(memory),
    word(memory),
    dword(memory),
    ...(bits === 64 ? [qword(memory)] : []),
  ];
  for (const name of names<FixedName>(FIXED)) if (bits === 64 || FIXED[name].only64 !== true) code.instruction(name);
  for (const name of names<StringOperation>(STRINGS)) if (bits === 64) code.string(name);
  for (const name of names<MemoryOnly>(MEMORY_ONLY)) {
    if (bits === 16 && MEMORY_ONLY[name].wide === true) continue;
    for (const memory of memories) code.memory(name, memory);
  }
  for (const [a, b] of REGISTERS[bits]) {
    code.mov(a, b);
    code.mov(a, 0x12);
    code.test(a, b);
    code.test(a, 0x12);
    for (const memory of memories) {
      code.mov(a, memory);
      code.mov(memory, a);
    }
    for (const name of names<Arithmetic>(ARITHMETIC)) {
      code.arithmetic(name, a, b);
      code.arithmetic(name, a, 0x12);
      for (const memory of memories.slice(0, 3)) {
        code.arithmetic(name, a, memory);
        code.arithmetic(name, memory, b);
      }
    }
    for (const name of names<Unary>(UNARY)) code.unary(name, a);
    for (const name of names<Shift>(SHIFTS)) code.shift(name, a, 5);
  }
  for (const [a, b] of REGISTERS[bits].slice(1)) {
    for (const name of names<Exchange>(EXCHANGES)) {
      code.exchange(name, a, b);
      code.exchange(name, memories[2]!, a, 'lock');
    }
    code.movzx(a, byte(memories[3]!));
    code.lea(a, memories[4]!);
    code.arithmetic('cmp', a, 0x1234);
  }
  for (const memory of memories.flatMap(sized)) {
    code.mov(memory, 0x12);
    code.add(memory, 0x12);
    code.cmp(memory, 0x7f);
    code.test(memory, 0x12);
    code.unary('inc', memory, 'lock');
    code.inc(memory);
    code.dec(memory);
    code.shift('shl', memory, 3);
  }
  for (const port of ['dx', 0x60] as const) {
    for (const register of ['al', 'ax', 'eax'] as const) {
      code.in(register, port);
      code.out(port, register);
    }
  }
  for (const condition of names<Condition>(CONDITIONS)) {
    code.jump(condition, here);
    code.jump(condition, there);
  }
  code.jmp(there);
  code.call(here);
  code.int(0x40);
  code.push(0x12);
  code.pushf();
  code.popf();
  code.interruptReturn();
  code.ltr('ax');
  code.movSegment('ds', 'ax');
  code.readSegment('cx', 'gs');
  if (bits === 64) emit64(code, here);
  else emit16(code, here);
  code.bind(there);
  code.instruction('nop');
  return { here, there };
}

function emit64(code: Assembler, here: Label): void {
  code.mov('rax', here);
  code.mov('r10d', here);
  code.mov('r10', 0x1234_5678_9abc_def0n);
  code.mov('rax', 0xffff_ffff_ffff_ffffn);
  code.mov(qword(at('rax')), -1);
  code.and('rbx', -0x4000);
  for (const register of ['rax', 'r11', 'rsp'] as const) {
    code.push(register);
    code.pop(register);
    code.jmp(register);
    code.call(register);
  }
  code.push(at('rbx', 8));
  code.pop(at('r9'));
  code.jmp(qword(at('rax', 8)));
  code.call(qword(at('r12')));
  for (const control of ['cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'dr0', 'dr3', 'dr6', 'dr7'] as const) {
    code.movSystem('rax', control);
    code.movSystem(control, 'r9');
  }
  for (const name of ['rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase'] as const) code.segmentBase(name, 'rcx');
}

function emit16(code: Assembler, here: Label): void {
  code.mov('eax', here);
  for (const register of ['eax', 'cx'] as const) {
    code.push(register);
    code.pop(register);
  }
  code.jmp('ax');
  code.call('bx');
  code.jmp(word(at('eax', 8)));
  for (const control of ['cr0', 'cr2', 'cr3', 'cr4', 'dr0', 'dr6', 'dr7'] as const) {
    code.movSystem('eax', control);
    code.movSystem(control, 'esi');
  }
}
