/** What no host promises is not compared, and what a host promises is. */
import type { Kind } from '../../../src/model/index.ts';
import { everyElement } from '../subject.ts';
import type { Linter } from '../subject.ts';

const NEVER_PROMISED: ReadonlySet<Kind> = new Set(['derived', 'topology', 'state']);

export const comparisonAgainstKind: Linter = {
  name: 'comparison-against-kind',
  holds: 'derived, topology and state are not compared, everything else is',
  find: (subject) =>
    everyElement(subject).flatMap(({ path, kind, comparison }) => {
      const promised = !NEVER_PROMISED.has(kind);
      if (promised === (comparison !== 'none')) return [];
      const message = promised
        ? `${kind} is promised, and nothing compares it`
        : `${kind} is not promised, and compares ${comparison}`;
      return [{ where: path, message }];
    }),
};
