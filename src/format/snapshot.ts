/** The schemas of a snapshot file's own JSON sections. What lies around them is src/snapshot/file. */
import { z } from 'zod';
import { SNAPSHOT_FORMAT, hex } from '../model/index.ts';
import type {
  Hex,
  MemoryRegion,
  SavedData,
  SavedState,
  SavedUnit,
  SnapshotMetadata,
  SnapshotSource,
} from '../model/index.ts';
import { contractSchema } from './contract.ts';
import { planSchema } from './plan.ts';
import { architectureSchema, fingerprintSchema, jsonSchema } from './schemas.ts';
import { hostSchema, surfaceSchema } from './surface.ts';
import { uniqueBy } from './unique.ts';

const hexText: z.ZodType<Hex> = z.templateLiteral(['0x', z.string().regex(/^(?:0|[1-9a-f][0-9a-f]*)$/)]);

/** Bytes. The granule of guest memory in a snapshot. */
const PAGE = 4096;
/** Bits of the largest guest-physical address: KVM has no machine with more (Intel SDM 4.1.4, Arm ARM FEAT_LPA2). */
const ADDRESS_BITS = 52n;

const region: z.ZodType<MemoryRegion> = z
  .strictObject({
    base: hexText.describe('guest-physical, page aligned'),
    length: z.number().int().min(PAGE).multipleOf(PAGE).describe('bytes'),
  })
  .refine(({ base }) => BigInt(base) % BigInt(PAGE) === 0n, { path: ['base'], error: 'is not page aligned' })
  .refine(({ base, length }) => BigInt(base) + BigInt(length) <= 1n << ADDRESS_BITS, {
    path: ['length'],
    error: `ends beyond ${hex(1n << ADDRESS_BITS)}`,
  });

/** In ascending order, so that a reader can go through memory and regions side by side. */
const regions = z.array(region).superRefine((all, context) => {
  for (const [index, { base }] of all.entries()) {
    const before = all[index - 1];
    if (before === undefined || BigInt(before.base) + BigInt(before.length) <= BigInt(base)) continue;
    context.addIssue({ code: 'custom', path: [index, 'base'], message: 'begins before the region before it ends' });
  }
});

export const snapshotMetadataSchema: z.ZodType<SnapshotMetadata> = z.strictObject({
  at: z.iso.datetime(),
  by: z.string().min(1),
  command: z.string().nullable().describe('one that makes such a snapshot again'),
  guest: z.strictObject({
    name: z.string(),
    vcpus: z.number().int().min(1),
    report: jsonSchema.describe('what the guest said of itself when it was saved'),
  }),
  memory: regions.describe('what none of the extents covers is zero'),
  environment: z.record(z.string(), z.string()),
});

export const snapshotSourceSchema: z.ZodType<SnapshotSource> = z.strictObject({
  architecture: architectureSchema,
  fingerprint: fingerprintSchema,
  host: hostSchema.nullable(),
});

const data: z.ZodType<SavedData> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('registers'),
    registers: z.array(z.strictObject({ id: hexText, value: hexText })).superRefine(uniqueBy(({ id }) => id, 'id')),
    unread: z
      .array(hexText)
      .exactOptional()
      .describe('listed by the kernel and not readable: the guest does not have them'),
  }),
  z.strictObject({ kind: z.literal('bytes'), base64: z.base64() }),
  z.strictObject({ kind: z.literal('memory') }),
]);

const unit: z.ZodType<SavedUnit> = z.strictObject({
  name: z.string().min(1),
  rule: z.string().describe('the ordering rule under which it is restored'),
  call: z.string().describe('the ioctl that restores it'),
  data,
});

export const savedStateSchema: z.ZodType<SavedState> = z.strictObject({
  architecture: architectureSchema,
  units: z
    .array(unit)
    .superRefine(uniqueBy(({ name }) => name, 'name'))
    .describe('in the order in which they are restored'),
});

/** All sections that are JSON, by name, as other programs may want to check or to write them. */
export const snapshotSchema: z.ZodType = z
  .strictObject({
    metadata: snapshotMetadataSchema,
    source: snapshotSourceSchema.describe('the host that the guest was saved on'),
    contract: contractSchema,
    surface: surfaceSchema.exactOptional().describe("the source's"),
    plan: planSchema.exactOptional().describe('how the machine was made there'),
    state: savedStateSchema,
  })
  .meta({
    title: SNAPSHOT_FORMAT,
    description: 'The JSON sections of a snapshot file; the container around them is in docs/snapshot.md.',
  });
