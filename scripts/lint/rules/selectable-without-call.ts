/** Who says that a behaviour can be selected says how; who says that it cannot says why. */
import type { Linter } from '../subject.ts';

export const selectableWithoutCall: Linter = {
  name: 'selectable-without-call',
  holds: 'a change that can be undone names the call, one that cannot the reason',
  find: (subject) =>
    subject.changes.flatMap(({ id, mechanism, selectable: { answer, reason } }) => [
      ...(answer === 'yes' && mechanism === null ? [{ where: id, message: 'selectable, and nothing says how' }] : []),
      ...(answer !== 'yes' && reason === null ? [{ where: id, message: 'not selectable, and nothing says why' }] : []),
    ]),
};
