/**
 * A field of an ID register compares as the architecture has it: 0xf of a signed field is -1, "not implemented", and below
 * 0. Held against the table that is generated from the register descriptions.
 */
import { everyElement } from '../subject.ts';
import type { Linter } from '../subject.ts';

export const signedAsUnsigned: Linter = {
  name: 'signed-as-unsigned',
  holds: 'ID register fields are signed, and ordered, as the generated table has them',
  find: (subject) =>
    everyElement(subject).flatMap(({ path, signed, comparison, width }) => {
      const known = subject.idRules.get(path);
      if (known === undefined) return [];
      if (known.signed !== signed) {
        const [is, should] = signed ? ['signed', 'unsigned'] : ['unsigned', 'signed'];
        return [{ where: path, message: `compared as ${is}, and the architecture has it ${should}` }];
      }
      // Of one bit a smaller number and a subset are the same.
      const same = comparison === known.rule || (width === 1 && comparison === 'subset' && known.rule === 'lower-safe');
      return same ? [] : [{ where: path, message: `compared as ${comparison}, and the rule is ${known.rule}` }];
    }),
};
