/** The schema of `evenkeel.snapshot-summary/1`: what `snapshot show -o json` writes. */
import { z } from 'zod';
import type { SavedState, SnapshotMetadata, SnapshotSource } from '../model/index.ts';
import { countSchema, hexTextSchema } from './schemas.ts';
import { savedStateSchema, snapshotMetadataSchema, snapshotSourceSchema } from './snapshot.ts';

export const SNAPSHOT_SUMMARY_FORMAT = 'evenkeel.snapshot-summary/1';

export interface SnapshotSection {
  readonly name: string;
  readonly encoding: string;
  /** Bytes in the file, and of what it holds unpacked. */
  readonly stored: number;
  readonly length: number;
  readonly sha256: string;
}

export interface SnapshotSummary {
  readonly format: typeof SNAPSHOT_SUMMARY_FORMAT;
  /** Of the file: `evenkeel.snapshot/1`. */
  readonly snapshot: string;
  /** Of the file. */
  readonly bytes: number;
  readonly metadata: SnapshotMetadata;
  readonly source: SnapshotSource;
  readonly contract: { readonly name: string; readonly promises: number; readonly carries: number };
  readonly sections: readonly SnapshotSection[];
  readonly memory: readonly MemoryUse[];
  readonly units: readonly UnitSummary[];
  /** With `--state`. */
  readonly state?: SavedState;
}

export interface MemoryUse {
  readonly base: string;
  readonly length: number;
  /** Bytes that are not in pages of zeros. */
  readonly used: number;
  readonly extents: number;
  /** Bytes in the file. */
  readonly stored: number;
}

export interface UnitSummary {
  readonly name: string;
  readonly rule: string;
  readonly call: string;
  /** Registers, or null of a struct. */
  readonly registers: number | null;
  /** Of a struct, or null. */
  readonly bytes: number | null;
}

const section: z.ZodType<SnapshotSection> = z.strictObject({
  name: z.string(),
  encoding: z.string(),
  stored: countSchema.describe('bytes in the file'),
  length: countSchema.describe('bytes of what it holds, unpacked'),
  sha256: z.string().describe('of the bytes in the file'),
});

const unit: z.ZodType<UnitSummary> = z.strictObject({
  name: z.string(),
  rule: z.string(),
  call: z.string(),
  registers: countSchema.nullable(),
  bytes: countSchema.nullable(),
});

const use: z.ZodType<MemoryUse> = z.strictObject({
  base: hexTextSchema.describe('guest-physical'),
  length: countSchema.describe('bytes'),
  used: countSchema.describe('bytes that are not in pages of zeros'),
  extents: countSchema,
  stored: countSchema.describe('bytes in the file'),
});

export const snapshotSummarySchema: z.ZodType<SnapshotSummary> = z
  .strictObject({
    format: z.literal(SNAPSHOT_SUMMARY_FORMAT),
    snapshot: z.string().describe('the format of the file'),
    bytes: countSchema.describe('of the file'),
    metadata: snapshotMetadataSchema,
    source: snapshotSourceSchema,
    contract: z.strictObject({ name: z.string(), promises: countSchema, carries: countSchema }),
    sections: z.array(section).describe('in the order of the file'),
    memory: z.array(use),
    units: z.array(unit).describe('in the order in which they are restored'),
    state: z.exactOptional(savedStateSchema),
  })
  .meta({ title: SNAPSHOT_SUMMARY_FORMAT, description: 'What is in a snapshot file.' });
