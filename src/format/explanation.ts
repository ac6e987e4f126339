/** The schema of `evenkeel.explanation/1`: what `explain -o json` writes. */
import { z } from 'zod';
import type { KnownChange } from '../arch/changes/index.ts';
import type { Point } from '../engine/index.ts';
import type { Architecture, Comparison, Kind, Selector, Symptom } from '../model/index.ts';
import { architectureSchema, hexSchema } from './schemas.ts';

export const EXPLANATION_FORMAT = 'evenkeel.explanation/1';

/** One field of what is explained, or the whole where it has one. */
export interface ExplainedElement {
  readonly element: string;
  /** Lowest bit and number of bits within the word. */
  readonly shift: number;
  readonly width: number;
  readonly named: boolean;
  readonly description: string;
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly signed: boolean;
  /** What that comparison means, in words. */
  readonly compares: string;
  readonly symptom: Symptom;
  readonly use: string | null;
  readonly aliases: Readonly<Record<string, string>>;
  readonly selectors: readonly Selector[];
  readonly source: string;
}

/** The call of KVM that selects the word, and when. */
export interface ExplainedCall {
  readonly call: string;
  readonly target: string;
  /** Of the ordering rule; null where no rule speaks of the call. */
  readonly phase: string | null;
  readonly reason: string | null;
}

export interface ExplainedHistory {
  readonly cpu: string;
  readonly element: string;
  readonly points: readonly Point[];
}

export interface ExplanationDocument {
  readonly format: typeof EXPLANATION_FORMAT;
  readonly architecture: Architecture;
  /** As it was asked for, resolved. */
  readonly path: string;
  readonly word: string;
  readonly area: string;
  /** What the word is as a whole; null where its elements say it. */
  readonly description: string | null;
  readonly call: ExplainedCall | null;
  /** The value that means "not used", null where none is known. */
  readonly neutral: bigint | null;
  readonly elements: readonly ExplainedElement[];
  /** On the recorded kernels, by CPU; only elements that changed where a word is explained. */
  readonly recorded: readonly ExplainedHistory[];
  readonly changes: readonly KnownChange[];
  /** Others of that name. */
  readonly also: readonly string[];
}

const kind: z.ZodType<Kind, Kind> = z.enum([
  'feature',
  'limit',
  'identity',
  'derived',
  'topology',
  'paravirtual',
  'state',
]);
const comparison: z.ZodType<Comparison, Comparison> = z.enum([
  'subset',
  'lower-safe',
  'higher-safe',
  'higher-or-zero',
  'exact',
  'none',
]);

const selector: z.ZodType<Selector> = z.strictObject({
  by: z.enum(['kvm', 'qemu', 'libvirt', 'firecracker', 'cloud-hypervisor']),
  how: z.string().nullable().describe('null: it cannot'),
  source: z.string(),
});

const element: z.ZodType<ExplainedElement> = z.strictObject({
  element: z.string(),
  shift: z.number().int().nonnegative(),
  width: z.number().int().positive(),
  named: z.boolean(),
  description: z.string(),
  kind,
  comparison,
  signed: z.boolean(),
  compares: z.string(),
  symptom: z.strictObject({ severity: z.enum(['minor', 'degraded', 'fatal']), reason: z.string() }),
  use: z.string().nullable(),
  aliases: z.record(z.string(), z.string()).describe('names in other programs'),
  selectors: z.array(selector),
  source: z.string(),
});

const point: z.ZodType<Point> = z.strictObject({
  surface: z.string(),
  presence: z.enum(['there', 'not-there', 'not-measured']),
  shows: hexSchema.nullable().describe('what a guest gets by default'),
  canShow: z.string().nullable().describe('what it can be made to show'),
  changed: z.array(z.enum(['presence', 'default', 'latitude'])).describe('from the kernel before'),
});

const kernels = z.strictObject({
  without: z.string().nullable(),
  with: z.string().nullable(),
  also: z.array(z.string()).exactOptional().describe('stable kernels that have it too'),
});

const change: z.ZodType<KnownChange> = z.strictObject({
  id: z.string(),
  architecture: architectureSchema,
  title: z.string(),
  elements: z.array(z.string()),
  unseen: z.string().nullable(),
  before: z.string(),
  after: z.string(),
  kernels,
  byDefault: z.enum(['before', 'after', 'host']),
  mechanism: z.string().nullable(),
  discovery: z.string().nullable(),
  saved: z.string(),
  selectable: z.strictObject({ answer: z.enum(['yes', 'partly', 'no']), reason: z.string().nullable() }),
  readable: z.boolean(),
  harmless: z.string().nullable(),
  source: z.string(),
});

export const explanationSchema: z.ZodType<ExplanationDocument> = z
  .strictObject({
    format: z.literal(EXPLANATION_FORMAT),
    architecture: architectureSchema,
    path: z.string(),
    word: z.string(),
    area: z.string(),
    description: z.string().nullable(),
    call: z
      .strictObject({
        call: z.string(),
        target: z.string(),
        phase: z.string().nullable(),
        reason: z.string().nullable(),
      })
      .nullable()
      .describe('what selects the word at KVM; null: nothing'),
    neutral: hexSchema.nullable().describe('the value that means "not used"'),
    elements: z.array(element),
    recorded: z.array(z.strictObject({ cpu: z.string(), element: z.string(), points: z.array(point) })),
    changes: z.array(change).describe('known guest-visible changes'),
    also: z.array(z.string()),
  })
  .meta({ title: EXPLANATION_FORMAT, description: 'What is known of one element or word.' });
