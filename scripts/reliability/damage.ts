/** A snapshot file cut and flipped, and what a reader says of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { openSnapshot } from '../../src/snapshot/file/index.ts';
import type { SectionRow } from '../../src/snapshot/file/index.ts';
import { random } from './random.ts';

/** What was tried, how often a reader named the section that was damaged, and what it took or named wrongly. */
export interface Damage {
  readonly tried: number;
  readonly named: number;
  /** Places where the file was taken, or another section was named. */
  readonly missed: readonly string[];
}

const HEADER = 'header';

/** At the end of the first page and of every section but the last, and one byte to each side. */
export async function cutAtBoundaries(path: string, scratch: string): Promise<Damage> {
  const bytes = readFileSync(path);
  const sections = await sectionsOf(path);
  const places = sections.flatMap(({ offset }) => [offset - 1, offset, offset + 1]);
  return tally(
    [...places, bytes.length - 1],
    (at) => {
      writeFileSync(scratch, bytes.subarray(0, at));
      // What is missing is the section that the first missing byte lies in.
      return sectionAt(sections, at);
    },
    scratch,
  );
}

export async function cutAnywhere(path: string, scratch: string, times: number, seed: number): Promise<Damage> {
  const bytes = readFileSync(path);
  const sections = await sectionsOf(path);
  const next = random(seed);
  const places = Array.from({ length: times }, () => 1 + next(bytes.length - 1));
  return tally(
    places,
    (at) => {
      writeFileSync(scratch, bytes.subarray(0, at));
      return sectionAt(sections, at);
    },
    scratch,
  );
}

/** One byte becomes another. */
export async function flip(path: string, scratch: string, times: number, seed: number): Promise<Damage> {
  const bytes = readFileSync(path);
  const sections = await sectionsOf(path);
  const next = random(seed);
  const places = Array.from({ length: times }, () => next(bytes.length));
  return tally(
    places,
    (at) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 + next(255));
      writeFileSync(scratch, changed);
      return sectionAt(sections, at);
    },
    scratch,
  );
}

async function tally(places: readonly number[], damage: (at: number) => string, scratch: string): Promise<Damage> {
  const missed: string[] = [];
  for (const at of places) {
    const section = damage(at);
    const opened = await openSnapshot(scratch);
    if (opened.ok) {
      await opened.value.close();
      missed.push(`byte ${at}, ${section}: taken`);
      continue;
    }
    const { place, code } = opened.error;
    const named = place?.kind === 'section' ? place.section : null;
    if (named !== section) missed.push(`byte ${at}, ${section}: ${code} in ${named ?? 'no section'}`);
  }
  return { tried: places.length, named: places.length - missed.length, missed };
}

async function sectionsOf(path: string): Promise<readonly SectionRow[]> {
  const opened = await openSnapshot(path);
  if (!opened.ok) throw new Error(opened.error.message);
  await opened.value.close();
  return opened.value.sections;
}

function sectionAt(sections: readonly SectionRow[], at: number): string {
  return sections.find(({ offset, stored }) => at >= offset && at < offset + stored)?.name ?? HEADER;
}
