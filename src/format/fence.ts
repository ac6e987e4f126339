/** The schema of `evenkeel.fence/1`: what `fence -o json` writes. */
import { z } from 'zod';
import type { Level, Reason, Verdict } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema } from './schemas.ts';
import { countsSchema, levelSchema, verdictPartSchema } from './verdict.ts';

export const FENCE_FORMAT = 'evenkeel.fence/1';

export interface FenceDocumentStep {
  readonly surface: number;
  readonly vmm: string | null;
  /** What decides: the worst level but for state that the VMM never saves and the guest may not use. */
  readonly level: Level;
  readonly there: Verdict;
  readonly back: readonly {
    readonly to: number;
    readonly level: Level;
    readonly counts: Readonly<Record<Level, number>>;
    readonly worst: readonly Reason['element'][];
    readonly caveats: readonly string[];
  }[];
}

export interface FenceDocument {
  readonly format: typeof FENCE_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  readonly contract: string;
  readonly surfaces: readonly NamedFingerprint[];
  readonly steps: readonly FenceDocumentStep[];
  readonly home: readonly number[];
  readonly fence: readonly number[];
  readonly wayBack: readonly number[];
}

const step = countSchema.describe('index into steps');

const back = z.strictObject({
  to: step,
  level: levelSchema,
  counts: countsSchema,
  worst: z.array(z.string()).describe('elements that have that level'),
  caveats: z.array(z.string()),
});

const stepSchema: z.ZodType<FenceDocumentStep> = z.strictObject({
  surface: countSchema.describe('index into surfaces'),
  vmm: z.string().nullable().describe('null: KVM alone was judged'),
  level: levelSchema.describe(
    'what decides: the worst, but for state that the VMM never saves and that the guest may not use',
  ),
  there: verdictPartSchema,
  back: z.array(back).describe('to every pair that comes before, kernel and VMM'),
});

export const fenceSchema: z.ZodType<FenceDocument> = z
  .strictObject({
    format: z.literal(FENCE_FORMAT),
    architecture: architectureSchema,
    contract: z.string().describe('its name'),
    surfaces: z.array(namedFingerprintSchema).describe('in the order of the upgrade'),
    steps: z.array(stepSchema),
    home: z.array(step).describe('pairs with a host that the contract was pinned from'),
    fence: z.array(step).describe('the first pairs with which the contract can be selected'),
    wayBack: z.array(step).describe('pairs from which every earlier one, from the fence on, can be returned to'),
  })
  .meta({
    title: FENCE_FORMAT,
    description: 'From which (kernel, VMM) pair on a contract can be selected, and up to which there is a way back.',
  });
