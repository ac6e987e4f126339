/** The schema of `evenkeel.difference/1`: what `surface diff -o json` writes. */
import { z } from 'zod';
import type { Difference } from '../engine/index.ts';
import { architectureSchema, fingerprintSchema, hexSchema } from './schemas.ts';

export const DIFFERENCE_FORMAT = 'evenkeel.difference/1';

export interface NamedFingerprint {
  /** As the person named it. */
  readonly name: string;
  readonly fingerprint: string;
}

export interface DifferenceDocument {
  readonly format: typeof DIFFERENCE_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  readonly a: NamedFingerprint;
  readonly b: NamedFingerprint;
  readonly differences: readonly Difference[];
}

export const namedFingerprintSchema: z.ZodType<NamedFingerprint> = z.strictObject({
  name: z.string(),
  fingerprint: fingerprintSchema,
});

const difference: z.ZodType<Difference> = z.strictObject({
  element: z.string(),
  word: z.string().describe('the register or leaf that it is a field of'),
  kind: z.enum(['feature', 'limit', 'identity', 'derived', 'topology', 'paravirtual', 'state']),
  named: z.boolean().describe('false for a bit that no table names'),
  description: z.string(),
  what: z.enum(['only-in-a', 'only-in-b', 'default', 'latitude', 'not-measured-in-a', 'not-measured-in-b']),
  a: hexSchema.nullable().describe('what a guest gets by default; null: not there, or not measured'),
  b: hexSchema.nullable(),
  latitude: z
    .strictObject({ a: z.string(), b: z.string() })
    .nullable()
    .describe('for latitude: what the element can be made to show on each'),
  evidence: z
    .strictObject({ a: z.string().nullable(), b: z.string().nullable() })
    .describe('JSON pointers into the surfaces'),
});

export const differenceSchema: z.ZodType<DifferenceDocument> = z
  .strictObject({
    format: z.literal(DIFFERENCE_FORMAT),
    architecture: architectureSchema,
    a: namedFingerprintSchema,
    b: namedFingerprintSchema,
    differences: z.array(difference),
  })
  .meta({ title: DIFFERENCE_FORMAT, description: 'What two hosts show a guest differently, element by element.' });
