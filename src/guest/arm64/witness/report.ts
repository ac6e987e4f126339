/** What the witness found, out of guest memory alone. */
import { hex } from '../../../model/index.ts';
import type { GuestMemory } from '../../memory.ts';
import type { WitnessChange, WitnessCheck, WitnessReport, WitnessValue, WitnessVcpu } from '../../witness.ts';
import { decodeSlot } from '../mailbox.ts';
import { describeFault } from '../describe-fault.ts';
import { AREA, CHECK, CHECKS, HEADER, MARK } from './layout.ts';
import type { WitnessDescription } from './layout.ts';
import { checkOffset } from './registers.ts';

/** Null where the memory holds no witness. */
export function readWitness(memory: GuestMemory): WitnessReport | null {
  const description = readDescription(memory);
  if (description === null) return null;
  const { areas, layout, vcpus } = description;
  return {
    vcpus: Array.from({ length: vcpus }, (_, index) =>
      readVcpu(description, memory.view, areas + index * layout.bytes),
    ),
  };
}

/** How many rounds each vCPU has done; none where the memory holds no witness. */
export function roundsOf(memory: GuestMemory): number[] {
  const description = readDescription(memory);
  if (description === null) return [];
  const { areas, layout, vcpus } = description;
  return Array.from({ length: vcpus }, (_, index) =>
    Number(memory.view.getBigUint64(areas + index * layout.bytes + AREA.rounds, true)),
  );
}

/** The description, and where the areas begin in the memory's view. Null where the memory holds no witness. */
export interface WitnessInMemory extends WitnessDescription {
  readonly areas: number;
}

export function readDescription({ base, view, bytes }: GuestMemory): WitnessInMemory | null {
  if (view.getBigUint64(HEADER.mark, true) !== MARK) return null;
  const place = (offset: number): number => Number(view.getBigUint64(offset, true) - base);
  const at = place(HEADER.description);
  const text = new TextDecoder().decode(bytes.slice(at, at + Number(view.getBigUint64(HEADER.bytes, true))));
  // Written by `witnessProgram` of the same version: a guest does not outlive the program that runs it.
  return { ...(JSON.parse(text) as WitnessDescription), areas: place(HEADER.areas) };
}

/** `area`: its place in the view. */
function readVcpu(description: WitnessDescription, view: DataView, area: number): WitnessVcpu {
  const { layout, paths, setup } = description;
  const word = (offset: number): bigint => view.getBigUint64(area + offset, true);
  const count = (offset: number): number => Number(word(offset));
  const valueAt = (offset: number, slot: number): WitnessValue =>
    readValue(view, area + offset, description.values[slot] ?? 0);
  const first = (slot: number): WitnessValue => valueAt(layout.first + slot * layout.slotBytes, slot);
  const logged = count(AREA.logged);
  const changes = Array.from({ length: logged }, (_, index): WitnessChange => {
    const entry = layout.log + index * layout.entryBytes;
    const slot = count(entry);
    return {
      path: paths[slot - setup] ?? '',
      round: count(entry + 8),
      before: valueAt(entry + 16, slot),
      now: valueAt(entry + 16 + (layout.entryBytes - 16) / 2, slot),
    };
  });
  return {
    rounds: count(AREA.rounds),
    timerTicks: count(AREA.ticks),
    ipis: count(AREA.requests),
    unanswered: count(AREA.unanswered),
    strayInterrupts: count(AREA.strays),
    ...(word(AREA.its) === 0n ? {} : { messages: count(AREA.messages) }),
    checks: CHECKS.map((name): WitnessCheck => {
      const at = checkOffset(name);
      const failures = count(at);
      const found = {
        round: count(at + CHECK.round),
        at: hex(word(at + CHECK.at)),
        expected: hex(word(at + CHECK.expected)),
        found: hex(word(at + CHECK.found)),
      };
      return { name, failures, first: failures === 0 ? null : found };
    }),
    setup: Array.from({ length: setup }, (_, slot) => first(slot)),
    first: paths.map((path, index) => ({ path, value: first(setup + index) })),
    changes,
    changesNotKept: count(AREA.changes) - logged,
  };
}

function readValue(view: DataView, at: number, count: number): WitnessValue {
  const outcome = decodeSlot(view, at, count);
  switch (outcome.kind) {
    case 'values':
      return { kind: 'values', values: outcome.values.map((value) => hex(value)) };
    case 'fault':
      return { kind: 'fault', fault: describeFault(outcome) };
    case 'begun':
    case 'not-reached':
      return { kind: 'not-reached' };
  }
}
