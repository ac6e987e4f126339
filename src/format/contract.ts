/** The schema of `evenkeel.contract/1`. Values are hex in the file and bigint in memory. */
import { z } from 'zod';
import { CONTRACT_FORMAT } from '../model/index.ts';
import type { Contract } from '../model/index.ts';
import { architectureSchema, fingerprintSchema, hexSchema } from './schemas.ts';
import { uniqueBy } from './unique.ts';

/**
 * Bits in the widest word: arm64's set of SVE vector lengths, KVM_REG_ARM64_SVE_VLS, has 8 × 64. SVE's registers are
 * wider, but are state and never promised.
 */
const WIDEST = 512;

const promised = z
  .strictObject({
    word: z.string().min(1),
    width: z.number().int().min(1).max(WIDEST).describe('bits'),
    value: hexSchema,
    mask: hexSchema.describe('the promised bits'),
  })
  .refine((row) => row.value >> BigInt(row.width) === 0n, { path: ['value'], error: 'does not fit into the width' })
  .refine((row) => row.mask >> BigInt(row.width) === 0n, { path: ['mask'], error: 'does not fit into the width' });

const values = z.record(z.string().min(1), hexSchema);

export const contractSchema: z.ZodType<Contract> = z
  .strictObject({
    format: z.literal(CONTRACT_FORMAT),
    architecture: architectureSchema,
    name: z.string(),
    pinnedFrom: z.array(z.strictObject({ fingerprint: fingerprintSchema, host: z.string() })),
    choices: z.record(z.string(), z.string()).describe('which guest: on arm64 the vCPU features, for instance'),
    promises: z.array(promised).superRefine(uniqueBy((row) => row.word, 'word')),
    carries: z
      .array(z.string().min(1))
      .superRefine(uniqueBy((word) => word, null))
      .describe('units of state that a destination must take'),
    fresh: z.exactOptional(values.describe('carried words on a vCPU that has not run')),
    values: z.exactOptional(values.describe('carried words as the guest has them, where that is known')),
    unknown: z.array(z.strictObject({ area: z.string(), why: z.string() })),
  })
  .meta({ title: CONTRACT_FORMAT, description: 'The value of every element that one guest was promised.' });
