/** A change names elements that there are, or says what of it no element can show. */
import { covers } from '../../../src/arch/changes/index.ts';
import type { Linter } from '../subject.ts';

export const changeOfNothing: Linter = {
  name: 'change-of-nothing',
  holds: 'every known change names elements that there are, or says why none shows it',
  find: (subject) => {
    const paths = subject.words.flatMap((word) => [word.path, ...subject.elements(word).map(({ path }) => path)]);
    return subject.changes.flatMap(({ id, elements, unseen }) => [
      ...(elements.length === 0 && unseen === null
        ? [{ where: id, message: 'it names no element, and does not say why' }]
        : []),
      ...elements
        .filter((entry) => !paths.some((path) => covers(entry, path)))
        .map((entry) => ({ where: id, message: `${entry} is no element` })),
    ]);
  },
};
