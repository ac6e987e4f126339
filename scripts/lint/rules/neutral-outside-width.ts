/** A neutral value is one that the word can hold. */
import { hex } from '../../../src/model/index.ts';
import type { Linter } from '../subject.ts';

export const neutralOutsideWidth: Linter = {
  name: 'neutral-outside-width',
  holds: 'a neutral value is one that its word can hold',
  find: (subject) =>
    subject.words.flatMap(({ path, width }) => {
      const value = subject.neutral(path);
      if (value === null || value >> BigInt(width) === 0n) return [];
      return [{ where: path, message: `its neutral value ${hex(value)} has more than ${width} bits` }];
    }),
};
