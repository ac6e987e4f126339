/** The schema of `evenkeel.coverage/1`: what `registry coverage -o json` writes. */
import { z } from 'zod';
import type { Count, Coverage, UnnamedBit } from '../engine/index.ts';
import type { Architecture } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema, hexSchema } from './schemas.ts';

export const COVERAGE_FORMAT = 'evenkeel.coverage/1';

/** Data of sections of one sort, and what became of them. */
export interface RawCount {
  readonly architecture: Architecture;
  /** `CPUID register`, `MSR`, `capability`, …; `measurement` for what is no unit. */
  readonly what: string;
  readonly units: number;
  readonly words: number;
  readonly measurements: number;
  readonly unclassified: number;
}

export interface CoverageDocument {
  readonly format: typeof COVERAGE_FORMAT;
  readonly surfaces: readonly NamedFingerprint[];
  readonly raw: readonly RawCount[];
  /** Why a datum is no word, and how often that is said. */
  readonly measurements: readonly {
    readonly architecture: Architecture;
    readonly why: string;
    readonly units: number;
  }[];
  readonly unclassified: readonly { readonly surface: string; readonly pointer: string; readonly why: string }[];
  readonly architectures: readonly (Coverage & { readonly architecture: Architecture })[];
}

const count: z.ZodType<Count> = z.strictObject({
  words: countSchema.describe('registers, MSRs, … that have elements here; of several surfaces each once'),
  elements: countSchema,
  bits: countSchema,
  namedBits: countSchema.describe('the others are compared as feature bits'),
});

const unnamed: z.ZodType<UnnamedBit> = z.strictObject({
  element: z.string(),
  area: z.string(),
  comparison: z.enum(['subset', 'lower-safe', 'higher-safe', 'higher-or-zero', 'exact', 'none']),
  seen: z.array(z.strictObject({ surface: z.string(), value: hexSchema.describe('of the whole word') })),
});

const kind = z.enum(['feature', 'limit', 'identity', 'derived', 'topology', 'paravirtual', 'state']);

export const coverageSchema: z.ZodType<CoverageDocument> = z
  .strictObject({
    format: z.literal(COVERAGE_FORMAT),
    surfaces: z.array(namedFingerprintSchema),
    raw: z.array(
      z.strictObject({
        architecture: architectureSchema,
        what: z.string(),
        units: countSchema,
        words: countSchema.describe('of them, those that became a word'),
        measurements: countSchema.describe('of them, those that are no word, with the reason'),
        unclassified: countSchema.describe('of them, those of which nothing says what they are'),
      }),
    ),
    measurements: z.array(z.strictObject({ architecture: architectureSchema, why: z.string(), units: countSchema })),
    unclassified: z.array(
      z.strictObject({
        surface: z.string(),
        pointer: z.string().describe('JSON pointer into the surface'),
        why: z.string(),
      }),
    ),
    architectures: z.array(
      z.strictObject({
        architecture: architectureSchema,
        total: count,
        areas: z.record(z.string(), count),
        kinds: z.partialRecord(kind, count),
        unnamed: z.array(unnamed).describe('bits that no table names and that are set somewhere'),
      }),
    ),
  })
  .meta({ title: COVERAGE_FORMAT, description: 'What the registries name of what surfaces contain.' });
