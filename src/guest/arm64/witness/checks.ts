/** What the witness keeps and checks in each round: a page of memory, vector registers, the counter. */
import {
  add,
  addImmediate,
  b,
  bCond,
  bl,
  cbnz,
  cbz,
  cmp,
  label,
  ldr,
  ldrIndexed,
  ldrP,
  ldrQ,
  ldrZ,
  lslImmediate,
  lsrImmediate,
  madd,
  mov,
  movLabel,
  movRegister,
  movz,
  mrs,
  msr,
  ptrue,
  rdffr,
  rdvl,
  ret,
  str,
  strIndexed,
  strP,
  strQ,
  strZ,
  ubfx,
  wrffr,
  ISB,
  XZR,
} from '../assembler/index.ts';
import type { Item } from '../assembler/index.ts';
import { SLOT } from '../mailbox.ts';
import { encodingOf } from '../system-register.ts';
import { AREA, CHECK, PAGE_BYTES, VECTORS_BYTES } from './layout.ts';
import type { AreaLayout, CheckName } from './layout.ts';
import { AREA_REGISTER, checkOffset, CURRENT, inArea, NEXT } from './registers.ts';

/** Where `failed` is told what happened. */
const WHICH = 10;
const PLACE = 11;
const EXPECTED = 12;
const FOUND = 13;

/** Odd and with its bits well mixed, so that multiples of it differ everywhere: 2^64 over the golden ratio. */
const SPREAD = 0x9e37_79b9_7f4a_7c15n;

function fail(check: CheckName): Item[] {
  return [addImmediate(WHICH, AREA_REGISTER, checkOffset(check)), bl('failed')];
}

/** `failed`: counts, and keeps the first. `section-fault`: what a section came to that nothing in it may raise. */
export const FAILED: readonly Item[] = [
  label('section-fault'),
  addImmediate(WHICH, AREA_REGISTER, checkOffset('exceptions')),
  ldr(64, PLACE, AREA_REGISTER, AREA.faultElr),
  movRegister(EXPECTED, XZR),
  ldr(64, FOUND, CURRENT, SLOT.esr),
  label('failed'),
  ldr(64, 14, WHICH, CHECK.failures),
  addImmediate(15, 14, 1),
  str(64, 15, WHICH, CHECK.failures),
  cbnz(14, 'failed.return'),
  ldr(64, 14, AREA_REGISTER, AREA.rounds),
  str(64, 14, WHICH, CHECK.round),
  str(64, PLACE, WHICH, CHECK.at),
  str(64, EXPECTED, WHICH, CHECK.expected),
  str(64, FOUND, WHICH, CHECK.found),
  label('failed.return'),
  ret(),
];

/** Code that must not fault: where it does, that is counted, and the vCPU goes on behind it. */
export function section(name: string, items: readonly Item[]): Item[] {
  return [
    ...movLabel(NEXT, `${name}.fault`),
    ...items,
    b(`${name}.end`),
    label(`${name}.fault`),
    bl('section-fault'),
    label(`${name}.end`),
  ];
}

/** The page holds generation times SPREAD plus the word's number; it is verified, and written for the next generation. */
export function memoryCheck({ page }: AreaLayout): Item[] {
  const [BASE, AT, VALUE, LIMIT] = [3, 4, 5, 6];
  const loop = (name: string, body: readonly Item[]): Item[] => [
    movz(AT, 0),
    label(name),
    ...body,
    addImmediate(VALUE, VALUE, 1),
    addImmediate(AT, AT, 1),
    cmp(AT, LIMIT),
    bCond('ne', name),
  ];
  return [
    ...inArea(BASE, page),
    ...mov(LIMIT, PAGE_BYTES / 8),
    ...mov(2, SPREAD),
    ldr(64, 1, AREA_REGISTER, AREA.generation),
    cbz(1, 'memory.write'),
    madd(VALUE, 1, 2, XZR),
    ...loop('memory.verify', [ldrIndexed(FOUND, BASE, AT), cmp(FOUND, VALUE), bCond('ne', 'memory.failed')]),
    b('memory.write'),
    label('memory.failed'),
    add(PLACE, BASE, AT, 3),
    movRegister(EXPECTED, VALUE),
    ...fail('memory'),
    label('memory.write'),
    addImmediate(1, 1, 1),
    madd(VALUE, 1, 2, XZR),
    ...loop('memory.fill', [strIndexed(VALUE, BASE, AT)]),
    str(64, 1, AREA_REGISTER, AREA.generation),
  ];
}

