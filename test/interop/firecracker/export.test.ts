/**
 * Exported templates over Firecracker's own captures: applied by an independent implementation to the dump of the host
 * where the guest is to start, they give what the contract promises, for every element that is not said to be out of reach.
 */
import { describe, expect, test } from 'vitest';
import { operationFor, registryFor } from '../../../src/arch/index.ts';
import { CPUID_NORMALIZATION } from '../../../src/interop/firecracker/normalization.ts';
import { readTemplate } from '../../../src/interop/firecracker/index.ts';
import type { Contract, Element, Exported, Json } from '../../../src/model/index.ts';
import { applyJson, dumpOf, registersOf } from './apply-json.ts';
import type { ConfigJson, Dump } from './apply-json.ts';
import { captures, contractOf, exportFor, needsCaptures, samePairs } from './captures.ts';
import type { Captured } from './captures.ts';

/** As a dump names the word's register. */
function registerName(contract: Contract, word: string): string {
  const operation = operationFor(contract.architecture, word);
  switch (operation?.call) {
    case 'KVM_SET_CPUID2':
      return `0x${operation.leaf.toString(16)}:0x${operation.subleaf.toString(16)} ${operation.register}`;
    case 'KVM_SET_MSRS':
      return `msr 0x${operation.index.toString(16)}`;
    case 'KVM_SET_ONE_REG':
      return `reg 0x${operation.id.toString(16)}`;
    default:
      throw new Error(`${word} is in no dump`);
  }
}

/** What a guest reads: the promised bits of the field. A leaf that it does not have reads as zeros. */
function readBy(contract: Contract, dump: Dump, element: Element, mask: bigint): bigint | undefined {
  const held = dump.get(registerName(contract, element.word)) ?? (element.word.startsWith('cpuid/') ? 0n : undefined);
  if (held === undefined) return undefined;
  return ((held & mask) >> BigInt(element.shift)) & ((1n << BigInt(element.width)) - 1n);
}

/** Every element of the contract is looked up in what the template makes of the base. */
function check(
  contract: Contract,
  base: Captured,
  answer: Exported,
): { readonly right: number; readonly wrong: string[] } {
  const dump = applyJson(base.config, JSON.parse(answer.artefact.text) as ConfigJson);
  const registry = registryFor(contract.architecture);
  const cannot = new Set(answer.cannot.map(({ element }) => element));
  const said = new Set([...answer.set, ...answer.inherent, ...answer.cannot].map(({ element }) => element));
  const wrong: string[] = [];
  let right = 0;
  for (const { word, width, value, mask } of contract.promises) {
    for (const element of registry.elements(word, width)) {
      const bits = mask & (((1n << BigInt(element.width)) - 1n) << BigInt(element.shift));
      if (bits === 0n) continue;
      if (!said.has(element.path)) wrong.push(`${element.path}: nothing is said of it`);
      if (cannot.has(element.path)) continue;
      const promised = (value & bits) >> BigInt(element.shift);
      // A register that the base does not have: the promised value then says that it is not used.
      const unused = ((registry.neutral(word) ?? ~0n) & bits) >> BigInt(element.shift);
      const reads = readBy(contract, dump, element, bits) ?? unused;
      if (reads === promised) right++;
      else wrong.push(`${element.path}: promised ${promised}, reads ${reads}`);
    }
  }
  return { right, wrong };
}

