/**
 * The registers that instructions name, with the number that encodes them (Intel SDM volume 2, table 2-2 and section
 * 2.2.1.2: numbers from 8 on take their high bit from a REX prefix).
 */
export type Width = 8 | 16 | 32 | 64;

const NUMBERED = {
  8: ['al', 'cl', 'dl', 'bl'],
  16: ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'],
  32: [
    'eax',
    'ecx',
    'edx',
    'ebx',
    'esp',
    'ebp',
    'esi',
    'edi',
    'r8d',
    'r9d',
    'r10d',
    'r11d',
    'r12d',
    'r13d',
    'r14d',
    'r15d',
  ],
  64: ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
} as const;

export type Register8 = (typeof NUMBERED)[8][number];
export type Register16 = (typeof NUMBERED)[16][number];
export type Register32 = (typeof NUMBERED)[32][number];
export type Register64 = (typeof NUMBERED)[64][number];
/** AH, CH, DH, BH, the low bytes that need a REX prefix and the extended ones of 8 and 16 bits have no use here. */
export type Register = Register8 | Register16 | Register32 | Register64;

/** The segment registers in the order of their numbers (table B-8). */
export const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
export type Segment = (typeof SEGMENTS)[number];

/** Control and debug registers that MOV reaches (volume 2, "MOV—Move to/from Control Registers", "… Debug Registers"). */
export const CONTROLS = ['cr0', 'cr2', 'cr3', 'cr4', 'cr8'] as const;
export type Control = (typeof CONTROLS)[number];
export const DEBUGS = ['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'] as const;
export type Debug = (typeof DEBUGS)[number];

const BY_NAME: ReadonlyMap<string, { readonly number: number; readonly width: Width }> = new Map(
  ([8, 16, 32, 64] as const).flatMap((width) => NUMBERED[width].map((name, number) => [name, { number, width }])),
);

function row(register: Register): { readonly number: number; readonly width: Width } {
  const found = BY_NAME.get(register);
  if (found === undefined) throw new RangeError(`no register ${register}`);
  return found;
}

export function registerNumber(register: Register): number {
  return row(register).number;
}

/** Bits. */
export function registerWidth(register: Register): Width {
  return row(register).width;
}

/** The number in a control or debug register's name is the one that encodes it. */
export function systemNumber(register: Control | Debug): number {
  return Number(register.slice(2));
}