/** The virtual counter has not gone back since the round before. */
export const COUNTER_CHECK: readonly Item[] = [
  ISB,
  mrs(FOUND, encodingOf('CNTVCT_EL0')),
  ldr(64, EXPECTED, AREA_REGISTER, AREA.counter),
  cmp(FOUND, EXPECTED),
  bCond('cs', 'counter.take'),
  movRegister(PLACE, XZR),
  ...fail('counter'),
  label('counter.take'),
  str(64, FOUND, AREA_REGISTER, AREA.counter),
];

const [PATTERN, SCRATCH, VECTOR_BYTES, PREDICATES] = [3, 4, 5, 6];
const each = (count: number, instruction: (register: number) => number): number[] =>
  Array.from({ length: count }, (_, register) => instruction(register));
/** The address of the predicates behind 32 vectors. */
const predicatesBehind = (base: number): Item[] => [
  lslImmediate(PREDICATES, VECTOR_BYTES, 5),
  add(PREDICATES, base, PREDICATES),
];
/** The bytes of 32 vectors and 16 predicates. */
const vectorsBytes = (rd: number): Item[] => [movz(rd, 34), madd(rd, rd, VECTOR_BYTES, XZR)];
/** Words that FFR takes at most, 256 / 8 bytes; what it does not fill is zeros. */
const FFR_WORDS = 4;
/** FFR goes through a predicate register, behind the sixteen. */
const ffrTo = (): Item[] => [rdffr(0), strP(0, PREDICATES, 16)];

/** Fills every vector register with a pattern of this vCPU's own and keeps the pattern in memory. */
export function openVectors({ pattern }: AreaLayout): Item[] {
  return [
    ...inArea(PATTERN, pattern),
    ldr(64, 1, AREA_REGISTER, AREA.index),
    addImmediate(1, 1, 1),
    ...mov(2, SPREAD),
    madd(0, 1, 2, XZR),
    movz(1, 0),
    ...mov(7, VECTORS_BYTES / 8),
    label('vectors.fill'),
    strIndexed(0, PATTERN, 1),
    add(0, 0, 2),
    addImmediate(1, 1, 1),
    cmp(1, 7),
    bCond('ne', 'vectors.fill'),
    mrs(0, encodingOf('ID_AA64PFR0_EL1')),
    // ID_AA64PFR0_EL1.SVE
    ubfx(0, 0, 32, 4),
    cbz(0, 'vectors.simd'),
    movz(0, 15),
    msr(encodingOf('ZCR_EL1'), 0),
    ISB,
    rdvl(VECTOR_BYTES),
    str(64, VECTOR_BYTES, AREA_REGISTER, AREA.vectorBytes),
    ...each(32, (z) => ldrZ(z, PATTERN, z)),
    ...vectorsBytes(7),
    add(7, PATTERN, 7),
    ...each(FFR_WORDS, (word) => str(64, XZR, 7, 8 * word)),
    ...predicatesBehind(PATTERN),
    ptrue(0),
    wrffr(0),
    ...ffrTo(),
    ...each(16, (p) => ldrP(p, PREDICATES, p)),
    b('vectors.done'),
    label('vectors.simd'),
    ...each(32, (q) => ldrQ(q, PATTERN, 16 * q)),
    label('vectors.done'),
  ];
}

/** Stores every vector register and compares with the pattern. */
export function vectorCheck({ pattern, scratch }: AreaLayout): Item[] {
  const [AT, WORDS] = [7, 8];
  return [
    ...inArea(PATTERN, pattern),
    ...inArea(SCRATCH, scratch),
    ldr(64, VECTOR_BYTES, AREA_REGISTER, AREA.vectorBytes),
    cbz(VECTOR_BYTES, 'vector-check.simd'),
    ...each(32, (z) => strZ(z, SCRATCH, z)),
    ...predicatesBehind(SCRATCH),
    ...each(16, (p) => strP(p, PREDICATES, p)),
    ...ffrTo(),
    ...predicatesBehind(PATTERN),
    ldrP(0, PREDICATES),
    ...vectorsBytes(WORDS),
    lsrImmediate(WORDS, WORDS, 3),
    addImmediate(WORDS, WORDS, FFR_WORDS),
    b('vector-check.compare'),
    label('vector-check.simd'),
    ...each(32, (q) => strQ(q, SCRATCH, 16 * q)),
    movz(WORDS, (32 * 16) / 8),
    label('vector-check.compare'),
    movz(AT, 0),
    label('vector-check.word'),
    ldrIndexed(FOUND, SCRATCH, AT),
    ldrIndexed(EXPECTED, PATTERN, AT),
    cmp(FOUND, EXPECTED),
    bCond('ne', 'vector-check.failed'),
    addImmediate(AT, AT, 1),
    cmp(AT, WORDS),
    bCond('ne', 'vector-check.word'),
    b('vector-check.done'),
    label('vector-check.failed'),
    movRegister(PLACE, AT),
    ...fail('vectors'),
    label('vector-check.done'),
  ];
}
