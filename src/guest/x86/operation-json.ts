/** Operations and outcomes as JSON: 64-bit numbers are hex strings. An operation of its own code has no such form. */
import { fromHex, hex, isHex } from '../../model/index.ts';
import type { Hex, Json } from '../../model/index.ts';
import type { GuestOperation } from './operation.ts';
import type { GuestOutcome } from './table.ts';

type JsonOf<T> = T extends bigint ? Hex : T;
type Plain = Exclude<GuestOperation, { do: 'code' }>;
type InJson<O> = O extends object ? { readonly [K in keyof O]: JsonOf<O[K]> } : never;

export type GuestOperationJson = InJson<Plain>;

export function operationFromJson(json: GuestOperationJson): Plain {
  const entries = Object.entries(json).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' && isHex(value) ? fromHex(value) : value,
  ]);
  // Every bigint of an operation is a hex string in its JSON, and no other field is one.
  return Object.fromEntries(entries) as Plain;
}

export function operationToJson(operation: Plain): GuestOperationJson {
  const entries = Object.entries(operation).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'bigint' ? hex(value) : value,
  ]);
  return Object.fromEntries(entries) as GuestOperationJson;
}

export function outcomeToJson(outcome: GuestOutcome): Json {
  switch (outcome.outcome) {
    case 'values':
      return { ...outcome, values: outcome.values.map((value) => hex(value)) };
    case 'fault': {
      const { errorCode, address, cr2, dr6, ...rest } = outcome;
      return { ...rest, errorCode: hex(errorCode), address: hex(address), cr2: hex(cr2), dr6: hex(dr6) };
    }
    case 'exit':
    case 'impossible':
    case 'unfinished':
    case 'not-reached':
      return { ...outcome };
  }
}
