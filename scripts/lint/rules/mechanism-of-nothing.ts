/** What only follows from other things has nothing that selects it, but for calls that a VMM makes for its own sake. */
import type { Operation } from '../../../src/model/index.ts';
import type { Linter } from '../subject.ts';

/**
 * KVM_ENABLE_CAP: exits for the VMM, which no guest sees. KVM_SET_CPUID2 sets a whole table, fields included that KVM
 * then makes its own.
 */
const OF_THE_VMM: readonly Operation['call'][] = ['KVM_ENABLE_CAP', 'KVM_SET_CPUID2'];

export const mechanismOfNothing: Linter = {
  name: 'mechanism-of-nothing',
  holds: 'no call selects what only follows from other things',
  find: (subject) =>
    subject.words.flatMap((word) => {
      const elements = subject.elements(word);
      const [first] = elements;
      if (first === undefined || elements.some(({ kind }) => kind !== 'derived')) return [];
      const { operation } = subject.facts(first);
      if (operation === null || OF_THE_VMM.includes(operation.call)) return [];
      return [{ where: word.path, message: `${operation.call} selects what is derived` }];
    }),
};
