/**
 * System instructions: registers, barriers, maintenance, exceptions, hints. Encodings: Arm ARM (DDI 0487), chapter C6.2
 * under the instruction's name; the encodings of system registers and of SYS operations: chapter C5. A register is given
 * by its 16-bit encoding, op0[15:14] op1[13:11] CRn[10:7] CRm[6:3] op2[2:0], the form that KVM's register ids have too.
 */
import { register, unsigned, word, XZR } from './field.ts';
import type { Register } from './field.ts';

/** MRS: op0 is 2 or 3. */
export function mrs(rt: Register, encoding: number): number {
  return word(0xd520_0000, systemRegister(encoding), register(rt, 0));
}

/** MSR (register). */
export function msr(encoding: number, rt: Register): number {
  return word(0xd500_0000, systemRegister(encoding), register(rt, 0));
}

function systemRegister(encoding: number): number {
  if (encoding < 0x8000) throw new RangeError(`0x${encoding.toString(16)}: MRS and MSR reach op0 2 and 3 only`);
  return unsigned(encoding, 16, 5);
}

/** PSTATE fields of MSR (immediate): op1 and op2, C5.1.3. */
const PSTATE_FIELDS = { SPSel: [0, 5], DAIFSet: [3, 6], DAIFClr: [3, 7] } as const;

/** MSR (immediate). In DAIFSet and DAIFClr, bit 3 is D, 2 is A, 1 is I, 0 is F. */
export function msrImmediate(field: keyof typeof PSTATE_FIELDS, value: number): number {
  const [op1, op2] = PSTATE_FIELDS[field];
  return word(0xd500_401f, unsigned(op1, 3, 16), unsigned(value, 4, 8), unsigned(op2, 3, 5));
}

/** SYS: op1, CRn, CRm, op2, C5.1.2. */
type SystemOperation = readonly [op1: number, crn: number, crm: number, op2: number];

const TLBI = { vmalle1: [0, 8, 7, 0], vmalle1is: [0, 8, 3, 0] } as const;
const INSTRUCTION_CACHE = { iallu: [0, 7, 5, 0], ialluis: [0, 7, 1, 0] } as const;
const DATA_CACHE = { zva: [3, 7, 4, 1], cvau: [3, 7, 11, 1], civac: [3, 7, 14, 1] } as const;

/** TLBI, of the whole of stage 1. */
export function tlbi(operation: keyof typeof TLBI): number {
  return sys(TLBI[operation], XZR);
}

/** IC, of the whole instruction cache. */
export function ic(operation: keyof typeof INSTRUCTION_CACHE): number {
  return sys(INSTRUCTION_CACHE[operation], XZR);
}

/** DC, of the line (ZVA: the block) at the address in `rt`. */
export function dc(operation: keyof typeof DATA_CACHE, rt: Register): number {
  return sys(DATA_CACHE[operation], rt);
}

function sys([op1, crn, crm, op2]: SystemOperation, rt: Register): number {
  const fields = [unsigned(op1, 3, 16), unsigned(crn, 4, 12), unsigned(crm, 4, 8), unsigned(op2, 3, 5)];
  return word(0xd508_0000, ...fields, register(rt, 0));
}

/** The full system, and the inner shareable domain. */
const DOMAINS = { sy: 15, ish: 11 } as const;

export function dsb(domain: keyof typeof DOMAINS = 'sy'): number {
  return word(0xd503_309f, unsigned(DOMAINS[domain], 4, 8));
}

export function dmb(domain: keyof typeof DOMAINS = 'sy'): number {
  return word(0xd503_30bf, unsigned(DOMAINS[domain], 4, 8));
}

export const ISB = 0xd503_3fdf;
export const NOP = 0xd503_201f;
export const WFE = 0xd503_205f;
export const WFI = 0xd503_207f;
export const SEV = 0xd503_209f;

export function svc(immediate: number = 0): number {
  return word(0xd400_0001, unsigned(immediate, 16, 5));
}

export function hvc(immediate: number = 0): number {
  return word(0xd400_0002, unsigned(immediate, 16, 5));
}

export function smc(immediate: number = 0): number {
  return word(0xd400_0003, unsigned(immediate, 16, 5));
}

export function brk(immediate: number = 0): number {
  return word(0xd420_0000, unsigned(immediate, 16, 5));
}
