/** A quirk is a change that somebody relies on: each has a row that says what it was. */
import { covers } from '../../../src/arch/changes/index.ts';
import type { Linter } from '../subject.ts';

export const quirkWithoutChange: Linter = {
  name: 'quirk-without-change',
  holds: 'every quirk has a row of its own among the known changes',
  find: (subject) =>
    subject.words
      .filter(({ path }) => path.startsWith('quirk/'))
      .filter(
        ({ path }) =>
          !subject.changes.some(({ elements }) =>
            elements.some((entry) => !entry.endsWith('*') && covers(entry, path)),
          ),
      )
      .map(({ path }) => ({ where: path, message: 'no known change says what it was' })),
};
