/** Every named element says what it is, beyond repeating its name or its path. */
import { everyElement } from '../subject.ts';
import type { Linter } from '../subject.ts';

export const missingDescription: Linter = {
  name: 'missing-description',
  holds: 'every named element says what it is',
  find: (subject) =>
    everyElement(subject)
      .filter(({ named, description, path }) => named && (description.trim() === '' || description === path))
      .map(({ path }) => ({ where: path, message: 'nothing says what it is' })),
};
