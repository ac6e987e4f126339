/** The way back: the contract at home, and what the host away added to the saved state. Pure. */
import type { Contract, MeasuredSurface, Registry, Verdict } from '../model/index.ts';
import { check } from './check.ts';
import type { CheckOptions } from './check.ts';

/** What happens to a guest under `contract` that ran on `away` and comes back to `home`. */
export function checkReturn(
  registry: Registry,
  contract: Contract,
  away: MeasuredSurface,
  home: MeasuredSurface,
  options: Pick<CheckOptions, 'values'> = {},
): Verdict {
  return check(registry, contract, home, { ...options, from: away });
}
