/**
 * One bit of CPUID is a feature unless a row says otherwise; a field of several bits compared so would call 1 to 2 a loss.
 */
import { everyElement } from '../subject.ts';
import type { Linter } from '../subject.ts';

export const fieldWithoutClass: Linter = {
  name: 'field-without-class',
  holds: 'every CPUID field of several bits has a row that says how it compares',
  find: (subject) =>
    everyElement(subject)
      .filter((element) => subject.classified(element) === false)
      .map(({ path, width }) => ({ where: path, message: `${width} bits, and no row says how they compare` })),
};
