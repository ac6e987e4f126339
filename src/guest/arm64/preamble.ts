/** What every program begins with, at the same addresses whatever follows: the translation table, and the entry. */
import { addImmediate, bCond, br, cmp, dc, dsb, ic, ISB, label } from './assembler/index.ts';
import type { Item } from './assembler/index.ts';
import { TRANSLATION_TABLE } from './address-space.ts';

/** The shortest cache line that CTR_EL0 can name, bytes (Arm ARM, D19.2.35: four words). */
const SHORTEST_LINE = 16;

/**
 * `entry`: where every vCPU begins. Code that the host has written since the last run is brought to where instructions
 * are fetched from; the entry itself is always the same at the same address. x1 and x2: the first address of the program
 * and the end of its code; x3: where to go on.
 */
const ENTRY: readonly Item[] = [
  label('entry'),
  dc('cvau', 1),
  addImmediate(1, 1, SHORTEST_LINE),
  cmp(1, 2),
  bCond('cc', 'entry'),
  dsb('ish'),
  ic('iallu'),
  dsb('ish'),
  ISB,
  br(3),
];

/** Bytes of it. */
export const PREAMBLE_BYTES = 128;

export const PREAMBLE: readonly Item[] = [
  label('translation-table'),
  ...TRANSLATION_TABLE,
  ...ENTRY,
  { align: PREAMBLE_BYTES },
];
