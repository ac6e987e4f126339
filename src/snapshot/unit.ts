/**
 * A unit of state on a machine: how it is read and written. An architecture lists its machine's units in the order in
 * which they are restored; saving, restoring and comparing are written once over that list.
 */
import type { KvmError } from '../kvm/index.ts';
import type { Result, WordPath } from '../model/index.ts';

interface Named {
  /** SavedUnit.name, rule and call. */
  readonly name: string;
  readonly rule: string;
  readonly call: string;
}

/** What KVM says of one register's write; MSRs are refused without an errno. */
export type RegisterRefusal = {
  readonly errno: string | null;
  readonly detail: string;
  /** The call that failed, where it is not the unit's. */
  readonly call?: string;
};

/** Null where the call succeeded. `call`: the unit's, which needs no telling. */
export function refusalOf(done: Result<unknown, KvmError>, call: string): RegisterRefusal | null {
  if (done.ok) return null;
  const { errnoName: errno, detail, call: failed } = done.error;
  return { errno, detail, ...(failed === call ? {} : { call: failed }) };
}

export interface RegisterWrite {
  readonly id: bigint;
  readonly value: bigint;
}

export interface RegisterUnit extends Named {
  readonly kind: 'registers';
  /** What there is to be saved, in the order in which it is written. */
  readonly ids: () => Result<readonly bigint[], KvmError>;
  readonly word: (id: bigint) => WordPath;
  readonly read: (id: bigint) => Result<bigint, KvmError>;
  /** Null where it was accepted. */
  readonly write: (write: RegisterWrite) => RegisterRefusal | null;
}

export interface BytesUnit extends Named {
  readonly kind: 'bytes';
  readonly read: () => Result<Uint8Array, KvmError>;
  readonly write: (bytes: Uint8Array) => Result<unknown, KvmError>;
  /** The struct's fields, for telling which differ; what no field covers is compared as well. */
  readonly fields: Readonly<Record<string, { readonly offset: number; readonly size: number }>>;
}

/** State that saving puts into guest memory and restoring takes from there. */
export interface MemoryUnit extends Named {
  readonly kind: 'memory';
  readonly save: () => Result<unknown, KvmError>;
  readonly restore: () => Result<unknown, KvmError>;
}

export type Unit = RegisterUnit | BytesUnit | MemoryUnit;

/**
 * Bits that may read otherwise than they were saved, and why; null where none may. `word` as in a StateDifference: of a
 * register, or of a struct's field.
 */
export type RunsOn = (word: WordPath) => { readonly bits: bigint; readonly because: string } | null;
