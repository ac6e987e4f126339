/** A path means one thing. */
import type { Linter } from '../subject.ts';

export const duplicatePath: Linter = {
  name: 'duplicate-path',
  holds: 'no two words and no two elements have one path',
  find: (subject) => {
    const words = new Set<string>();
    return subject.words.flatMap((word) => {
      const again = words.has(word.path);
      words.add(word.path);
      const elements = new Set<string>();
      const twice = subject.elements(word).filter(({ path }) => elements.has(path) || !elements.add(path));
      return [
        ...(again ? [{ where: word.path, message: 'a table names it twice' }] : []),
        ...twice.map(({ path }) => ({ where: path, message: 'two elements of the word have this path' })),
      ];
    });
  },
};
