/** The witness as a program: what every vCPU runs, and an area for each. */
import type { WitnessRead, WitnessTable } from '../../witness.ts';
import {
  addImmediate,
  and,
  assemble,
  b,
  bCond,
  bl,
  cbz,
  cmp,
  ISB,
  label,
  ldr,
  madd,
  mov,
  movLabel,
  movz,
  msr,
  str,
  subImmediate,
  XZR,
} from '../assembler/index.ts';
import type { Assembled, Item } from '../assembler/index.ts';
import { fromHex } from '../../../model/index.ts';
import { DOORBELL, MEMORY_BASE } from '../address-space.ts';
import { SLOT, STATE } from '../mailbox.ts';
import type { GuestOperation } from '../operation.ts';
import { valuesOf } from '../operation.ts';
import { PREAMBLE } from '../preamble.ts';
import { encodingOf } from '../system-register.ts';
import { translate } from '../translate.ts';
import { COUNTER_CHECK, FAILED, memoryCheck, openVectors, section, vectorCheck } from './checks.ts';
import { compareRoutine, WORDS } from './compare.ts';
import { ANSWER_SGI, faultHandler, INTERRUPT, REQUEST_SGI, VECTORS } from './exceptions.ts';
import { OPEN_GIC, OPEN_TIMER } from './interrupts.ts';
import { ITS_COMMAND, itsTables, openIts, raiseMessages } from './its.ts';
import { AREA, areaLayout, MARK, operationsOf, slotWords } from './layout.ts';
import type { AreaLayout, WitnessDescription } from './layout.ts';
import { AREA_REGISTER, CURRENT, inArea, INDEX, NEXT, WORK } from './registers.ts';

/** How often a vCPU gives its turn away before it takes an interrupt for lost. */
const PATIENCE = 500;

const made = new WeakMap<WitnessTable<GuestOperation>, Map<number, Assembled>>();

/** Assembled once for a table and a number of vCPUs: in an emulated machine that takes tenths of a second. */
export function witnessProgram(table: WitnessTable<GuestOperation>, vcpus: number): Assembled {
  const known = made.get(table) ?? new Map<number, Assembled>();
  made.set(table, known);
  const program = known.get(vcpus) ?? assemble(MEMORY_BASE, programItems(table, vcpus));
  known.set(vcpus, program);
  return program;
}

function programItems(table: WitnessTable<GuestOperation>, vcpus: number): Item[] {
  const layout = areaLayout(table);
  const values = operationsOf(table).map((operation) => valuesOf(operation));
  const words = Math.max(3, ...values.map((count) => slotWords(count)));
  const paths = table.reads.map(({ path }) => path);
  const description: WitnessDescription = { vcpus, setup: table.setup.length, paths, values, layout };
  const bytes = new TextEncoder().encode(JSON.stringify(description));
  return [
    ...PREAMBLE,
    { quad: MARK },
    { address: 'description' },
    { quad: BigInt(bytes.length) },
    { address: 'areas' },
    ...VECTORS,
    ...faultHandler(words),
    ...INTERRUPT,
    ...FAILED,
    ...compareRoutine(layout),
    ...ITS_COMMAND,
    ...start(layout),
    ...section('open-its', openIts(vcpus)),
    ...table.setup.flatMap((operation, slot) => keep(slot, operation, [])),
    ...open(layout),
    ...round(table, layout, vcpus),
    label('code-end'),
    label('description'),
    { bytes },
    { align: 64 },
    label('areas'),
    ...Array.from({ length: vcpus }, (_, index) => area(index, vcpus, layout)).flat(),
    ...itsTables(vcpus),
  ];
}

/** x0: the vCPU's number. */
function start(layout: AreaLayout): Item[] {
  return [
    label('witness'),
    ...movLabel(AREA_REGISTER, 'areas'),
    ...mov(1, layout.bytes),
    madd(AREA_REGISTER, 0, 1, AREA_REGISTER),
    ...inArea(0, layout.stackTop),
    addImmediate(31, 0, 0),
    addImmediate(CURRENT, AREA_REGISTER, AREA.current),
    ...section('open-gic', OPEN_GIC),
  ];
}

function open(layout: AreaLayout): Item[] {
  return [...section('open-vectors', openVectors(layout)), ...section('open-timer', OPEN_TIMER)];
}

