/** Collects what came of calls that were made in an order that is not the usual one. */
import type { KvmError } from '../../kvm/index.ts';
import type { OrderTrial, Result } from '../../model/index.ts';

/** What was read afterwards, and on what the call was made, where that says more. */
type More = Pick<OrderTrial, 'reads' | 'of'>;

export class OrderTrials {
  readonly rows: OrderTrial[] = [];

  /** A call of which nothing shows whether it had an effect. */
  tried(id: string, calls: readonly string[], done: Result<unknown, KvmError>, more: More = {}): void {
    this.rows.push({ id, calls, outcome: done.ok ? 'accepted' : done.error.errnoName, ...more });
  }

  /** A call whose effect was looked at. */
  seen(id: string, calls: readonly string[], outcome: OrderTrial['outcome'], more: More = {}): void {
    this.rows.push({ id, calls, outcome, ...more });
  }
}
