/** Opcodes of the instructions with operands, by name. Encodings: Intel SDM volume 2, each under its name. */

/** The eight operations of opcodes 00h-3Fh and of group 1 (80h, 81h, 83h): the number is row and /digit alike. */
export const ARITHMETIC = { add: 0, or: 1, adc: 2, sbb: 3, and: 4, sub: 5, xor: 6, cmp: 7 } as const;
export type Arithmetic = keyof typeof ARITHMETIC;

/** One operand: opcode for 16 bits and more (one less for 8), and /digit. */
export const UNARY = {
  inc: { opcode: 0xff, digit: 0 },
  dec: { opcode: 0xff, digit: 1 },
  not: { opcode: 0xf7, digit: 2 },
  neg: { opcode: 0xf7, digit: 3 },
  mul: { opcode: 0xf7, digit: 4 },
  div: { opcode: 0xf7, digit: 6 },
} as const;
export type Unary = keyof typeof UNARY;

/** C1 /digit ib. */
export const SHIFTS = { rol: 0, ror: 1, shl: 4, shr: 5, sar: 7 } as const;
export type Shift = keyof typeof SHIFTS;

/** A register and a register or memory, the register in ModR/M's reg field: exchange-and-something, LOCK allowed. */
export const EXCHANGES = {
  xadd: [0x0f, 0xc1],
  cmpxchg: [0x0f, 0xb1],
  xchg: [0x87],
} as const;
export type Exchange = keyof typeof EXCHANGES;

/** Condition codes (volume 1, appendix B): the low four bits of Jcc's and SETcc's opcodes. */
export const CONDITIONS = {
  o: 0x0,
  no: 0x1,
  b: 0x2,
  ae: 0x3,
  e: 0x4,
  ne: 0x5,
  be: 0x6,
  a: 0x7,
  s: 0x8,
  ns: 0x9,
  l: 0xc,
  ge: 0xd,
  le: 0xe,
  g: 0xf,
} as const;
export type Condition = keyof typeof CONDITIONS;

export interface MemoryForm {
  readonly opcode: readonly number[];
  readonly digit: number;
  /** With REX.W: the form whose image holds 64-bit pointers, or that takes 64 bits. */
  readonly wide?: true;
}

export type MemoryOnly =
  | 'fxsave'
  | 'fxrstor'
  | 'fxsave64'
  | 'fxrstor64'
  | 'xsave'
  | 'xrstor'
  | 'xsave64'
  | 'xrstor64'
  | 'xsaves64'
  | 'xrstors64'
  | 'invlpg'
  | 'sgdt'
  | 'sidt'
  | 'lgdt'
  | 'lidt';

/** One operand in memory whose size the instruction knows. */
export const MEMORY_ONLY: Readonly<Record<MemoryOnly, MemoryForm>> = {
  fxsave: { opcode: [0x0f, 0xae], digit: 0 },
  fxrstor: { opcode: [0x0f, 0xae], digit: 1 },
  fxsave64: { opcode: [0x0f, 0xae], digit: 0, wide: true },
  fxrstor64: { opcode: [0x0f, 0xae], digit: 1, wide: true },
  xsave: { opcode: [0x0f, 0xae], digit: 4 },
  xrstor: { opcode: [0x0f, 0xae], digit: 5 },
  xsave64: { opcode: [0x0f, 0xae], digit: 4, wide: true },
  xrstor64: { opcode: [0x0f, 0xae], digit: 5, wide: true },
  xsaves64: { opcode: [0x0f, 0xc7], digit: 5, wide: true },
  xrstors64: { opcode: [0x0f, 0xc7], digit: 3, wide: true },
  invlpg: { opcode: [0x0f, 0x01], digit: 7 },
  sgdt: { opcode: [0x0f, 0x01], digit: 0 },
  sidt: { opcode: [0x0f, 0x01], digit: 1 },
  lgdt: { opcode: [0x0f, 0x01], digit: 2 },
  lidt: { opcode: [0x0f, 0x01], digit: 3 },
};

/** String instructions, with REP where they are used so: RCX times, forward while DF is clear. */
export const STRINGS = {
  'rep movsb': { repeat: 0xf3, opcode: 0xa4, width: 8, text: 'rep movs BYTE PTR es:[rdi],BYTE PTR ds:[rsi]' },
  'rep movsq': { repeat: 0xf3, opcode: 0xa5, width: 64, text: 'rep movs QWORD PTR es:[rdi],QWORD PTR ds:[rsi]' },
  'rep stosb': { repeat: 0xf3, opcode: 0xaa, width: 8, text: 'rep stos BYTE PTR es:[rdi],al' },
  'rep stosq': { repeat: 0xf3, opcode: 0xab, width: 64, text: 'rep stos QWORD PTR es:[rdi],rax' },
  'repz cmpsq': { repeat: 0xf3, opcode: 0xa7, width: 64, text: 'repz cmps QWORD PTR ds:[rsi],QWORD PTR es:[rdi]' },
  'repz scasq': { repeat: 0xf3, opcode: 0xaf, width: 64, text: 'repz scas rax,QWORD PTR es:[rdi]' },
} as const;
export type StringOperation = keyof typeof STRINGS;
