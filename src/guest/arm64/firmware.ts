/**
 * A program for a VMM that starts vCPUs as hardware does, where nobody sets their registers from outside (`start.ts`): it
 * lies where the VMM loads it, begins with a few instructions that move the rest to where it belongs, and goes on there.
 * Memory's beginning is not loaded to, because QEMU's virt machine puts its device tree there.
 */
import {
  addImmediate,
  addressOf,
  assemble,
  bCond,
  br,
  cmp,
  ISB,
  label,
  ldr,
  mov,
  movLabel,
  movz,
  msr,
  str,
  XZR,
} from './assembler/index.ts';
import type { Assembled, Item } from './assembler/index.ts';
import { TRANSLATION_TABLE, translationRegisters } from './address-space.ts';
import { encodingOf } from './system-register.ts';

/** Where the image is loaded and vCPU 0 begins: behind what may stand at the beginning of memory. */
export const BOOT_BASE = 0x4040_0000;

/**
 * An image for `BOOT_BASE`. `memory`: what lies from the program's base on; its entry is then gone to as `startVcpu` does, with
 * `then` as the place to go on.
 */
export function bootImage(program: Assembled, memory: Uint8Array, then: string): Uint8Array {
  const address = (name: string): number => addressOf(program, name);
  const registers = translationRegisters(address('translation-table'), address('vectors'));
  return assemble(BOOT_BASE, [
    // With the MMU on, what is written goes through the caches that the VMM reads through.
    ...registers.flatMap(([name, value]) => (name === TABLE_REGISTER ? setToLabel(name, 'table') : set(name, value))),
    ISB,
    ...movLabel(FROM, 'memory'),
    ...movLabel(END, 'memory-end'),
    ...mov(TO, program.base),
    label('copy'),
    ldr(64, VALUE, FROM),
    str(64, VALUE, TO),
    // One copy is enough of what will be saved.
    str(64, XZR, FROM),
    addImmediate(FROM, FROM, 8),
    addImmediate(TO, TO, 8),
    cmp(FROM, END),
    bCond('cc', 'copy'),
    // The same map, at the address that the program knows.
    ...set(TABLE_REGISTER, BigInt(address('translation-table'))),
    ISB,
    // Of vCPU 0: its number, the program, the end of its code, where to go on (preamble.ts).
    movz(0, 0),
    ...mov(1, program.base),
    ...mov(2, address('code-end')),
    ...mov(3, address(then)),
    ...mov(VALUE, address('entry')),
    br(VALUE),
    { align: 64 },
    label('table'),
    ...TRANSLATION_TABLE,
    { align: 64 },
    label('memory'),
    { bytes: memory },
    { align: 8 },
    label('memory-end'),
  ]).bytes;
}

const [FROM, TO, END, VALUE, WORK] = [4, 5, 6, 7, 9] as const;
const TABLE_REGISTER = 'TTBR0_EL1';

function set(register: string, value: bigint): Item[] {
  return [...mov(WORK, value), msr(encodingOf(register), WORK)];
}

function setToLabel(register: string, name: string): Item[] {
  return [...movLabel(WORK, name), msr(encodingOf(register), WORK)];
}
