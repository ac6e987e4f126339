/**
 * The schema of `evenkeel.proof/1`: round trips that were really done, predicted × observed. What `lab roundtrip -o json`
 * and `--write` write, and what docs/proof.md is made of.
 */
import { z } from 'zod';
import { ROUND_TRIP_FAULTS, ROUND_TRIP_OUTCOMES } from '../model/index.ts';
import type { Architecture, Level, RoundTripFault, RoundTripOutcome } from '../model/index.ts';
import { architectureSchema, countSchema, fingerprintSchema } from './schemas.ts';
import { levelSchema } from './verdict.ts';

export const PROOF_FORMAT = 'evenkeel.proof/1';

export interface ProofWord {
  readonly word: string;
  readonly fault: RoundTripFault;
  readonly predicted: Level;
  readonly observed: 'as-promised' | 'refused' | 'differs';
  readonly text: string;
}

/** What a restore showed of one word. */
export interface ProofObservation {
  readonly word: string;
  readonly how: 'refused' | 'differs';
  readonly by: 'plan' | 'restore' | 'guest';
  readonly text: string;
}

/** One restore. */
export interface ProofLeg {
  /** The worst level of what a restore can show. */
  readonly predicted: Level;
  /** Elements for which something bad is predicted that no restore in the lab shows. */
  readonly beyond: number;
  readonly outcome: RoundTripOutcome;
  /** What was refused or differs: indexes into the document's `observations`. */
  readonly observed: readonly number[];
  /** Registers that the host does not take and that were not in use. */
  readonly harmless: number;
  /** A VMM that insists on every call: whether it was to stop, and the first thing that it stops at. */
  readonly insisting: { readonly predicted: boolean; readonly stops: string | null };
  readonly disagreements: readonly ProofWord[];
  /** How the guest went on. */
  readonly guest: string;
  readonly milliseconds: number | null;
}

export interface ProofTrip {
  readonly architecture: Architecture;
  readonly cpu: string;
  readonly variant: string;
  readonly from: string;
  readonly to: string;
  readonly there: ProofLeg | null;
  readonly back: ProofLeg | null;
  /** Why there is no such trip: A cannot give such a guest, or a machine was lost. */
  readonly why?: string;
}

export interface ProofDocument {
  readonly format: typeof PROOF_FORMAT;
  readonly recorded: {
    readonly at: string;
    readonly by: string;
    readonly command: string;
    readonly seconds: number;
    readonly boots: number;
    /** Results that were in the cache, of jobs done before. */
    readonly remembered: number;
    readonly environment: Readonly<Record<string, string>>;
  };
  readonly hosts: readonly {
    readonly architecture: Architecture;
    readonly cpu: string;
    readonly kernel: string;
    readonly release: string;
    readonly fingerprint: string;
  }[];
  readonly variants: readonly { readonly id: string; readonly about: string }[];
  /** Each once, for many restores show the same. */
  readonly observations: readonly ProofObservation[];
  readonly trips: readonly ProofTrip[];
}

const leg: z.ZodType<ProofLeg> = z.strictObject({
  predicted: levelSchema.describe('the worst level of what a restore can show'),
  beyond: countSchema.describe('elements for which something bad is predicted that no restore in the lab shows'),
  outcome: z.enum(ROUND_TRIP_OUTCOMES),
  observed: z.array(countSchema).describe('what was refused or differs: indexes into observations'),
  harmless: countSchema.describe('registers that the host does not take and that were not in use'),
  insisting: z
    .strictObject({ predicted: z.boolean(), stops: z.string().nullable() })
    .describe('a VMM that insists on every call: whether it was to stop, and at what it stops'),
  disagreements: z.array(
    z.strictObject({
      word: z.string(),
      fault: z.enum(ROUND_TRIP_FAULTS),
      predicted: levelSchema,
      observed: z.enum(['as-promised', 'refused', 'differs']),
      text: z.string(),
    }),
  ),
  guest: z.string().describe('how the guest went on'),
  milliseconds: z.number().nonnegative().nullable(),
});

/** How a document of what was tried in the lab came to be, and on which hosts. */
export const recordedSchema: z.ZodType<ProofDocument['recorded']> = z.strictObject({
  at: z.string(),
  by: z.string(),
  command: z.string(),
  seconds: z.number().nonnegative(),
  boots: countSchema,
  remembered: countSchema,
  environment: z.record(z.string(), z.string()),
});
export const labHostsSchema: z.ZodType<ProofDocument['hosts']> = z.array(
  z.strictObject({
    architecture: architectureSchema,
    cpu: z.string(),
    kernel: z.string(),
    release: z.string(),
    fingerprint: fingerprintSchema,
  }),
);

export const proofSchema: z.ZodType<ProofDocument> = z
  .strictObject({
    format: z.literal(PROOF_FORMAT),
    recorded: recordedSchema,
    hosts: labHostsSchema,
    variants: z.array(z.strictObject({ id: z.string(), about: z.string() })),
    observations: z
      .array(
        z.strictObject({
          word: z.string(),
          how: z.enum(['refused', 'differs']),
          by: z.enum(['plan', 'restore', 'guest']).describe('who noticed'),
          text: z.string(),
        }),
      )
      .describe('each once'),
    trips: z.array(
      z.strictObject({
        architecture: architectureSchema,
        cpu: z.string(),
        variant: z.string(),
        from: z.string(),
        to: z.string(),
        there: leg.nullable().describe('null where there is no such guest, or a machine was lost'),
        back: leg.nullable(),
        why: z.exactOptional(z.string()),
      }),
    ),
  })
  .meta({ title: PROOF_FORMAT, description: 'Round trips of guests between real kernels: predicted and observed.' });
