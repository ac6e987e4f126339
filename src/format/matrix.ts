/** The schema of `evenkeel.matrix/1`: what `migration matrix -o json` writes. */
import { z } from 'zod';
import type { Level } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema } from './schemas.ts';
import { countsSchema, levelSchema } from './verdict.ts';

export const MATRIX_FORMAT = 'evenkeel.matrix/1';

export interface MatrixDocument {
  readonly format: typeof MATRIX_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  /** Left out where KVM alone was judged. */
  readonly vmm?: string;
  readonly surfaces: readonly NamedFingerprint[];
  readonly moves: readonly {
    /** Indices into `surfaces`. */
    readonly from: number;
    readonly to: number;
    readonly level: Level;
    readonly counts: Readonly<Record<Level, number>>;
  }[];
}

export const matrixSchema: z.ZodType<MatrixDocument> = z
  .strictObject({
    format: z.literal(MATRIX_FORMAT),
    architecture: architectureSchema,
    vmm: z.string().exactOptional().describe('left out where KVM alone was judged'),
    surfaces: z.array(namedFingerprintSchema),
    moves: z.array(
      z.strictObject({
        from: countSchema.describe('index into surfaces'),
        to: countSchema.describe('index into surfaces'),
        level: levelSchema,
        counts: countsSchema,
      }),
    ),
  })
  .meta({ title: MATRIX_FORMAT, description: 'The default contract of every surface on every other.' });
