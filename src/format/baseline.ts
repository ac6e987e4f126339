/** The schema of `evenkeel.baseline/1`: what `baseline -o json` writes. */
import { z } from 'zod';
import type { ElementChange } from '../engine/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema, fingerprintSchema, hexSchema } from './schemas.ts';

export const BASELINE_FORMAT = 'evenkeel.baseline/1';

export interface BaselineGroup {
  readonly fingerprint: string;
  /** Indices into `surfaces`. */
  readonly surfaces: readonly number[];
  readonly costs: readonly ElementChange[];
  readonly limits: readonly string[];
  readonly gains: readonly ElementChange[] | null;
}

export interface BaselineDocument {
  readonly format: typeof BASELINE_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  readonly vmm: string | null;
  readonly surfaces: readonly NamedFingerprint[];
  /** Null where no machine suits all. */
  readonly contract: {
    readonly promises: number;
    readonly carries: number;
    readonly unknown: readonly string[];
  } | null;
  readonly groups: readonly BaselineGroup[];
  readonly why: string | null;
  readonly conflicts: readonly {
    readonly element: string;
    readonly text: string;
    readonly hosts: readonly { readonly name: string; readonly shows: bigint | null; readonly canShow: string }[];
  }[];
  readonly exclusion: { readonly surfaces: readonly number[]; readonly smallest: boolean } | null;
}

const change: z.ZodType<ElementChange> = z.strictObject({
  element: z.string(),
  before: hexSchema.nullable().describe('null: nothing is promised'),
  after: hexSchema.nullable(),
});

const index = countSchema.describe('index into surfaces');

const group: z.ZodType<BaselineGroup> = z.strictObject({
  fingerprint: fingerprintSchema,
  surfaces: z.array(index).describe('hosts that show the same'),
  costs: z.array(change).describe('before: of a guest of these hosts alone; after: in the pool'),
  limits: z.array(z.string()).describe('elements that others could show better and that these hosts hold down'),
  gains: z
    .array(change)
    .nullable()
    .describe('before: with these hosts; after: without; null where the others have no common machine'),
});

const host = z.strictObject({
  name: z.string(),
  shows: hexSchema.nullable().describe('by default; null: it does not have the register'),
  canShow: z.string(),
});

export const baselineSchema: z.ZodType<BaselineDocument> = z
  .strictObject({
    format: z.literal(BASELINE_FORMAT),
    architecture: architectureSchema,
    vmm: z.string().nullable(),
    surfaces: z.array(namedFingerprintSchema),
    contract: z
      .strictObject({ promises: countSchema, carries: countSchema, unknown: z.array(z.string()) })
      .nullable()
      .describe('counts of words, and the areas of which nothing is promised; null where no machine suits all'),
    groups: z.array(group),
    why: z.string().nullable().describe('why no machine suits all'),
    conflicts: z.array(z.strictObject({ element: z.string(), text: z.string(), hosts: z.array(host) })),
    exclusion: z
      .strictObject({
        surfaces: z.array(index).describe('the fewest hosts to leave out so that the others have a common machine'),
        smallest: z.boolean().describe('false: the search was ended before it was sure that fewer will not do'),
      })
      .nullable(),
  })
  .meta({
    title: BASELINE_FORMAT,
    description: 'The largest machine that all hosts of a pool can show, and what limits it.',
  });
