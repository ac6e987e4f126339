/** A severity without a reason is an opinion. */
import { everyElement } from '../subject.ts';
import type { Linter } from '../subject.ts';

export const symptomWithoutReason: Linter = {
  name: 'symptom-without-reason',
  holds: 'every symptom says why',
  find: (subject) =>
    everyElement(subject)
      .filter((element) => subject.facts(element).symptom.reason.trim() === '')
      .map(({ path }) => ({ where: path, message: 'its symptom has no reason' })),
};
