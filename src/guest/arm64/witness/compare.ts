/** Holds what was just read against what was read last. */
import {
  add,
  addImmediate,
  bCond,
  cbnz,
  cmp,
  cmpImmediate,
  label,
  ldr,
  ldrIndexed,
  madd,
  mov,
  movz,
  ret,
  str,
  strIndexed,
} from '../assembler/index.ts';
import type { Item, Register } from '../assembler/index.ts';
import { AREA, KEPT, LOG_ENTRIES } from './layout.ts';
import type { AreaLayout } from './layout.ts';
import { AREA_REGISTER, CURRENT, inArea, INDEX } from './registers.ts';

/** How many words of the slot count: set by the caller. */
export const WORDS = 25;
const LAST = 20;
const AT = 23;
const LOG = 21;
const SIZE = 22;

/** Copies `WORDS` words. */
function copy(name: string, to: Register, from: Register): Item[] {
  return [
    movz(AT, 0),
    label(name),
    ldrIndexed(0, from, AT),
    strIndexed(0, to, AT),
    addImmediate(AT, AT, 1),
    cmp(AT, WORDS),
    bCond('ne', name),
  ];
}

/**
 * `compare`, called with the slot's number in x28 and the current slot filled: what was read first is kept; what differs
 * from the time before goes to the log, while there is room, and is what counts from then on.
 */
export function compareRoutine(layout: AreaLayout): Item[] {
  return [
    label('compare'),
    ...inArea(LAST, layout.last),
    ...mov(SIZE, layout.slotBytes),
    madd(LAST, INDEX, SIZE, LAST),
    ldr(64, 0, LAST),
    cbnz(0, 'compare.known'),
    ...inArea(LOG, layout.first),
    madd(LOG, INDEX, SIZE, LOG),
    ...copy('compare.first', LOG, CURRENT),
    ...copy('compare.last', LAST, CURRENT),
    ret(),

    label('compare.known'),
    movz(AT, 0),
    label('compare.word'),
    ldrIndexed(0, CURRENT, AT),
    ldrIndexed(1, LAST, AT),
    cmp(0, 1),
    bCond('ne', 'compare.differs'),
    addImmediate(AT, AT, 1),
    cmp(AT, WORDS),
    bCond('ne', 'compare.word'),
    ret(),

    label('compare.differs'),
    ldr(64, 0, AREA_REGISTER, AREA.changes),
    addImmediate(0, 0, 1),
    str(64, 0, AREA_REGISTER, AREA.changes),
    ldr(64, 0, LAST, layout.slotBytes - 8),
    addImmediate(0, 0, 1),
    str(64, 0, LAST, layout.slotBytes - 8),
    cmpImmediate(0, KEPT),
    bCond('hi', 'compare.keep'),
    ldr(64, 1, AREA_REGISTER, AREA.logged),
    cmpImmediate(1, LOG_ENTRIES),
    bCond('cs', 'compare.keep'),
    addImmediate(2, 1, 1),
    str(64, 2, AREA_REGISTER, AREA.logged),
    ...inArea(LOG, layout.log),
    ...mov(SIZE, layout.entryBytes),
    madd(LOG, 1, SIZE, LOG),
    str(64, INDEX, LOG),
    ldr(64, 0, AREA_REGISTER, AREA.rounds),
    str(64, 0, LOG, 8),
    addImmediate(LOG, LOG, 16),
    ...copy('compare.before', LOG, LAST),
    ...mov(SIZE, (layout.entryBytes - 16) / 2),
    add(LOG, LOG, SIZE),
    ...copy('compare.now', LOG, CURRENT),
    label('compare.keep'),
    ...copy('compare.take', LAST, CURRENT),
    ret(),
  ];
}
