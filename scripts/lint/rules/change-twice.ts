/** Ids of changes are stable names: each once. */
import type { Linter } from '../subject.ts';

export const changeTwice: Linter = {
  name: 'change-twice',
  holds: 'no two known changes have one id',
  find: (subject) => {
    const ids = new Set<string>();
    return subject.changes
      .filter(({ id }) => ids.has(id) || !ids.add(id))
      .map(({ id }) => ({ where: id, message: 'two changes have this id' }));
  },
};
