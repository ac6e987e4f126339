import { describe, expect, test } from 'vitest';
import { canonicalContract } from '../../src/arch/canonical-contract.ts';
import { measure, registryFor } from '../../src/arch/index.ts';
import { check, pin } from '../../src/engine/index.ts';
import type { Contract } from '../../src/model/index.ts';
import { parseMsrWord } from '../../src/arch/x86/msr-names.ts';
import { recordedSurfaces } from './x86/surfaces.ts';

/** As an Evenkeel without any name of an MSR would have written it. */
function byNumber(word: string): string {
  const index = parseMsrWord(word);
  return index === null ? word : `msr/0x${index.toString(16)}`;
}

describe('a contract that calls MSRs by their numbers', () => {
  test('means the same machine', () => {
    const registry = registryFor('x86_64');
    const recorded = recordedSurfaces();
    expect(recorded.length).toBeGreaterThan(0);
    for (const { name, surface } of recorded) {
      const measured = measure(surface);
      const pinned = pin(registry, [measured], { name, hosts: [name] });
      if (!pinned.ok) throw new Error(pinned.error.message);
      const { promises, carries } = pinned.value;
      const numbered: Contract = {
        ...pinned.value,
        promises: promises.map((promised) => ({ ...promised, word: byNumber(promised.word) })),
        carries: carries.map(byNumber),
      };
      expect(numbered.carries, name).not.toEqual(carries);
      const { carries: again } = canonicalContract(numbered);
      expect(again, name).toEqual(carries);
      const destination = recorded[0];
      if (destination === undefined) continue;
      const to = measure(destination.surface);
      expect(check(registry, canonicalContract(numbered), to), name).toEqual(check(registry, pinned.value, to));
    }
  });
});
