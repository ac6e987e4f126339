/**
 * From a PC's reset vector to a program in long mode: for a VMM that starts vCPUs as hardware does, where nobody sets their
 * registers from outside (`start.ts`). The program's tables lie in memory already.
 */
import { gdtLimit, IDT_LIMIT } from './descriptors.ts';
import { BLOCK, GDT, IDT, PAGE_TABLES, vcpuBlock } from './layout.ts';
import { SELECTOR, tssSelector } from './selectors.ts';
import { INITIAL } from './start.ts';
import { Assembler, at, byte } from './assembler/index.ts';

/** What QEMU takes as the smallest image for `-bios`; it ends at 4 GiB. */
const BYTES = 0x1_0000;
const BASE = 0x1_0000_0000 - BYTES;
/** The reset vector lies 16 bytes below the end (Intel SDM volume 3, section 11.1.4). */
const RESET = BYTES - 16;
/** Where the code begins: in the image, and in the segment of the reset, whose base is the image's address. */
const REAL_MODE = 0xf000;
const LONG_MODE = 0xf100;
/** Operands of LGDT and LIDT: a limit of 16 bits, a base of 32 or 64. */
const GDT_OPERAND = 0xf200;
const IDT_OPERAND = 0xf210;

/** Data ports of the two 8259s. Before they are initialized their interrupts are vectors 0 and following. */
const PICS = [0x21, 0xa1] as const;
const ALL_MASKED = 0xff;
const TSC = 0x10;
/**
 * High half of the time stamp counter, as in a guest that has run for minutes: KVM takes a value less than a second from a
 * new vCPU's own for an attempt to synchronize, and keeps its own (arch/x86/kvm/x86.c, kvm_synchronize_tsc).
 */
const TSC_HIGH = 0x100;
const EFER = 0xc000_0080;
/** LMA follows from paging. */
const LME = 0x100;
/** The byte of a descriptor that holds the type; a TSS that is not busy, as LTR wants it. */
const TYPE = 5;
const AVAILABLE_TSS = 0x89;

/** An image for `-bios` that brings the first vCPU to `entry`. */
export function firmware(entry: number): Uint8Array {
  const image = new Uint8Array(BYTES);
  const view = new DataView(image.buffer);
  image.set(realMode(), REAL_MODE);
  image.set(longMode(entry), LONG_MODE);
  view.setUint16(GDT_OPERAND, gdtLimit(1), true);
  view.setUint32(GDT_OPERAND + 2, GDT, true);
  view.setUint16(IDT_OPERAND, IDT_LIMIT, true);
  view.setBigUint64(IDT_OPERAND + 2, BigInt(IDT), true);
  // JMP rel16 back to the code.
  image.set([0xe9, ...word(REAL_MODE - (RESET + 3))], RESET);
  return image;
}

/** From real mode to long mode at once: PE and PG together (AMD APM volume 2, section 14.8, without the step between). */
function realMode(): Uint8Array {
  const { cr0, cr4 } = INITIAL.long;
  const code = new Assembler(16, REAL_MODE);
  code.instruction('cli');
  code.mov('al', ALL_MASKED);
  for (const port of PICS) code.out(port, 'al');
  // LGDT with a base of 32 bits, CS: [disp16].
  code.data([0x2e, 0x66, 0x0f, 0x01, 0x16, ...word(GDT_OPERAND)], 'lgdt cs:[gdt]');
  code.mov('eax', cr4);
  code.movSystem('cr4', 'eax');
  code.mov('eax', PAGE_TABLES);
  code.movSystem('cr3', 'eax');
  code.mov('ecx', TSC);
  code.mov('edx', TSC_HIGH);
  code.xor('eax', 'eax');
  code.instruction('wrmsr');
  code.mov('ecx', EFER);
  code.mov('eax', LME);
  code.xor('edx', 'edx');
  code.instruction('wrmsr');
  code.mov('eax', cr0);
  code.movSystem('cr0', 'eax');
  // JMP ptr16:32.
  code.data([0x66, 0xea, ...double(BASE + LONG_MODE), ...word(SELECTOR.code)], 'jmp far long mode');
  return code.finish();
}

function longMode(entry: number): Uint8Array {
  const code = new Assembler(64, BASE + LONG_MODE);
  code.mov('eax', SELECTOR.data);
  for (const segment of ['ds', 'es', 'fs', 'gs', 'ss'] as const) code.movSegment(segment, 'ax');
  code.mov('eax', BASE + IDT_OPERAND);
  code.data([0x0f, 0x01, 0x18], 'lidt [rax]');
  code.mov(byte(at(GDT + tssSelector(0) + TYPE)), AVAILABLE_TSS);
  code.mov('eax', tssSelector(0));
  code.data([0x0f, 0x00, 0xd8], 'ltr ax');
  code.mov('esp', vcpuBlock(0) + BLOCK.stackTop);
  // Every general register begins with 0, and only the flag that is always set is.
  for (const register of ['ecx', 'edx', 'ebx', 'ebp', 'esi', 'edi'] as const) code.xor(register, register);
  code.push(2);
  code.data([0x9d], 'popf');
  code.mov('eax', entry);
  code.data([0xff, 0xe0], 'jmp rax');
  return code.finish();
}

function word(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff];
}

function double(value: number): number[] {
  return [...word(value & 0xffff), ...word(value >>> 16)];
}
