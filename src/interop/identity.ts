/**
 * Short names of contracts and surfaces, for places that take no fingerprint: a Kubernetes label has room for 63
 * characters. 16 hex digits: among a million contracts two have the same one with a chance of 1 in 37 million.
 */
import { createHash } from 'node:crypto';
import { canonicalJson, contractSchema } from '../format/index.ts';
import type { Contract, Json } from '../model/index.ts';

const DIGITS = 16;

/** Of what is promised and carried, and not of what the contract is called or where it was pinned. */
export function contractIdentity(contract: Contract): string {
  // The schema gives JSON, which its type does not say.
  const { name: _, pinnedFrom: __, ...promised } = contractSchema.encode(contract) as Readonly<Record<string, Json>>;
  return createHash('sha256').update(canonicalJson(promised)).digest('hex').slice(0, DIGITS);
}

/** Of `sha256:` and 64 digits. */
export function surfaceIdentity(fingerprint: string): string {
  return fingerprint.replace(/^sha256:/, '').slice(0, DIGITS);
}
