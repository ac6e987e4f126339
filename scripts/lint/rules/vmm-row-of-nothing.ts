/** A row of a VMM's profile that fits no word is a word misspelt. */
import { fits } from '../../../src/engine/vmm/rows.ts';
import type { Linter } from '../subject.ts';

/** An MSR by its number: one that nobody has a name for. */
const NUMBERED = /^msr\/0x[0-9a-f]{1,8}$/;

export const vmmRowOfNothing: Linter = {
  name: 'vmm-row-of-nothing',
  holds: "every row of a VMM's profile speaks of words that there are",
  find: ({ called, vmmPatterns }) =>
    vmmPatterns
      .filter(({ pattern }) => !NUMBERED.test(pattern) && !called.some((path) => fits(pattern, path)))
      .map(({ profile, pattern }) => ({ where: `${profile} ${pattern}`, message: 'no word is called so' })),
};
