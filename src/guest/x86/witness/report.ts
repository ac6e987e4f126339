/** What the witness found, out of guest memory alone. */
import { fromHex, hex } from '../../../model/index.ts';
import type { Hex } from '../../../model/index.ts';
import type { GuestMemory } from '../../memory.ts';
import type { WitnessChange, WitnessCheck, WitnessReport, WitnessValue, WitnessVcpu } from '../../witness.ts';
import { describeFault } from '../describe-fault.ts';
import { BLOCK, HEADER, vcpuBlock } from '../layout.ts';
import { SLOT_BYTES, readSlot } from '../mailbox.ts';
import { VECTOR } from './interrupts.ts';
import { CHECK, CHECKS, ENTRY, MARK, OWN, areaAddress, checkOffset } from './layout.ts';
import type { WitnessDescription } from './layout.ts';

/** Null where the memory holds no witness. */
export function readWitness({ view, bytes }: Pick<GuestMemory, 'view' | 'bytes'>): WitnessReport | null {
  const description = readDescription(view, bytes);
  if (description === null) return null;
  return { vcpus: Array.from({ length: description.vcpus }, (_, vcpu) => readVcpu(description, view, vcpu)) };
}

export function readDescription(view: DataView, bytes: Uint8Array): WitnessDescription | null {
  if (view.byteLength < HEADER + 24 || view.getBigUint64(HEADER, true) !== MARK) return null;
  const at = Number(view.getBigUint64(HEADER + 8, true));
  const length = Number(view.getBigUint64(HEADER + 16, true));
  // Written by `witnessProgram`; a guest in a snapshot is read by the version that loaded it, or by one that reads its
  // layout from this description.
  return JSON.parse(new TextDecoder().decode(bytes.slice(at, at + length))) as WitnessDescription;
}

const FIRST_INTERRUPT = 32;
const VECTORS = 256;

function readVcpu(description: WitnessDescription, view: DataView, vcpu: number): WitnessVcpu {
  const block = vcpuBlock(vcpu);
  const { area, setup, reads } = description;
  const base = areaAddress(description, vcpu);
  const count = (offset: number): number => Number(view.getBigUint64(block + offset, true));
  const taken = (vector: number): number => view.getUint32(block + BLOCK.counters + 4 * vector, true);
  const others = Array.from({ length: VECTORS - FIRST_INTERRUPT }, (_, index) => FIRST_INTERRUPT + index).filter(
    (vector) => vector !== VECTOR.timer && vector !== VECTOR.ipi,
  );
  const readValue = (at: number, read: number): WitnessValue => {
    const row = reads[read];
    return row === undefined ? NOT_REACHED : valueAt(view, base + at, row.values, row.masks);
  };
  return {
    rounds: count(OWN.rounds),
    timerTicks: taken(VECTOR.timer),
    ipis: taken(VECTOR.ipi),
    unanswered: count(OWN.unanswered),
    strayInterrupts: others.reduce((sum, vector) => sum + taken(vector), 0),
    checks: [...CHECKS.map((name) => checkAt(view, block, name)), exceptions(view, block)],
    setup: setup.map((values, index) => valueAt(view, base + area.setup + index * SLOT_BYTES, values, null)),
    first: reads.map(({ path }, read) => ({ path, value: readValue(area.first + read * SLOT_BYTES, read) })),
    changes: Array.from({ length: count(OWN.logged) }, (_, index): WitnessChange => {
      const entry = area.log + index * ENTRY.bytes;
      const read = Number(view.getBigUint64(base + entry + ENTRY.read, true));
      return {
        path: reads[read]?.path ?? '',
        round: Number(view.getBigUint64(base + entry + ENTRY.round, true)),
        before: readValue(entry + ENTRY.before, read),
        now: readValue(entry + ENTRY.now, read),
      };
    }),
    changesNotKept: count(OWN.notKept),
  };
}

const NOT_REACHED: WitnessValue = { kind: 'not-reached' };

/** Values of which no bit counts are left out: a word of a CPUID leaf is one value. */
function valueAt(view: DataView, at: number, values: number, masks: readonly Hex[] | null): WitnessValue {
  const slot = readSlot(view, at, values);
  switch (slot.state) {
    case 'values': {
      const counts = (index: number): boolean => masks === null || fromHex(masks[index] ?? '0x1') !== 0n;
      return { kind: 'values', values: slot.values.filter((_, index) => counts(index)).map((value) => hex(value)) };
    }
    case 'fault':
      return { kind: 'fault', fault: describeFault(slot) };
    case 'begun':
    case 'not-reached':
      return NOT_REACHED;
  }
}

function checkAt(view: DataView, block: number, name: (typeof CHECKS)[number]): WitnessCheck {
  const word = (field: number): bigint => view.getBigUint64(block + checkOffset(name) + field, true);
  const failures = Number(word(CHECK.failures));
  const first = {
    round: Number(word(CHECK.round)),
    at: hex(word(CHECK.at)),
    expected: hex(word(CHECK.expected)),
    found: hex(word(CHECK.found)),
  };
  return { name, failures, first: failures === 0 ? null : first };
}

/** An exception that no operation made ends the witness; `found` is its vector. */
function exceptions(view: DataView, block: number): WitnessCheck {
  const word = (field: number): bigint => view.getBigUint64(block + field, true);
  const failures = Number(word(BLOCK.strays));
  const first = {
    round: Number(word(OWN.rounds)),
    at: hex(word(BLOCK.strayAddress)),
    expected: hex(0),
    found: hex(word(BLOCK.strayVector)),
  };
  return { name: 'exceptions', failures, first: failures === 0 ? null : first };
}
