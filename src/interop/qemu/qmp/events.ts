/** Events as they come: taken by who waits for them, or kept so long that who asks too late still gets them. */
import { err, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import type { QmpError } from './error.ts';
import type { QmpEvent } from './message.ts';

/** Of more, the oldest are forgotten. */
const KEPT = 256;

interface Waiter {
  readonly names: readonly string[];
  readonly settle: (result: Result<QmpEvent, QmpError>) => void;
}

export class EventQueue {
  readonly #waiters = new Set<Waiter>();
  readonly #kept: QmpEvent[] = [];

  push(event: QmpEvent): void {
    for (const waiter of this.#waiters) {
      if (!waiter.names.includes(event.event)) continue;
      this.#waiters.delete(waiter);
      return waiter.settle(ok(event));
    }
    this.#kept.push(event);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  /** The oldest kept event of one of these names, no longer kept. */
  take(names: readonly string[]): QmpEvent | null {
    const index = this.#kept.findIndex(({ event }) => names.includes(event));
    return index < 0 ? null : (this.#kept.splice(index, 1)[0] ?? null);
  }

  /** The next event of one of these names. `forget` when nobody waits for it any more. */
  next(names: readonly string[]): {
    readonly promise: Promise<Result<QmpEvent, QmpError>>;
    readonly forget: () => void;
  } {
    const { promise, resolve } = Promise.withResolvers<Result<QmpEvent, QmpError>>();
    const waiter: Waiter = { names, settle: resolve };
    this.#waiters.add(waiter);
    return { promise, forget: () => this.#waiters.delete(waiter) };
  }

  /** No event will come any more. */
  end(error: QmpError): void {
    for (const { settle } of this.#waiters) settle(err(error));
    this.#waiters.clear();
  }
}
