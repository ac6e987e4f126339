/** How often a law is tried. Fewer while working on something else: EVENKEEL_LAW_RUNS=200. */
export const RUNS: number = Number(process.env['EVENKEEL_LAW_RUNS'] ?? 10_000);

/** A law that was tried only on cases where it says nothing proves nothing: the least share that must not be trivial. */
export function enough(nonTrivial: number, share: number): boolean {
  return nonTrivial >= RUNS * share;
}
