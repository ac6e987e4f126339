/** The schema of `evenkeel.fingerprint-comparison/1`: what `fingerprint compare -o json` writes. */
import { z } from 'zod';
import { FINGERPRINT_COMPARISON_FORMAT, FINGERPRINT_FIELDS } from '../model/index.ts';
import type { ChangedElement, ChangedField, Fate, FingerprintComparison, FingerprintField } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, hexSchema } from './schemas.ts';
import { levelSchema, settingSchema } from './verdict.ts';

export interface FingerprintComparisonDocument extends FingerprintComparison {
  readonly format: typeof FINGERPRINT_COMPARISON_FORMAT;
  readonly prev: NamedFingerprint;
  readonly curr: NamedFingerprint;
  readonly filters: readonly FingerprintField[];
}

const fate: z.ZodType<Fate> = z.strictObject({
  level: levelSchema,
  rule: z.string().describe('a stable code of the rule that decided'),
  text: z.string().describe('one sentence for people'),
  setting: settingSchema.nullable(),
});

const field: z.ZodType<ChangedField> = z.strictObject({
  field: z.enum(['firecracker_version', 'kernel_version', 'microcode_version', 'bios_version', 'bios_revision']),
  prev: z.string().nullable(),
  curr: z.string().nullable(),
  text: z.string().describe('which way it changed, and what can come of it'),
});

const element: z.ZodType<ChangedElement> = z.strictObject({
  element: z.string(),
  word: z.string().describe('the register or leaf that it is a field of'),
  kind: z.enum(['feature', 'limit', 'identity', 'derived', 'topology', 'paravirtual', 'state']),
  description: z.string(),
  what: z.enum(['value', 'only-in-prev', 'only-in-curr', 'varies', 'flags']),
  prev: hexSchema.nullable().describe('null: not there, or it varies'),
  curr: hexSchema.nullable(),
  there: fate.describe('guests that were started on prev, on curr'),
  back: fate.describe('guests that were started on curr, on prev'),
});

export const fingerprintComparisonSchema: z.ZodType<FingerprintComparisonDocument> = z
  .strictObject({
    format: z.literal(FINGERPRINT_COMPARISON_FORMAT),
    architecture: architectureSchema,
    vmm: z.string(),
    prev: namedFingerprintSchema,
    curr: namedFingerprintSchema,
    filters: z.array(z.enum(FINGERPRINT_FIELDS)).describe('the fields that were compared'),
    fields: z.array(field),
    elements: z.array(element),
    there: levelSchema.describe('the worst of the elements; same where none differs'),
    back: levelSchema,
    unknown: z.array(z.strictObject({ area: z.string(), why: z.string() })).describe('what such a file does not hold'),
  })
  .meta({
    title: FINGERPRINT_COMPARISON_FORMAT,
    description: 'What differs between two fingerprints of Firecracker, and what becomes of guests in both directions.',
  });
