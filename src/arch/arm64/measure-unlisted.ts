/** What comes of restoring a register that this host does not list and another does. */
import { fromHex, isHex } from '../../model/index.ts';
import type { Rejection, Restore, Surface, WordPath } from '../../model/index.ts';
import { refusedBy } from './latitude.ts';
import { widthOf, wordOf } from './names.ts';
import { dataOf } from './read-sections.ts';
import type { UnlistedRegistersSection, UnlistedRow } from './sections.ts';

const CALL = 'KVM_SET_ONE_REG';
const IGNORED: Rejection = { how: 'ignored', call: CALL };

export function restoredRegisters(surface: Surface): ReadonlyMap<WordPath, Restore> {
  const data = dataOf<UnlistedRegistersSection>(surface, 'unlisted-registers');
  if (data === null) return new Map();
  const pointer = '/sections/unlisted-registers/data';
  const refused = Object.entries(data.refused).flatMap(([errno, ids]) =>
    ids.map((id, at): [WordPath, Restore] => [
      wordOf(BigInt(id)),
      // An id that the kernel does not know is refused before its value is looked at.
      { value: null, outcome: refusedBy(CALL, errno), evidence: `${pointer}/refused/${errno}/${at}` },
    ]),
  );
  const answered = data.answered.map((row, at): [WordPath, Restore] => [
    wordOf(BigInt(row[0])),
    accepted(row, `${pointer}/answered/${at}`),
  ]);
  return new Map([...refused, ...answered]);
}

function accepted([id, value, back, flipped, changed]: UnlistedRow, evidence: string): Restore {
  // It was written, and nothing says what became of it.
  if (!isHex(value)) {
    return { value: null, outcome: { how: 'unknown', why: `it is accepted, and reading it gives ${value}` }, evidence };
  }
  const taken = isHex(changed) ? fromHex(changed) : 0n;
  const all = (1n << BigInt(widthOf(BigInt(id)))) - 1n;
  const wasRefused = !['taken', 'ignored', 'changed'].includes(flipped);
  const otherwise = wasRefused ? refusedBy(CALL, flipped) : IGNORED;
  return {
    value: fromHex(value),
    outcome: back === 'taken' ? { how: 'taken' } : IGNORED,
    bits: { taken, dropped: wasRefused ? 0n : all & ~taken, otherwise },
    evidence,
  };
}
