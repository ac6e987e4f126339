/**
 * All that the level of a unit can depend on, as text: equal texts, equal levels. Pointers and mechanisms are left out,
 * for they are in reasons only; so one host's table of CPUID leaves may have another order than the next one's.
 */
import { hex } from '../../model/index.ts';
import type { Contract, MeasuredSurface, MeasuredWord, Registry, Restore, WordPath } from '../../model/index.ts';

/** One word of a surface, its area, and a restore that was tried without it. */
export function situationOf(surface: MeasuredSurface, path: WordPath, areaName: string): string {
  const area = surface.areas.get(areaName);
  const word = surface.words.get(path);
  const restore = surface.restores?.get(path);
  const measured = area?.measured === true ? `measured ${area.partial ?? ''}` : 'unmeasured';
  return `${word === undefined ? '-' : textOfWord(word)}\n${restore === undefined ? '-' : textOfRestore(restore)}\n${measured}`;
}

/** Surfaces of one lineage share words; each is written out once. */
const written = new WeakMap<MeasuredWord, string>();

function textOfWord(word: MeasuredWord): string {
  const already = written.get(word);
  if (already !== undefined) return already;
  const { width, value, known, latitude } = word;
  const text = textOf([width, value, latitude, known ?? null]);
  written.set(word, text);
  return text;
}

function textOfRestore({ value, outcome, bits }: Restore): string {
  return textOf([value, outcome, bits ?? null]);
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? hex(each) : each));
}

/** Which areas a surface names, and which of them were measured. */
export function areasOf({ areas }: MeasuredSurface): string {
  return JSON.stringify([...areas].map(([name, { measured }]) => [name, measured]));
}

/** What decides whether a contract and a surface compare; null where only the registry knows what it reads. */
export function kinOf(registry: Registry, valueOf: (word: WordPath) => bigint | null | undefined): string | null {
  if (registry.comparedBy === undefined) return null;
  return registry.comparedBy.map((word) => String(valueOf(word))).join(' ');
}

export function kinOfSurface(registry: Registry, { words }: MeasuredSurface): string | null {
  return kinOf(registry, (word) => words.get(word)?.value);
}

export function kinOfContract(registry: Registry, { promises }: Contract): string | null {
  const values = new Map(promises.map(({ word, value }) => [word, value]));
  return kinOf(registry, (word) => values.get(word));
}