/** What a vCPU does over and over. */
function round({ setup, reads }: WitnessTable<GuestOperation>, layout: AreaLayout, vcpus: number): Item[] {
  return [
    label('round'),
    ...section('ask', [
      ldr(64, 1, AREA_REGISTER, AREA.answers),
      str(64, 1, AREA_REGISTER, AREA.asked),
      ldr(64, 1, AREA_REGISTER, AREA.ask),
      msr(encodingOf('ICC_SGI1R_EL1'), 1),
      ISB,
    ]),
    ...section('raise', raiseMessages(vcpus)),
    ...reads.flatMap((read, index) => keep(setup.length + index, read.operation, read.masks ?? [])),
    ...section('memory', memoryCheck(layout)),
    ...section('vector-check', vectorCheck(layout)),
    ...section('counter', COUNTER_CHECK),
    ...section('answered', ANSWERED),
    ldr(64, 1, AREA_REGISTER, AREA.rounds),
    addImmediate(1, 1, 1),
    str(64, 1, AREA_REGISTER, AREA.rounds),
    ...mov(2, DOORBELL.round),
    str(64, 1, 2),
    b('round'),
  ];
}

/** Waits for the answer, and gives the rest of its turn away while there is none. */
const ANSWERED: readonly Item[] = [
  ...mov(3, PATIENCE),
  ...mov(4, DOORBELL.wait),
  label('answered.wait'),
  ldr(64, 1, AREA_REGISTER, AREA.answers),
  ldr(64, 2, AREA_REGISTER, AREA.asked),
  cmp(1, 2),
  bCond('ne', 'answered.done'),
  cbz(3, 'answered.never'),
  subImmediate(3, 3, 1),
  str(64, 3, 4),
  b('answered.wait'),
  label('answered.never'),
  ldr(64, 1, AREA_REGISTER, AREA.unanswered),
  addImmediate(1, 1, 1),
  str(64, 1, AREA_REGISTER, AREA.unanswered),
  label('answered.done'),
];

/** Makes an operation, and compares what it gave with the time before. */
function keep(
  slot: number,
  operation: GuestOperation,
  masks: NonNullable<WitnessRead<GuestOperation>['masks']>,
): Item[] {
  const count = valuesOf(operation);
  const words = slotWords(count);
  const masked = masks.flatMap((mask, value) => [...mov(WORK, fromHex(mask)), and(value, value, WORK)]);
  return [
    ...movLabel(NEXT, `slot${slot}.made`),
    ...translate(operation, `slot${slot}.`),
    ...masked,
    ...Array.from({ length: words - 1 }, (_, value) =>
      str(64, value < count ? value : XZR, CURRENT, SLOT.values + 8 * value),
    ),
    movz(WORK, STATE.values),
    str(64, WORK, CURRENT, SLOT.state),
    label(`slot${slot}.made`),
    ...mov(INDEX, slot),
    movz(WORDS, words),
    bl('compare'),
  ];
}

/** What an area holds before its vCPU has run. */
function area(index: number, vcpus: number, { bytes }: AreaLayout): Item[] {
  const words: Readonly<Record<number, bigint>> = {
    [AREA.index]: BigInt(index),
    [AREA.ask]: sgi(REQUEST_SGI, (index + 1) % vcpus),
    [AREA.answer]: sgi(ANSWER_SGI, (index + vcpus - 1) % vcpus),
  };
  const begin = Array.from({ length: AREA.checks / 8 }, (_, word): Item => ({ quad: words[8 * word] ?? 0n }));
  return [...begin, { zeros: bytes - AREA.checks }];
}

/**
 * ICC_SGI1R_EL1 for one vCPU: INTID in 27:24, Aff1 in 23:16, and in 15:0 one bit for Aff0 (IHI 0069, 12.2.20). KVM gives
 * vCPU n the affinity Aff1 = n / 16, Aff0 = n mod 16 (reset_mpidr, arch/arm64/kvm/sys_regs.c).
 */
function sgi(interrupt: number, vcpu: number): bigint {
  return (BigInt(interrupt) << 24n) | (BigInt(vcpu >> 4) << 16n) | (1n << BigInt(vcpu & 15));
}
