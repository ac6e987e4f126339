/** The schema of `evenkeel.verdict/1`: what `migration check -o json` writes. */
import { z } from 'zod';
import { LEVELS, VERDICT_FORMAT } from '../model/index.ts';
import type { Level, MoveVerdict, Reason, Rejection, Setting, Verdict } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema, fingerprintSchema, hexSchema } from './schemas.ts';

export const levelSchema: z.ZodType<Level, Level> = z.enum(LEVELS);

export const countsSchema: z.ZodType<Readonly<Record<Level, number>>> = z.strictObject({
  same: countSchema,
  selectable: countSchema,
  unknown: countSchema,
  refused: countSchema,
  lost: countSchema,
  silent: countSchema,
});

export const settingSchema: z.ZodType<Setting> = z.strictObject({
  call: z.string(),
  target: z.string().describe('the arguments that name the word'),
  value: z.string().describe('of the whole word, hex'),
  until: z.enum([
    'vm-created',
    'before-vcpu',
    'before-vcpu-init',
    'vcpu-created',
    'before-device-init',
    'before-first-run',
    'any-time',
  ]),
});

const rejection: z.ZodType<Rejection> = z.discriminatedUnion('how', [
  z.strictObject({ how: z.literal('refused'), call: z.string(), errno: z.string() }),
  z.strictObject({
    how: z.literal('ignored'),
    call: z.string(),
    instead: z.exactOptional(z.string().describe('what the guest has then')),
  }),
  z.strictObject({ how: z.literal('unknown'), why: z.string() }),
]);

const reason: z.ZodType<Reason> = z.strictObject({
  element: z.string(),
  area: z.string().describe('the part of the machine that it belongs to'),
  level: levelSchema,
  rule: z.string().describe('a stable code of the rule that decided'),
  text: z.string().describe('one sentence for people'),
  promised: hexSchema.nullable(),
  shows: hexSchema.nullable().describe('what the destination shows by default'),
  evidence: z.strictObject({ surface: fingerprintSchema, pointer: z.string() }).nullable(),
  setting: settingSchema.nullable(),
  word: z.exactOptional(z.string().describe('the word that the element belongs to; not there for a whole area')),
  cause: z.exactOptional(rejection.describe('what the host does with the write that would be needed')),
  obstacle: z
    .enum(['kvm', 'vmm'])
    .nullable()
    .exactOptional()
    .describe('with --vmm: what stands in the way; null where nothing does or nobody knows'),
});

export const verdictPartSchema: z.ZodType<Verdict> = z.strictObject({
  level: levelSchema.describe('the worst of all elements'),
  counts: countsSchema,
  reasons: z.array(reason).describe('everything that is not the same, worst first'),
  caveats: z.array(z.string()).describe('what lowers the worth of the surface as a whole'),
});

/** A verdict with what it is about. */
export interface VerdictDocument extends MoveVerdict {
  readonly format: typeof VERDICT_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  /** Left out where KVM alone was judged. */
  readonly vmm?: string;
  readonly contract: string;
  readonly to: NamedFingerprint;
  readonly andBack: NamedFingerprint | null;
}

export const verdictSchema: z.ZodType<VerdictDocument> = z
  .strictObject({
    format: z.literal(VERDICT_FORMAT),
    architecture: architectureSchema,
    vmm: z.string().exactOptional().describe('left out where KVM alone was judged'),
    contract: z.string().describe('its name'),
    to: namedFingerprintSchema,
    andBack: namedFingerprintSchema.nullable(),
    there: verdictPartSchema,
    back: verdictPartSchema.nullable().describe('null where the way back was not asked for'),
  })
  .meta({
    title: VERDICT_FORMAT,
    description: 'What happens to a contract on the way to a host, and on the way back.',
  });
