/**
 * Where the witness keeps what it knows. Each vCPU has an area: counters, what it last read, what it read first, a log of
 * changes, a page, and room for vector registers. A description of it as JSON lies in guest memory too, so that whoever
 * has the memory can read it.
 */
import type { WitnessTable } from '../../witness.ts';
import type { GuestOperation } from '../operation.ts';
import { valuesOf } from '../operation.ts';
import { PREAMBLE_BYTES } from '../preamble.ts';

/** Bytes from the beginning of an area; 64-bit words. */
export const AREA = {
  index: 0,
  rounds: 8,
  ticks: 16,
  requests: 24,
  answers: 32,
  /** `answers` when the last request was sent. */
  asked: 40,
  unanswered: 48,
  strays: 56,
  /** Changes noticed, and how many of them are in the log. */
  changes: 64,
  logged: 72,
  counter: 80,
  period: 88,
  generation: 96,
  /** Bytes of an SVE vector; 0 without SVE. */
  vectorBytes: 104,
  /** What is written to ICC_SGI1R_EL1 to ask the next vCPU, and to answer the one before. */
  ask: 112,
  answer: 120,
  faultElr: 128,
  /** 1 where the machine has an ITS; then how many messages came, and vCPU 0's place in the queue of commands. */
  its: 136,
  messages: 144,
  queue: 152,
  checks: 160,
  /** A slot: what is being read. */
  current: 320,
} as const;

/** Words of a check: failures, and of the first one the round, where, what was expected and what was found. */
export const CHECK = { failures: 0, round: 8, at: 16, expected: 24, found: 32, bytes: 40 } as const;
export const CHECKS = ['memory', 'vectors', 'counter', 'exceptions'] as const;
export type CheckName = (typeof CHECKS)[number];

/** Where the slots of an area begin: behind the largest `current`. */
const SLOTS = 512;
export const PAGE_BYTES = 4096;
/**
 * Vector registers in memory: 32 vectors of up to 256 bytes, 16 predicates of an eighth of that, and FFR, which is as
 * long as a predicate; then zeros.
 */
export const VECTORS_BYTES: number = 34 * 256 + 64;
export const STACK_BYTES = 1024;
export const LOG_ENTRIES = 64;
/** Changes of one read that are kept. */
export const KEPT = 4;

/** Places in an area that depend on the table, in bytes. */
export interface AreaLayout {
  /** Setup operations first, then reads; each slot is state, values or fault, and the number of changes. */
  readonly slotBytes: number;
  readonly last: number;
  readonly first: number;
  readonly log: number;
  readonly entryBytes: number;
  readonly page: number;
  readonly pattern: number;
  readonly scratch: number;
  readonly stackTop: number;
  readonly bytes: number;
}

/** What lies in guest memory as JSON. */
export interface WitnessDescription {
  readonly vcpus: number;
  readonly setup: number;
  /** Of the reads. */
  readonly paths: readonly string[];
  /** Values of each setup operation and of each read. */
  readonly values: readonly number[];
  readonly layout: AreaLayout;
}

/** Behind the preamble, 64-bit words: a mark, where the description lies, its bytes, and where the first area lies. */
export const HEADER: Readonly<Record<'mark' | 'description' | 'bytes' | 'areas', number>> = {
  mark: PREAMBLE_BYTES,
  description: PREAMBLE_BYTES + 8,
  bytes: PREAMBLE_BYTES + 16,
  areas: PREAMBLE_BYTES + 24,
};
/** "witness1" */
export const MARK = 0x3173_7365_6e74_6977n;

/** Words of a slot that are compared: the state, and the values, of which a fault needs two. */
export function slotWords(values: number): number {
  return 1 + Math.max(2, values);
}

/** The operations in the order of their slots. */
export function operationsOf({ setup, reads }: WitnessTable<GuestOperation>): GuestOperation[] {
  return [...setup, ...reads.map(({ operation }) => operation)];
}

export function areaLayout(table: WitnessTable<GuestOperation>): AreaLayout {
  const operations = operationsOf(table);
  const words = Math.max(...operations.map((operation) => slotWords(valuesOf(operation))), 3);
  const slotBytes = 8 * (words + 1);
  const entryBytes = 8 * (2 + 2 * words);
  const last = SLOTS;
  const first = last + slotBytes * operations.length;
  const log = first + slotBytes * operations.length;
  const page = aligned(log + entryBytes * LOG_ENTRIES, 64);
  const pattern = page + PAGE_BYTES;
  const scratch = pattern + VECTORS_BYTES;
  const stackTop = aligned(scratch + VECTORS_BYTES + STACK_BYTES, 64);
  return { slotBytes, last, first, log, entryBytes, page, pattern, scratch, stackTop, bytes: stackTop };
}

function aligned(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
