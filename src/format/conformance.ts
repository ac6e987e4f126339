/** The schema of `evenkeel.conformance/1`: what `conform -o json` writes. */
import { z } from 'zod';
import { CLAUSES } from '../engine/index.ts';
import type { Change, Clause, ClauseResult, Conformance, Finding } from '../engine/index.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema, fingerprintSchema, hexSchema } from './schemas.ts';
import { settingSchema } from './verdict.ts';

export const CONFORMANCE_FORMAT = 'evenkeel.conformance/1';

export interface ConformanceDocument extends Conformance {
  readonly format: typeof CONFORMANCE_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  readonly from: NamedFingerprint & { readonly kernel: string | null };
  readonly to: NamedFingerprint & { readonly kernel: string | null };
  /** One command that gives this again. */
  readonly reproduce: string;
  readonly checklist: readonly { readonly point: number; readonly says: string; readonly answer: Finding['answer'] }[];
}

const clause: z.ZodType<Clause, Clause> = z.enum(CLAUSES);
const answer: z.ZodType<Finding['answer'], Finding['answer']> = z.enum(['kept', 'broken', 'unknown']);

const side = z.strictObject({
  name: z.string(),
  fingerprint: fingerprintSchema,
  kernel: z.string().nullable().describe('uname -r, or null where a capture does not tell'),
});

const finding: z.ZodType<Finding> = z.strictObject({
  clause,
  answer,
  text: z.string(),
  setting: settingSchema.nullable().describe('what selects the previous behaviour'),
});

const change: z.ZodType<Change> = z.strictObject({
  element: z.string(),
  word: z.string(),
  area: z.string(),
  kind: z.enum(['feature', 'limit', 'identity', 'derived', 'topology', 'paravirtual', 'state']).nullable(),
  what: z.enum(['changed', 'appeared', 'disappeared', 'narrowed', 'widened', 'not-measured']),
  description: z.string(),
  before: hexSchema.nullable().describe('by default; null: not there, or not measured'),
  after: hexSchema.nullable(),
  findings: z.array(finding),
  harmless: z
    .string()
    .nullable()
    .describe('why no running guest is hurt in either direction; such a change is not counted'),
  known: z.array(z.string()).describe('ids of known changes of KVM that speak of it'),
  evidence: z
    .strictObject({ before: z.string().nullable(), after: z.string().nullable() })
    .describe('JSON pointers into the surfaces'),
});

const clauseResult: z.ZodType<ClauseResult> = z.strictObject({
  clause,
  answer,
  kept: countSchema,
  broken: countSchema,
  unknown: countSchema,
});

export const conformanceSchema: z.ZodType<ConformanceDocument> = z
  .strictObject({
    format: z.literal(CONFORMANCE_FORMAT),
    architecture: architectureSchema,
    from: side,
    to: side,
    reproduce: z.string(),
    checklist: z
      .array(z.strictObject({ point: countSchema, says: z.string(), answer }))
      .describe('points of the kernel review checklist that can be measured'),
    clauses: z.array(clauseResult),
    changes: z.array(change),
    widened: countSchema.describe('elements shown as before that can be set to more than before'),
    resetValues: z.array(z.string()).describe('state whose value in a fresh guest differs'),
    caveats: z.array(z.string()),
  })
  .meta({ title: CONFORMANCE_FORMAT, description: 'What a kernel changed for guests of another, clause by clause.' });
