/**
 * Registers that the witness keeps for itself. Operations may change RAX, RBX, RCX, RDX, RSI and RDI; of the others, some
 * hold a value that only a restore could change.
 */
import type { Assembler } from '../assembler/index.ts';

/** The vCPU's block, and its area. */
export const OWN_BLOCK = 'r15';
export const OWN_AREA = 'r14';

export const KEPT_REGISTERS = [
  ['r8', 0x7738_0123_4567_89abn],
  ['r9', 0x7739_1234_5678_9abcn],
  ['r10', 0x7810_2345_6789_abcdn],
  ['r11', 0xf811_3456_789a_bcden],
  ['r12', 0x7812_4567_89ab_cdefn],
  ['rbp', 0x7770_5678_9abc_def0n],
] as const;

export function loadKeptRegisters(code: Assembler): void {
  for (const [register, value] of KEPT_REGISTERS) code.mov(register, value);
}
