/** Deadlines. */
import { err } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import type { QmpError } from './error.ts';

/** The promise's result, or the error where it does not come in time. */
export async function within<T>(
  promise: Promise<Result<T, QmpError>>,
  milliseconds: number,
  late: QmpError,
): Promise<Result<T, QmpError>> {
  const { promise: timeout, resolve } = Promise.withResolvers<Result<T, QmpError>>();
  const timer = setTimeout(() => resolve(err(late)), milliseconds);
  const result = await Promise.race([promise, timeout]);
  clearTimeout(timer);
  return result;
}
