/** Whatever selects a value has its place in the order of calls. */
import type { Linter } from '../subject.ts';
import { describeOperation } from '../../../src/model/index.ts';

export const operationWithoutOrder: Linter = {
  name: 'operation-without-order',
  holds: 'every call that selects a word has a rule of order',
  find: (subject) =>
    subject.words.flatMap((word) => {
      const [element] = subject.elements(word);
      const operation = element === undefined ? null : subject.facts(element).operation;
      if (operation === null || subject.ordered(operation)) return [];
      const { call, target } = describeOperation(operation);
      return [{ where: word.path, message: `no rule says when ${call} (${target}) is made` }];
    }),
};
