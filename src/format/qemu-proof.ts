/**
 * The schema of `evenkeel.qemu-proof/1`: guests that real QEMUs saved and loaded on real kernels, predicted × observed. What
 * `lab qemu-roundtrip -o json` and `--write` write, and what the second part of docs/proof.md is made of.
 */
import { z } from 'zod';
import { ROUND_TRIP_FAULTS, ROUND_TRIP_OUTCOMES } from '../model/index.ts';
import type { Architecture, Level, RoundTripFault, RoundTripOutcome } from '../model/index.ts';
import { labHostsSchema, recordedSchema } from './proof.ts';
import { architectureSchema, countSchema } from './schemas.ts';
import { levelSchema } from './verdict.ts';

export const QEMU_PROOF_FORMAT = 'evenkeel.qemu-proof/1';

export const QEMU_PROOF_MODES = ['host', 'named', 'exported'] as const;
export type QemuProofMode = (typeof QEMU_PROOF_MODES)[number];

/** A kernel with a QEMU on it. */
export interface QemuProofPlace {
  readonly kernel: string;
  readonly qemu: string;
}

/** Why a move was judged as it was. */
export interface QemuProofReason {
  readonly element: string;
  readonly level: Level;
  readonly text: string;
  /** Who is in the way. */
  readonly obstacle: 'kvm' | 'vmm' | null;
}

/** A word that the guest read otherwise after the move. */
export interface QemuProofObservation {
  readonly word: string;
  readonly text: string;
}

export interface QemuProofWord {
  readonly word: string;
  readonly predicted: Level;
  readonly observed: 'as-promised' | 'differs';
  readonly text: string;
}

export interface QemuProofMove {
  readonly architecture: Architecture;
  readonly cpu: string;
  readonly mode: QemuProofMode;
  readonly from: QemuProofPlace;
  readonly to: QemuProofPlace;
  /** The worst level of what this restore can show. */
  readonly predicted: Level;
  /** The same by KVM alone, with a VMM that uses all of it. */
  readonly kvm: Level;
  /** Elements for which something bad is predicted that this guest does not show. */
  readonly beyond: number;
  /** Indexes into the document's `reasons`, worst first. */
  readonly reasons: readonly number[];
  readonly outcome: RoundTripOutcome;
  /** QEMU's own words: indexes into the document's `said`. */
  readonly said: readonly number[];
  /** Indexes into the document's `observations`. */
  readonly observed: readonly number[];
  readonly fault: RoundTripFault | null;
  readonly disagreements: readonly QemuProofWord[];
  /** How it ended, or how the guest went on. */
  readonly text: string;
  readonly milliseconds: number | null;
}

/** A guest that could not be started or saved. */
export interface QemuProofNone {
  readonly architecture: Architecture;
  readonly cpu: string;
  readonly mode: QemuProofMode;
  readonly from: QemuProofPlace;
  readonly why: string;
  readonly said: readonly number[];
}

/** An element of which a guest, where it began, read something else than it was promised; for how many guests. */
export interface QemuProofUnlike {
  readonly architecture: Architecture;
  readonly mode: QemuProofMode;
  readonly qemu: string;
  readonly element: string;
  readonly promised: string;
  readonly reads: string;
  readonly guests: number;
}

export interface QemuProofDocument {
  readonly format: typeof QEMU_PROOF_FORMAT;
  readonly recorded: {
    readonly at: string;
    readonly by: string;
    readonly command: string;
    readonly seconds: number;
    readonly boots: number;
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
  readonly qemus: readonly { readonly architecture: Architecture; readonly qemu: string; readonly package: string }[];
  readonly modes: readonly { readonly mode: QemuProofMode; readonly about: string }[];
  readonly reasons: readonly QemuProofReason[];
  readonly said: readonly string[];
  readonly observations: readonly QemuProofObservation[];
  readonly moves: readonly QemuProofMove[];
  readonly none: readonly QemuProofNone[];
  readonly unlike: readonly QemuProofUnlike[];
}

const place: z.ZodType<QemuProofPlace> = z.strictObject({ kernel: z.string(), qemu: z.string() });
const mode = z.enum(QEMU_PROOF_MODES);
const which = { architecture: architectureSchema, cpu: z.string(), mode, from: place };
const indexes = z.array(countSchema);

const move: z.ZodType<QemuProofMove> = z.strictObject({
  ...which,
  to: place,
  predicted: levelSchema.describe('the worst level of what this restore can show'),
  kvm: levelSchema.describe('the same by KVM alone, with a VMM that uses all of it'),
  beyond: countSchema.describe('elements for which something bad is predicted that this guest does not show'),
  reasons: indexes.describe('indexes into reasons, worst first'),
  outcome: z.enum(ROUND_TRIP_OUTCOMES),
  said: indexes.describe("QEMU's own words: indexes into said"),
  observed: indexes.describe('indexes into observations'),
  fault: z.enum(ROUND_TRIP_FAULTS).nullable(),
  disagreements: z.array(
    z.strictObject({
      word: z.string(),
      predicted: levelSchema,
      observed: z.enum(['as-promised', 'differs']),
      text: z.string(),
    }),
  ),
  text: z.string().describe('how it ended, or how the guest went on'),
  milliseconds: z.number().nonnegative().nullable(),
});

export const qemuProofSchema: z.ZodType<QemuProofDocument> = z
  .strictObject({
    format: z.literal(QEMU_PROOF_FORMAT),
    recorded: recordedSchema,
    hosts: labHostsSchema,
    qemus: z.array(z.strictObject({ architecture: architectureSchema, qemu: z.string(), package: z.string() })),
    modes: z.array(z.strictObject({ mode, about: z.string() })),
    reasons: z
      .array(
        z.strictObject({
          element: z.string(),
          level: levelSchema,
          text: z.string(),
          obstacle: z.enum(['kvm', 'vmm']).nullable(),
        }),
      )
      .describe('each once'),
    said: z.array(z.string()).describe('each once'),
    observations: z.array(z.strictObject({ word: z.string(), text: z.string() })).describe('each once'),
    moves: z.array(move),
    none: z.array(z.strictObject({ ...which, why: z.string(), said: indexes })),
    unlike: z.array(
      z.strictObject({
        architecture: architectureSchema,
        mode,
        qemu: z.string(),
        element: z.string(),
        promised: z.string(),
        reads: z.string(),
        guests: countSchema,
      }),
    ),
  })
  .meta({
    title: QEMU_PROOF_FORMAT,
    description: 'Guests moved between kernels by real QEMUs: predicted and observed.',
  });
