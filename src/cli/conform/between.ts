/**
 * Whether a known change can have come between two kernels. Releases are evidence and never a key: a late stable kernel
 * may carry it already, and then it did not come here. So this errs on the side of `yes`.
 */
import type { KernelEvidence } from '../../arch/changes/index.ts';

/** `release` as `uname -r` gives it; null where it is not known. */
export function comesBetween(kernels: KernelEvidence, older: string | null, newer: string | null): boolean {
  const from = older === null ? null : series(older);
  const to = newer === null ? null : series(newer);
  const first = kernels.with === null ? null : series(kernels.with);
  const last = kernels.without === null ? null : series(kernels.without);
  // The older one has it already, or the newer one is from before it.
  if (from !== null && first !== null && atLeast(from, first)) return false;
  return !(to !== null && last !== null && atLeast(last, to));
}

type Series = readonly [major: number, minor: number];

/** The first two numbers of a release: `6.12.107+deb13-cloud-amd64` is of 6.12. */
function series(release: string): Series | null {
  const match = /^(\d+)\.(\d+)/.exec(release);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

function atLeast(a: Series, b: Series): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] >= b[1]);
}
