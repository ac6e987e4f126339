/** The schema of `evenkeel.restore/1`: what `snapshot restore -o json` writes. */
import { z } from 'zod';
import type { Verdict } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema } from './schemas.ts';
import { verdictPartSchema } from './verdict.ts';

export const RESTORE_FORMAT = 'evenkeel.restore/1';

export interface RestoreDocument {
  readonly format: typeof RESTORE_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  /** As the person named the file. */
  readonly snapshot: string;
  readonly contract: string;
  readonly from: string;
  readonly to: NamedFingerprint;
  readonly verdict: Verdict;
  readonly hindrances: readonly string[];
  readonly accepted: readonly string[];
  /** Null where it was not tried: something hinders it, or only the verdict was asked for. */
  readonly restored: RestoredDocument | null;
}

export interface RestoredDocument {
  /** In words; null where it went to its end. */
  readonly failure: string | null;
  /** Whether the machine is what the contract says, as it was read back. */
  readonly honoured: 'yes' | 'no' | 'unknown';
  readonly units: readonly { readonly unit: string; readonly call: string; readonly outcome: string }[];
  readonly compared: number;
  readonly differences: readonly DifferenceRow[];
  readonly ranOn: readonly DifferenceRow[];
  readonly guest: {
    readonly runsOn: boolean;
    readonly text: string;
    readonly changes: readonly { readonly word: string; readonly before: string; readonly now: string }[];
  } | null;
  /** Where it was saved again. */
  readonly saved: string | null;
}

export interface DifferenceRow {
  readonly unit: string;
  readonly word: string;
  readonly saved: string;
  readonly reads: string | null;
  readonly why: string | null;
}

const difference: z.ZodType<DifferenceRow> = z.strictObject({
  unit: z.string(),
  word: z.string(),
  saved: z.string(),
  reads: z.string().nullable().describe('null where it does not read'),
  why: z.string().nullable(),
});

const restored: z.ZodType<RestoredDocument> = z.strictObject({
  failure: z.string().nullable().describe('the call that ended it; null where it went to its end'),
  honoured: z.enum(['yes', 'no', 'unknown']).describe('whether the machine reads back as the contract says'),
  units: z.array(z.strictObject({ unit: z.string(), call: z.string(), outcome: z.string() })),
  compared: countSchema.describe('registers and structs that were read back'),
  differences: z.array(difference).describe('what reads otherwise than it was saved, and should not'),
  ranOn: z.array(difference).describe('what reads otherwise because it counts'),
  guest: z
    .strictObject({
      runsOn: z.boolean(),
      text: z.string(),
      changes: z.array(z.strictObject({ word: z.string(), before: z.string(), now: z.string() })),
    })
    .nullable()
    .describe('what the guest says of itself after it ran on'),
  saved: z.string().nullable(),
});

export const restoreSchema: z.ZodType<RestoreDocument> = z
  .strictObject({
    format: z.literal(RESTORE_FORMAT),
    architecture: architectureSchema,
    snapshot: z.string(),
    contract: z.string().describe('its name'),
    from: z.string().describe('fingerprint of the host that it was saved on'),
    to: namedFingerprintSchema,
    verdict: verdictPartSchema.describe("with the guest's actual values"),
    hindrances: z.array(z.string()).describe('elements that keep it from being restored'),
    accepted: z.array(z.string()).describe('elements that were accepted by name'),
    restored: restored.nullable().describe('null where it was not tried'),
  })
  .meta({ title: RESTORE_FORMAT, description: 'What came of restoring a snapshot.' });
