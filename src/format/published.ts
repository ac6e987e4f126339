/** The JSON Schemas (draft 2020-12) that are published for the formats, generated from the schemas that validate. */
import { z } from 'zod';
import type { Json } from '../model/index.ts';
import { agreementSchema } from './agreement.ts';
import { baselineSchema } from './baseline.ts';
import { conformanceSchema } from './conformance.ts';
import { contractSchema } from './contract.ts';
import { coverageSchema } from './coverage.ts';
import { differenceSchema } from './difference.ts';
import { explanationSchema } from './explanation.ts';
import { exportSchema } from './export.ts';
import { fenceSchema } from './fence.ts';
import { hostLabelsSchema } from './host-labels.ts';
import { libvirtAnswersSchema } from './libvirt-answers.ts';
import { fingerprintComparisonSchema } from './fingerprint-comparison.ts';
import { matrixSchema } from './matrix.ts';
import { migrationStreamSchema } from './migration-stream.ts';
import { observationSchema } from './observation.ts';
import { planSchema } from './plan.ts';
import { proofSchema } from './proof.ts';
import { qemuProofSchema } from './qemu-proof.ts';
import { restoreSchema } from './restore.ts';
import { snapshotSchema } from './snapshot.ts';
import { snapshotSummarySchema } from './snapshot-summary.ts';
import { streamVerdictSchema } from './stream-verdict.ts';
import { surfaceSchema } from './surface.ts';
import { verdictSchema } from './verdict.ts';
import { verificationSchema } from './verification.ts';
import { vmmSurfaceSchema } from './vmm-surface.ts';
import { vmstateComparisonSchema } from './vmstate-comparison.ts';

export const PUBLISHED_FORMATS = [
  'surface',
  'contract',
  'verdict',
  'difference',
  'matrix',
  'conformance',
  'baseline',
  'fence',
  'observation',
  'export',
  'fingerprint-comparison',
  'plan',
  'verification',
  'agreement',
  'coverage',
  'explanation',
  'snapshot',
  'snapshot-summary',
  'restore',
  'proof',
  'qemu-proof',
  'libvirt-answers',
  'host-labels',
  'vmstate-comparison',
  'migration-stream',
  'stream-verdict',
  'vmm-surface',
] as const;

export type PublishedFormat = (typeof PUBLISHED_FORMATS)[number];

const SCHEMAS: Readonly<Record<PublishedFormat, z.ZodType>> = {
  surface: surfaceSchema,
  contract: contractSchema,
  verdict: verdictSchema,
  difference: differenceSchema,
  matrix: matrixSchema,
  conformance: conformanceSchema,
  baseline: baselineSchema,
  fence: fenceSchema,
  observation: observationSchema,
  export: exportSchema,
  'fingerprint-comparison': fingerprintComparisonSchema,
  plan: planSchema,
  verification: verificationSchema,
  agreement: agreementSchema,
  coverage: coverageSchema,
  explanation: explanationSchema,
  snapshot: snapshotSchema,
  'snapshot-summary': snapshotSummarySchema,
  restore: restoreSchema,
  proof: proofSchema,
  'qemu-proof': qemuProofSchema,
  'libvirt-answers': libvirtAnswersSchema,
  'host-labels': hostLabelsSchema,
  'vmstate-comparison': vmstateComparisonSchema,
  'migration-stream': migrationStreamSchema,
  'stream-verdict': streamVerdictSchema,
  'vmm-surface': vmmSurfaceSchema,
};

/** The JSON Schema of a format's files. Rules between values (uniqueness, widths) are beyond JSON Schema. */
export function jsonSchemaOf(format: PublishedFormat): Json {
  const schema = z.toJSONSchema(SCHEMAS[format], { io: 'input', unrepresentable: 'any' });
  return JSON.parse(JSON.stringify(schema)) as Json;
}
