/** The schema of `evenkeel.agreement/1`: what `lab verify -o json` writes. */
import { z } from 'zod';
import { OUTCOMES } from '../model/index.ts';
import type { Level, Outcome, Verification } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema } from './schemas.ts';
import { levelSchema } from './verdict.ts';

export const AGREEMENT_FORMAT = 'evenkeel.agreement/1';

export interface AgreementDocument {
  readonly format: typeof AGREEMENT_FORMAT;
  readonly rows: readonly {
    readonly architecture: 'x86_64' | 'arm64';
    readonly cpu: string;
    readonly contract: string;
    readonly on: NamedFingerprint;
    readonly predicted: Level;
    readonly honoured: Verification['honoured'];
    readonly differences: readonly {
      readonly word: string;
      readonly predicted: Level;
      readonly rule: string;
      readonly verified: Outcome;
      readonly text: string;
    }[];
  }[];
}

export const agreementSchema: z.ZodType<AgreementDocument> = z
  .strictObject({
    format: z.literal(AGREEMENT_FORMAT),
    rows: z.array(
      z.strictObject({
        architecture: architectureSchema,
        cpu: z.string(),
        contract: z.string(),
        on: namedFingerprintSchema.describe('the kernel, by the surface that the prediction is from'),
        predicted: levelSchema,
        honoured: z.enum(['yes', 'no', 'unknown']).describe('what the kernel did'),
        differences: z
          .array(
            z.strictObject({
              word: z.string(),
              predicted: levelSchema,
              rule: z.string(),
              verified: z.enum(OUTCOMES),
              text: z.string(),
            }),
          )
          .describe('words of which prediction and kernel say different things'),
      }),
    ),
  })
  .meta({ title: AGREEMENT_FORMAT, description: 'Contracts on real kernels: what was predicted and what was done.' });
