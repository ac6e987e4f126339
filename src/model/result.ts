/**
 * Expected failures are values. `Result` is what every function returns whose failure the caller is meant to
 * handle; exceptions are left for bugs.
 */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** Marks a branch that the types say is unreachable; a new union member then fails to compile where it is missed. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
