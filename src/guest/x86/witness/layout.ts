/**
 * Where the witness keeps what it knows: words in each vCPU's block, and an area for each vCPU with what it read, a log of
 * changes, pages and room for vector registers. A description of it as JSON lies in guest memory too, at an address that
 * the header page names, so that whoever has the memory can read it.
 */
import type { Hex } from '../../../model/index.ts';
import type { WitnessTable } from '../../witness.ts';
import { BLOCK, SLOTS } from '../layout.ts';
import { SLOT_BYTES } from '../mailbox.ts';
import { valueNames } from '../operation.ts';
import type { GuestOperation } from '../operation.ts';

/** The first word of the header page, "witness1"; then the description's address and its length in bytes. */
export const MARK = 0x3173_7365_6e74_6977n;

/** Words of a check: failures, and of the first one the round, where, what was expected and what was found. */
export const CHECK = { failures: 0, round: 8, at: 16, expected: 24, found: 32, bytes: 40 } as const;
/** Those that the guest itself makes; `exceptions` is read from the block's strays. */
export const CHECKS = ['memory', 'vectors', 'registers', 'counter'] as const;
export type CheckName = (typeof CHECKS)[number];

/** Words in a vCPU's block: offsets. */
interface OwnWords {
  readonly rounds: number;
  readonly unanswered: number;
  /** The time stamp counter of the round before. */
  readonly counter: number;
  /** Changes that are in the log, and those that are not. */
  readonly logged: number;
  readonly notKept: number;
  /** How vector registers are saved (`VECTORS`), which components, and how many words of them are compared. */
  readonly vectors: number;
  readonly components: number;
  readonly words: number;
  readonly checks: number;
}

const word = (index: number): number => BLOCK.own + 8 * index;

export const OWN: OwnWords = {
  rounds: word(0),
  unanswered: word(1),
  counter: word(2),
  logged: word(3),
  notKept: word(4),
  vectors: word(5),
  components: word(6),
  words: word(7),
  checks: word(8),
};

export function checkOffset(name: CheckName): number {
  return OWN.checks + CHECKS.indexOf(name) * CHECK.bytes;
}

/** `none`: they could not be loaded. */
export const VECTORS = { none: 0, fxsave: 1, xsave: 2 } as const;

/** Changes of one read that are kept, and entries of a vCPU's log. */
export const KEPT = 4;
export const LOG_ENTRIES = 64;
/** An entry: the read, the round, and at 128 and 256 what was read before and now. A power of two. */
export const ENTRY = { read: 0, round: 8, before: 128, now: 256, bytes: 512 } as const;
export const PAGE_BYTES = 4096;
export const PAGES = 4;
/** Room for an XSAVE area in the standard format, with AMX's tiles 11,008 bytes. */
export const XSAVE_BYTES = 0x3000;

/** Offsets in a vCPU's area. */
export interface AreaLayout {
  /** What is being read, as the operation left it, and under its mask. */
  readonly raw: number;
  readonly current: number;
  /** A slot for each setup operation, the witness' own last. */
  readonly setup: number;
  /** A slot for each read: what the first round read, and what was read last. */
  readonly first: number;
  readonly latest: number;
  /** A count of 32 bits for each read. */
  readonly changes: number;
  readonly log: number;
  readonly pages: number;
  /** XSAVE areas: what is loaded, what was saved first, what was saved now, and which bits count. */
  readonly image: number;
  readonly reference: number;
  readonly now: number;
  readonly mask: number;
  readonly bytes: number;
}

/** What lies in guest memory as JSON. */
export interface WitnessDescription {
  readonly vcpus: number;
  /** How many values each setup operation of the table has; the witness' own are left out. */
  readonly setup: readonly number[];
  readonly reads: readonly { readonly path: string; readonly values: number; readonly masks: readonly Hex[] | null }[];
  /** Guest-physical address of the first area. */
  readonly areas: number;
  readonly area: AreaLayout;
}

export interface WitnessLayout {
  readonly description: number;
  /** A slot for each read, with a mask for each value. */
  readonly masks: number;
  readonly areas: number;
  readonly area: AreaLayout;
  readonly code: number;
}

export function areaAddress(layout: { readonly areas: number; readonly area: AreaLayout }, vcpu: number): number {
  return layout.areas + vcpu * layout.area.bytes;
}

function areaLayout(reads: number, setup: number): AreaLayout {
  const room = allocator(0);
  const places = {
    raw: room(SLOT_BYTES),
    current: room(SLOT_BYTES),
    setup: room(setup * SLOT_BYTES),
    first: room(reads * SLOT_BYTES),
    latest: room(reads * SLOT_BYTES),
    changes: room(reads * 4),
    log: room(LOG_ENTRIES * ENTRY.bytes),
    pages: room(PAGES * PAGE_BYTES, PAGE_BYTES),
    image: room(XSAVE_BYTES),
    reference: room(XSAVE_BYTES),
    now: room(XSAVE_BYTES),
    mask: room(XSAVE_BYTES),
  };
  return { ...places, bytes: room(0, PAGE_BYTES) };
}

/** `setup`: the operations that the witness makes besides the table's included. */
export function witnessLayout(reads: number, setup: number, vcpus: number, descriptionBytes: number): WitnessLayout {
  const room = allocator(SLOTS);
  const area = areaLayout(reads, setup);
  return {
    description: room(descriptionBytes, PAGE_BYTES),
    masks: room(reads * SLOT_BYTES, PAGE_BYTES),
    areas: room(vcpus * area.bytes, PAGE_BYTES),
    area,
    code: room(0, PAGE_BYTES),
  };
}

/** Gives places one after the other, aligned; XSAVE wants 64 bytes. */
function allocator(from: number): (bytes: number, alignment?: number) => number {
  let next = from;
  return (bytes, alignment = 64) => {
    const at = Math.ceil(next / alignment) * alignment;
    next = at + bytes;
    return at;
  };
}

export function describeReads({ reads }: WitnessTable<GuestOperation>): WitnessDescription['reads'] {
  return reads.map(({ path, operation, masks }) => ({
    path,
    values: valueNames(operation).length,
    masks: masks ?? null,
  }));
}
