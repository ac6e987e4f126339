import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { measure } from '../../../src/arch/arm64/index.ts';
import type { UnlistedRegistersSection } from '../../../src/arch/arm64/index.ts';
import { restoredRegisters } from '../../../src/arch/arm64/measure-unlisted.ts';
import { LISTED_REGISTERS } from '../../../src/arch/arm64/tables/listed-registers.ts';
import { wordOf } from '../../../src/arch/arm64/names.ts';
import type { Surface } from '../../../src/model/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const surfaces = globSync('surfaces/arm64/*/*.json', { cwd: ROOT }).map((name) => ({
  name,
  // Files of this repository, which the tests of format/ hold against the schema.
  surface: JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as Surface,
}));

/** A recorded surface whose host answered for unlisted registers as said. */
function answering(data: Omit<UnlistedRegistersSection, 'vcpu' | 'asked'>): Surface {
  const [first] = surfaces;
  if (first === undefined) throw new Error('there are no recorded arm64 surfaces');
  const section = { outcome: 'measured', data: { vcpu: 'all', asked: 1, ...data } } as const;
  return { ...first.surface, sections: { ...first.surface.sections, 'unlisted-registers': section } };
}

const TCR2 = '0x603000000013c103';

describe('a register that only other kernels list', () => {
  test('is refused with the errno that was seen', () => {
    const restore = restoredRegisters(answering({ refused: { ENOENT: [TCR2] }, answered: [] })).get('reg/TCR2_EL1');
    expect(restore?.outcome).toEqual({ how: 'refused', call: 'KVM_SET_ONE_REG', errno: 'ENOENT' });
  });

  test('whose write is accepted and changes nothing drops every bit', () => {
    const surface = answering({ refused: {}, answered: [[TCR2, '0x0', 'taken', 'ignored', '0x0']] });
    expect(restoredRegisters(surface).get('reg/TCR2_EL1')).toMatchObject({
      value: 0n,
      bits: { taken: 0n, dropped: (1n << 64n) - 1n },
    });
  });

  test('that is accepted and cannot be read says nothing of what became of it', () => {
    const surface = answering({ refused: {}, answered: [[TCR2, 'EPERM', 'accepted', 'not tried', '0x0']] });
    expect(restoredRegisters(surface).get('reg/TCR2_EL1')?.outcome).toMatchObject({ how: 'unknown' });
  });
});

describe.each(surfaces)('$name', ({ surface }) => {
  const { words, restores } = measure(surface);

  test('each register of the table is listed, or was tried', () => {
    for (const id of LISTED_REGISTERS) {
      const word = wordOf(id);
      expect(words.has(word) || restores?.has(word) === true, word).toBe(true);
    }
  });

  test('no register is both', () => {
    expect([...(restores?.keys() ?? [])].filter((word) => words.has(word))).toEqual([]);
  });
});
