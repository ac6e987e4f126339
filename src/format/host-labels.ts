/** The schema of `evenkeel.host-labels/1`: what `surface labels -o json` writes. */
import { z } from 'zod';
import { HOST_LABELS_FORMAT } from '../model/index.ts';
import type { HostLabel, HostLabels } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import { architectureSchema } from './schemas.ts';
import { levelSchema } from './verdict.ts';

const label: z.ZodType<HostLabel> = z.strictObject({
  key: z.string().min(1).describe("a label's key, or a trait"),
  value: z.string().nullable().describe('null for traits'),
  why: z.string(),
});

export const hostLabelsSchema: z.ZodType<HostLabels> = z
  .strictObject({
    format: z.literal(HOST_LABELS_FORMAT),
    architecture: architectureSchema,
    target: z.enum(['kubevirt', 'openstack']),
    surface: namedFingerprintSchema,
    contracts: z.array(z.strictObject({ contract: z.string(), level: levelSchema })),
    own: z.array(label).describe('for an operator to set'),
    expected: z.array(label).describe("what the cluster's own agent is expected to set, and overwrites"),
    unknown: z
      .array(z.strictObject({ key: z.string(), why: z.string() }))
      .describe('what that agent says besides, and no surface tells'),
  })
  .meta({
    title: HOST_LABELS_FORMAT,
    description: "What a cluster's scheduler is told of one host, in the cluster's own spelling.",
  });
