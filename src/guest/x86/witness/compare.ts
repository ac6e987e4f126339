/** What a read gave, held against what it gave before: subroutines, with the read's number in RBX. */
import { at, dword, indexed, qword } from '../assembler/index.ts';
import type { Assembler, Label } from '../assembler/index.ts';
import { FAULT, SLOT_BYTES, STATE } from '../mailbox.ts';
import { ENTRY, KEPT, LOG_ENTRIES, OWN } from './layout.ts';
import type { AreaLayout } from './layout.ts';
import { OWN_AREA, OWN_BLOCK } from './registers.ts';

const WORDS = SLOT_BYTES / 8;
const SLOT_SHIFT = Math.log2(SLOT_BYTES);
const ENTRY_SHIFT = Math.log2(ENTRY.bytes);

/** Clears the slot that operations read into. */
export function emitClear(code: Assembler, area: AreaLayout): Label {
  const entry = code.bind(code.label('clear'));
  code.lea('rdi', at(OWN_AREA, area.raw));
  code.xor('eax', 'eax');
  code.mov('ecx', WORDS);
  code.string('rep stosq');
  code.instruction('ret');
  return entry;
}

/** `masks`: the table of masks. */
export function emitCompare(code: Assembler, area: AreaLayout, masks: number): Label {
  const [compare, first, notKept, update, done] = ['compare', 'first', 'not_kept', 'update', 'unchanged'].map((name) =>
    code.label(name),
  );
  if (!compare || !first || !notKept || !update || !done) return code.label();
  const entry = code.bind(code.label('check_read'));
  emitMask(code, area, masks, compare);
  code.bind(compare);
  // RDX is the read's offset in a list of slots.
  code.lea('rdi', indexed(OWN_AREA, 'rdx', 1, area.latest));
  code.cmp(dword(at('rdi')), STATE.notReached);
  code.jump('e', first);
  code.lea('rsi', at(OWN_AREA, area.current));
  code.mov('ecx', WORDS);
  code.string('repz cmpsq');
  code.jump('e', done);
  emitLog(code, area, notKept);
  code.jmp(update);
  code.bind(notKept);
  code.inc(qword(at(OWN_BLOCK, OWN.notKept)));
  code.jmp(update);
  code.bind(first);
  code.lea('rdi', indexed(OWN_AREA, 'rdx', 1, area.first));
  emitCopy(code, at(OWN_AREA, area.current));
  code.bind(update);
  code.lea('rdi', indexed(OWN_AREA, 'rdx', 1, area.latest));
  emitCopy(code, at(OWN_AREA, area.current));
  code.bind(done);
  code.instruction('ret');
  return entry;
}

/** From `raw` to `current`, with only the bits that count; of a fault its vector and error code do. */
function emitMask(code: Assembler, area: AreaLayout, masks: number, done: Label): void {
  const [fault, next] = [code.label('mask_fault'), code.label('mask_next')];
  code.lea('rdi', at(OWN_AREA, area.current));
  emitCopy(code, at(OWN_AREA, area.raw));
  code.mov('rdx', 'rbx');
  code.shift('shl', 'rdx', SLOT_SHIFT);
  code.cmp(dword(at(OWN_AREA, area.current)), STATE.values);
  code.jump('ne', fault);
  code.mov('ecx', WORDS - 1);
  code.lea('rsi', at('rdx', masks));
  code.bind(next);
  code.mov('rax', indexed('rsi', 'rcx', 8));
  code.and(indexed(OWN_AREA, 'rcx', 8, area.current), 'rax');
  code.dec('ecx');
  code.jump('ne', next);
  code.jmp(done);
  code.bind(fault);
  for (const field of [FAULT.address, FAULT.cr2, FAULT.dr6, FAULT.cs]) {
    code.mov(qword(at(OWN_AREA, area.current + field)), 0);
  }
}

/** Changes RAX, RCX, RDI, RSI. */
function emitLog(code: Assembler, area: AreaLayout, notKept: Label): void {
  const count = indexed(OWN_AREA, 'rbx', 4, area.changes);
  code.inc(dword(count));
  code.cmp(dword(count), KEPT);
  code.jump('a', notKept);
  code.mov('rax', at(OWN_BLOCK, OWN.logged));
  code.cmp('rax', LOG_ENTRIES);
  code.jump('ae', notKept);
  code.shift('shl', 'rax', ENTRY_SHIFT);
  code.lea('rdi', indexed(OWN_AREA, 'rax', 1, area.log));
  code.mov(at('rdi', ENTRY.read), 'rbx');
  code.mov('rcx', at(OWN_BLOCK, OWN.rounds));
  code.mov(at('rdi', ENTRY.round), 'rcx');
  code.add('rdi', ENTRY.before);
  emitCopy(code, indexed(OWN_AREA, 'rdx', 1, area.latest));
  // RDI is behind what it wrote, where what is read now goes.
  emitCopy(code, at(OWN_AREA, area.current));
  code.inc(qword(at(OWN_BLOCK, OWN.logged)));
}

/** A slot to RDI, which goes on behind it. */
function emitCopy(code: Assembler, from: ReturnType<typeof at>): void {
  code.lea('rsi', from);
  code.mov('ecx', WORDS);
  code.string('rep movsq');
}
