/**
 * Registers that the witness keeps for itself. Operations have x0 to x18, x20 to x22 and x30; a `code` operation of a
 * witness is confined to them, and leaves vector registers alone once the rounds have begun.
 */
import { addImmediate } from '../assembler/index.ts';
import type { Item, Register } from '../assembler/index.ts';
import { AREA, CHECK, CHECKS } from './layout.ts';
import type { CheckName } from './layout.ts';

/** The area of the vCPU. */
export const AREA_REGISTER = 19;
/** `AREA.current` in it. */
export const CURRENT = 24;
/** What the vectors put their number into, and what their handler works with. */
export const VECTOR = 26;
export const WORK = 27;
/** Number of the slot. */
export const INDEX = 28;
/** Where to go on after a fault. */
export const NEXT = 29;

/** The address of a place in the area. */
export function inArea(rd: Register, offset: number): Item[] {
  const high = Math.floor(offset / 4096);
  return [addImmediate(rd, AREA_REGISTER, offset % 4096), ...(high === 0 ? [] : [addImmediate(rd, rd, high, 12)])];
}

/** The offset of a check's words in the area. */
export function checkOffset(name: CheckName): number {
  return AREA.checks + CHECK.bytes * CHECKS.indexOf(name);
}