describe('templates for the captures', () => {
  const all = captures();
  const pairs = samePairs(all);

  test('there are the captures that this is about', (context) => {
    needsCaptures(context);
    expect(all.length).toBeGreaterThanOrEqual(17);
    expect(pairs.filter(({ a, b }) => a !== b).length).toBeGreaterThanOrEqual(26);
  });

  test.each(pairs)('$name: what the template says to set, and what needs none, is as promised', ({ a, b }) => {
    const contract = contractOf(a);
    for (const full of [false, true]) {
      const answer = exportFor(contract, b, { full });
      const { right, wrong } = check(contract, b, answer);
      expect(wrong).toEqual([]);
      expect(right).toBeGreaterThan(1000);
      // A host needs no template for what it shows by itself, and the least one names nothing that it has already.
      if (a === b) expect(answer.cannot).toEqual([]);
      if (a === b && !full) expect(answer.set).toEqual([]);
    }
  });

  test.each(pairs)('$name, with --claim: all that a template can spell is as promised', ({ a, b }) => {
    const contract = contractOf(a);
    const answer = exportFor(contract, b, { claim: true });
    expect(check(contract, b, answer).wrong).toEqual([]);
    expect(answer.cannot.filter(({ why }) => why.includes('--claim'))).toEqual([]);
  });

  test.each(pairs.filter(({ a, b }) => a.name < b.name))(
    '$name: a pool of both can be had on both, in full',
    ({ a, b }) => {
      const contract = contractOf(a, b);
      for (const base of [a, b]) {
        const answer = exportFor(contract, base);
        const { right, wrong } = check(contract, base, answer);
        expect(wrong).toEqual([]);
        expect(right).toBeGreaterThan(1000);
        // A pool promises no more than both show: nothing has to be claimed.
        expect(answer.cannot.filter(({ why }) => why.includes('--claim'))).toEqual([]);
      }
    },
  );

  const maker = ({ surface }: Captured): string => surface.host?.cpu.vendor ?? '';
  const fleets = [...Map.groupBy(all, (capture) => `${maker(capture)} ${capture.name.split('_').at(-1)}`)]
    .map(([name, members]) => ({ name, members }))
    .filter(({ name, members }) => members.length > 1 && !name.startsWith('unknown'));

  test.each(fleets)('$name: different CPUs of one maker look alike, each with its template', ({ members }) => {
    const contract = contractOf(...members);
    for (const base of members) {
      const answer = exportFor(contract, base);
      const { right, wrong } = check(contract, base, answer);
      expect(wrong).toEqual([]);
      expect(right).toBeGreaterThan(1000);
      expect(answer.cannot.filter(({ why }) => why.includes('--claim'))).toEqual([]);
    }
  });

  test('every template is one that Firecracker would read, names nothing twice and nothing that it overwrites', (context) => {
    needsCaptures(context);
    for (const { a, b } of pairs) {
      const { text } = exportFor(contractOf(a), b, { full: true }).artefact;
      const template = JSON.parse(text) as ConfigJson & { readonly [key: string]: Json };
      const read = readTemplate(template);
      expect(read.ok ? null : read.error).toBeNull();
      const vendor = a.surface.host?.cpu.vendor;
      for (const { name, bitmap } of registersOf(template)) {
        const [leaf = '', subleaf = '', register = ''] = name.split(/[: ]/);
        for (const row of CPUID_NORMALIZATION) {
          if (row.leaf !== Number(leaf) || row.register !== register) continue;
          if (row.subleaf !== undefined && row.subleaf !== Number(subleaf)) continue;
          if (row.vendor !== undefined && row.vendor !== vendor) continue;
          const named = BigInt(`0b${bitmap.slice(2).replaceAll('0', '1').replaceAll('x', '0')}`);
          expect([name, named & row.mask]).toEqual([name, 0n]);
        }
      }
    }
  });

  test('what Firecracker writes over templates is what its own captures show', (context) => {
    needsCaptures(context);
    let seen = 0;
    for (const { surface, config, name } of all) {
      const dump = dumpOf(config);
      for (const { vendor, leaf, subleaf, register, mask, written, value } of CPUID_NORMALIZATION) {
        if (written !== 'constant' || (vendor !== undefined && vendor !== surface.host?.cpu.vendor)) continue;
        const held = dump.get(`0x${leaf.toString(16)}:0x${(subleaf ?? 0).toString(16)} ${register}`);
        if (held === undefined) continue;
        seen++;
        expect([name, leaf.toString(16), register, held & mask]).toEqual([name, leaf.toString(16), register, value]);
      }
    }
    expect(seen).toBeGreaterThan(50);
  });
});
