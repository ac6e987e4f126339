/** What holds of the elements of every word, wherever the word comes from. */
import { expect } from 'vitest';
import { registry } from '../../../src/arch/x86/index.ts';
import { classify } from '../../../src/arch/x86/cpuid-elements.ts';
import { parseCpuidWord } from '../../../src/arch/x86/paths.ts';
import { fieldMask } from '../../../src/model/index.ts';
import type { Element } from '../../../src/model/index.ts';

/** Every bit belongs to one element, in order, and no two have one path. */
export function expectCovered(word: string, width: number): void {
  const elements = registry.elements(word, width);
  let covered = 0n;
  for (const element of elements) {
    if (element.word !== word) expect(element.word).toBe(word);
    if ((covered & fieldMask(element)) !== 0n) expect.fail(`${element.path} overlaps`);
    covered |= fieldMask(element);
  }
  expect(covered, word).toBe((1n << BigInt(width)) - 1n);
  const shifts = elements.map(({ shift }) => shift);
  expect(shifts, word).toEqual(shifts.toSorted((a, b) => a - b));
  expect(new Set(elements.map(({ path }) => path)).size, `${word} has two elements of one path`).toBe(elements.length);
}

/** What keeps an element from being classified; null where nothing does. */
export function unclassified(element: Element): string | null {
  const { path, word, named, width, kind, comparison, source, description } = element;
  if (source === '' || description === '') return `${path} has no source`;
  if (!named && width > 1) return `${path} is ${width} bits that no table names`;
  const promised = kind === 'feature' || kind === 'limit' || kind === 'identity' || kind === 'paravirtual';
  if (promised !== (comparison !== 'none')) return `${path} is ${kind} and compares as ${comparison}`;
  const cpuid = parseCpuidWord(word);
  if (cpuid !== null && width > 1 && classify(cpuid, path.slice(word.length + 1), width) === null) {
    return `${path} is a number that no row classifies`;
  }
  return null;
}
