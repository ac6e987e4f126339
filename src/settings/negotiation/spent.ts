/**
 * One way through the states of a vCPU: each transition gives an object of another type and spends the one that it was
 * called on. A wrong order does not compile; keeping a spent object in a variable is the one thing that the types cannot
 * see, and it throws.
 */
export class Spendable {
  #spent: string | null = null;

  /** Called by every method; a bug of the caller where it throws. */
  protected live(): void {
    if (this.#spent !== null) throw new Error(`this vCPU has gone on to another state: ${this.#spent}`);
  }

  protected spend(into: string): void {
    this.live();
    this.#spent = into;
  }
}
