/** The schema of `evenkeel.observation/1`: what `host observe -o json` and `lab observe -o json` write. */
import { z } from 'zod';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema, hexSchema } from './schemas.ts';

export const OBSERVATION_FORMAT = 'evenkeel.observation/1';

export interface ObservationDocument {
  readonly format: typeof OBSERVATION_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  readonly on: NamedFingerprint;
  /** Its name; null: what the host declares of the machine that a guest gets by default. */
  readonly contract: string | null;
  readonly counts: {
    readonly agrees: number;
    readonly explained: number;
    readonly differs: number;
    readonly 'not-observed': number;
  };
  readonly elements: readonly {
    readonly element: string;
    readonly expected: bigint;
    readonly observed: bigint | null;
    readonly fault?: string | undefined;
    readonly result: 'agrees' | 'explained' | 'differs' | 'not-observed';
    readonly text: string;
  }[];
  readonly behaviours: readonly {
    readonly id: string;
    readonly outcome: string | null;
    readonly meaning: string | null;
    readonly with: readonly {
      readonly selected: string;
      readonly outcome: string | null;
      readonly meaning: string | null;
    }[];
    readonly findings: readonly string[];
    readonly why?: string | undefined;
  }[];
  readonly missing: readonly { readonly what: string; readonly why: string }[];
  readonly caveats: readonly string[];
}

const outcome = z.string().nullable().describe('a name of the table of behaviours; null where the test came to none');
const meaning = z.string().nullable();

export const observationSchema: z.ZodType<ObservationDocument> = z
  .strictObject({
    format: z.literal(OBSERVATION_FORMAT),
    architecture: architectureSchema,
    on: namedFingerprintSchema,
    contract: z.string().nullable().describe('null: held against what the host declares'),
    counts: z.strictObject({
      agrees: countSchema,
      explained: countSchema,
      differs: countSchema,
      'not-observed': countSchema,
    }),
    elements: z
      .array(
        z.strictObject({
          element: z.string(),
          expected: hexSchema,
          observed: hexSchema.nullable(),
          fault: z.string().optional().describe('the exception with which the read ended'),
          result: z.enum(['agrees', 'explained', 'differs', 'not-observed']),
          text: z.string(),
        }),
      )
      .describe('all that do not agree'),
    behaviours: z.array(
      z.strictObject({
        id: z.string(),
        outcome,
        meaning,
        with: z.array(z.strictObject({ selected: z.string(), outcome, meaning })),
        findings: z.array(z.string()).describe("what is not as the kernel's documents have it"),
        why: z.string().optional().describe('why the test came to no outcome'),
      }),
    ),
    missing: z.array(z.strictObject({ what: z.string(), why: z.string() })),
    caveats: z.array(z.string()),
  })
  .meta({ title: OBSERVATION_FORMAT, description: 'What code in a guest read, beside what it was to read.' });
