/** Every fact says where it comes from. */
import { everyElement } from '../subject.ts';
import type { Linter } from '../subject.ts';

/** What stands where nothing is known. */
const NONE = /^$|no table names it/;

export const missingSource: Linter = {
  name: 'missing-source',
  holds: 'every named element, selector and change says where it comes from',
  find: (subject) => [
    ...everyElement(subject)
      .filter((element) => element.named)
      .flatMap((element) => [
        ...(NONE.test(element.source) ? [{ where: element.path, message: 'it names no source' }] : []),
        ...subject
          .facts(element)
          .selectors.filter(({ source }) => source === '')
          .map(({ by }) => ({ where: element.path, message: `how ${by} selects it has no source` })),
      ]),
    ...subject.changes
      .filter(({ source }) => source === '')
      .map(({ id }) => ({ where: id, message: 'the change names no source' })),
  ],
};
