/** No bit of a word belongs to two elements. */
import { fieldMask, hex } from '../../../src/model/index.ts';
import type { Linter } from '../subject.ts';

export const overlappingBits: Linter = {
  name: 'overlapping-bits',
  holds: 'no bit belongs to two elements',
  find: (subject) =>
    subject.words.flatMap((word) => {
      let taken = 0n;
      return subject.elements(word).flatMap((element) => {
        const mask = fieldMask(element);
        const shared = taken & mask;
        taken |= mask;
        return shared === 0n
          ? []
          : [{ where: element.path, message: `bits ${hex(shared)} belong to another element too` }];
      });
    }),
};
