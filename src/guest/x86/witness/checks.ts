/** What the witness keeps besides its reads, and holds against what it must be in each round: subroutines. */
import { at, indexed, qword } from '../assembler/index.ts';
import type { Assembler } from '../assembler/index.ts';
import { CHECK, OWN, PAGES, PAGE_BYTES, checkOffset } from './layout.ts';
import type { AreaLayout, CheckName } from './layout.ts';
import { KEPT_REGISTERS, OWN_AREA, OWN_BLOCK } from './registers.ts';

/** Odd, with bits everywhere: no two generations of a page look alike. */
const STEP = 0x9e37_79b9_7f4a_7c15n;
const WORDS = PAGE_BYTES / 8;

/** A failure: RDI is where, RAX what was expected, RDX what was found. The first is kept. Changes RCX. */
export function emitFailure(code: Assembler, name: CheckName): void {
  const offset = checkOffset(name);
  const known = code.label('failure_known');
  code.inc(qword(at(OWN_BLOCK, offset + CHECK.failures)));
  code.cmp(qword(at(OWN_BLOCK, offset + CHECK.failures)), 1);
  code.jump('ne', known);
  code.mov('rcx', at(OWN_BLOCK, OWN.rounds));
  code.mov(at(OWN_BLOCK, offset + CHECK.round), 'rcx');
  code.mov(at(OWN_BLOCK, offset + CHECK.at), 'rdi');
  code.mov(at(OWN_BLOCK, offset + CHECK.expected), 'rax');
  code.mov(at(OWN_BLOCK, offset + CHECK.found), 'rdx');
  code.bind(known);
}

/**
 * Memory that changes: each round verifies the oldest of four pages, written three rounds before, and writes over the
 * next. A page's first word follows from the round and the vCPU; each further one is one more.
 */
export function emitMemoryCheck(code: Assembler, { pages }: AreaLayout): void {
  const [write, verify, bad, fill] = ['write', 'verify', 'bad', 'fill'].map((name) => code.label(`page_${name}`));
  if (write === undefined || verify === undefined || bad === undefined || fill === undefined) return;
  code.mov('rbx', at(OWN_BLOCK, OWN.rounds));
  code.cmp('rbx', PAGES - 1);
  code.jump('b', write);
  code.mov('rax', 'rbx');
  code.sub('rax', PAGES - 1);
  emitFirstWord(code);
  code.lea('rdi', at('rbx', 1));
  emitPage(code, pages);
  code.xor('ecx', 'ecx');
  code.bind(verify);
  code.cmp(indexed('rdi', 'rcx', 8), 'rax');
  code.jump('ne', bad);
  code.inc('rax');
  code.inc('rcx');
  code.cmp('rcx', WORDS);
  code.jump('b', verify);
  code.jmp(write);
  code.bind(bad);
  code.lea('rdi', indexed('rdi', 'rcx', 8));
  code.mov('rdx', at('rdi'));
  emitFailure(code, 'memory');
  code.bind(write);
  code.mov('rax', 'rbx');
  emitFirstWord(code);
  code.mov('rdi', 'rbx');
  emitPage(code, pages);
  code.xor('ecx', 'ecx');
  code.bind(fill);
  code.mov(indexed('rdi', 'rcx', 8), 'rax');
  code.inc('rax');
  code.inc('rcx');
  code.cmp('rcx', WORDS);
  code.jump('b', fill);
  code.instruction('ret');
}

/** RAX: from a round to the first word of its page. Changes RCX and RDX. */
function emitFirstWord(code: Assembler): void {
  code.mov('rcx', STEP);
  code.unary('mul', 'rcx');
  code.add('rax', OWN_AREA);
}

/** RDI: from a round to the address of its page. */
function emitPage(code: Assembler, pages: number): void {
  code.and('rdi', PAGES - 1);
  code.shift('shl', 'rdi', Math.log2(PAGE_BYTES));
  code.add('rdi', OWN_AREA);
  code.add('rdi', pages);
}

/** General registers that nothing here changes. `at` is the register's place in the list. */
export function emitRegisterCheck(code: Assembler): void {
  KEPT_REGISTERS.forEach(([register, value], index) => {
    const same = code.label(`same_${register}`);
    code.mov('rax', value);
    code.cmp(register, 'rax');
    code.jump('e', same);
    code.mov('rdx', register);
    code.mov('edi', index);
    emitFailure(code, 'registers');
    code.mov(register, value);
    code.bind(same);
  });
  code.instruction('ret');
}

/** The time stamp counter does not go back from one round to the next. */
export function emitCounterCheck(code: Assembler): void {
  const forward = code.label('forward');
  code.instruction('rdtsc');
  code.shift('shl', 'rdx', 32);
  code.or('rdx', 'rax');
  code.mov('rax', at(OWN_BLOCK, OWN.counter));
  code.mov(at(OWN_BLOCK, OWN.counter), 'rdx');
  code.cmp('rdx', 'rax');
  code.jump('ae', forward);
  code.xor('edi', 'edi');
  emitFailure(code, 'counter');
  code.bind(forward);
  code.instruction('ret');
}
