/** The schema of `evenkeel.verification/1`: what `contract verify -o json` writes. */
import { z } from 'zod';
import { OUTCOMES, VERIFICATION_FORMAT } from '../model/index.ts';
import type { Outcome, Verification } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema, hexSchema } from './schemas.ts';

/** A verification with what it is about. */
export interface VerificationDocument extends Verification {
  readonly format: typeof VERIFICATION_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  readonly contract: string;
  readonly on: NamedFingerprint;
  readonly notes: readonly string[];
  readonly caveats: readonly string[];
}

const outcome: z.ZodType<Outcome> = z.enum(OUTCOMES);

export const verificationSchema: z.ZodType<VerificationDocument> = z
  .strictObject({
    format: z.literal(VERIFICATION_FORMAT),
    architecture: architectureSchema,
    contract: z.string().describe('its name'),
    on: namedFingerprintSchema,
    honoured: z.enum(['yes', 'no', 'unknown']),
    counts: z.strictObject({
      taken: countSchema,
      default: countSchema,
      unreadable: countSchema,
      unproved: countSchema,
      refused: countSchema,
      ignored: countSchema,
      differs: countSchema,
    }),
    elements: z
      .array(
        z.strictObject({
          element: z.string(),
          outcome,
          promised: hexSchema,
          reads: hexSchema.nullable(),
          text: z.string(),
        }),
      )
      .describe('all that the host does not show by itself'),
    notes: z.array(z.string()),
    caveats: z.array(z.string()).describe('what lowers the worth of what was read back'),
  })
  .meta({ title: VERIFICATION_FORMAT, description: 'Whether a host honours a contract, as tried on a throw-away VM.' });
