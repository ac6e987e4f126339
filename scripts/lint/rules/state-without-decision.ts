/** For each unit of state somebody decided which value means "not used", if only that none is known. */
import type { Linter } from '../subject.ts';

export const stateWithoutDecision: Linter = {
  name: 'state-without-decision',
  holds: 'every unit of state has a neutral value, or a row that says that none is known',
  find: (subject) =>
    subject.words
      .filter((word) => {
        const elements = subject.elements(word);
        return elements.length > 0 && elements.every(({ kind, named }) => kind === 'state' || !named);
      })
      .filter((word) => subject.elements(word).some(({ kind }) => kind === 'state') && !subject.decided(word.path))
      .map(({ path }) => ({ where: path, message: 'nothing says which value means that it is not used' })),
};
