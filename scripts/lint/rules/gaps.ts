/** Every bit of a word belongs to an element, and no element reaches beyond its word. */
import { fieldMask, hex } from '../../../src/model/index.ts';
import type { Linter } from '../subject.ts';

export const gaps: Linter = {
  name: 'gaps',
  holds: 'every bit of a word belongs to an element, and none lies beyond it',
  find: (subject) =>
    subject.words.flatMap((word) => {
      const all = (1n << BigInt(word.width)) - 1n;
      const covered = subject.elements(word).reduce((mask, element) => mask | fieldMask(element), 0n);
      const [missing, beyond] = [all & ~covered, covered & ~all];
      return [
        ...(missing === 0n ? [] : [{ where: word.path, message: `bits ${hex(missing)} belong to no element` }]),
        ...(beyond === 0n ? [] : [{ where: word.path, message: `elements reach beyond its ${word.width} bits` }]),
      ];
    }),
};
