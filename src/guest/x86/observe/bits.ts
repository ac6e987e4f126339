/**
 * Which bits of a register a guest can change: each is flipped alone, read back, and put back. A bit is taken, ignored, or
 * the write is #GP. Long mode only.
 */
import { at } from '../index.ts';
import type { Assembler, GuestOperation } from '../index.ts';

/** A control register by name, an MSR by index. */
export type BitsRegister = 'cr0' | 'cr4' | number;

const GP = 13;
const RIP_ON_STACK = 16;

/**
 * `candidates`: bits that are tried. Values: the register as it was found, bits that were taken, that were ignored, and
 * that fault. Where the register does not read at all, the operation is a fault.
 */
export function flippedBits(register: BitsRegister, candidates: bigint): GuestOperation {
  return {
    do: 'code',
    name: `bits of ${typeof register === 'number' ? `MSR 0x${register.toString(16)}` : register.toUpperCase()}`,
    values: ['initial', 'taken', 'ignored', 'faulted'],
    assemble(code, context) {
      const [begin, handler, faulted] = [code.label('begin'), code.label('gp'), code.label('faulted')];
      const [ignored, restore, next, done] = [
        code.label('ignored'),
        code.label('restore'),
        code.label('next'),
        code.label('done'),
      ];
      // R12: as found; R13 taken, R14 ignored, R15 faulted; RSI the bit, R10 the candidates; RAX is read and written.
      read(code, register);
      code.mov('r12', 'rax');
      code.jmp(begin);
      code.bind(handler);
      code.mov('rax', faulted);
      code.mov(at('rsp', RIP_ON_STACK), 'rax');
      context.endHandler();
      code.bind(begin);
      context.hook(GP, handler);
      for (const mask of ['r13', 'r14', 'r15'] as const) code.xor(mask, mask);
      code.mov('r10', candidates);
      code.mov('rsi', 1);
      const loop = code.bind(code.label('loop'));
      code.mov('rdi', 'r10');
      code.and('rdi', 'rsi');
      code.jump('e', next);
      code.mov('rax', 'r12');
      code.xor('rax', 'rsi');
      write(code, register);
      read(code, register);
      code.xor('rax', 'r12');
      code.and('rax', 'rsi');
      code.jump('e', ignored);
      code.or('r13', 'rsi');
      code.jmp(restore);
      code.bind(ignored);
      code.or('r14', 'rsi');
      code.bind(restore);
      code.mov('rax', 'r12');
      write(code, register);
      code.jmp(next);
      code.bind(faulted);
      code.or('r15', 'rsi');
      code.bind(next);
      code.add('rsi', 'rsi');
      code.jump('e', done);
      code.jmp(loop);
      code.bind(done);
      (['r12', 'r13', 'r14', 'r15'] as const).forEach((mask, index) => context.store(index, mask));
    },
  };
}

/** To RAX. */
function read(code: Assembler, register: BitsRegister): void {
  if (typeof register !== 'number') return code.movSystem('rax', register);
  code.mov('ecx', register);
  code.instruction('rdmsr');
  code.shift('shl', 'rdx', 32);
  code.or('rax', 'rdx');
}

/** From RAX, which keeps its value. */
function write(code: Assembler, register: BitsRegister): void {
  if (typeof register !== 'number') return code.movSystem(register, 'rax');
  code.mov('rdx', 'rax');
  code.shift('shr', 'rdx', 32);
  code.mov('ecx', register);
  code.instruction('wrmsr');
}
