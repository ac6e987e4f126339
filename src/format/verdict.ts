/** The schema of `evenkeel.verdict/1`: what `migration check -o json` writes. */
import { z } from 'zod';
import { LEVELS, VERDICT_FORMAT } from '../model/index.ts';
import type { Level, MoveVerdict, Reason, Verdict } from '../model/index.ts';
import { architectureSchema, countSchema, fingerprintSchema, hexSchema } from './schemas.ts';

const level: z.ZodType<Level, Level> = z.enum(LEVELS);

const setting = z.strictObject({
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

const reason: z.ZodType<Reason> = z.strictObject({
  element: z.string(),
  level,
  rule: z.string().describe('a stable code of the rule that decided'),
  text: z.string().describe('one sentence for people'),
  promised: hexSchema.nullable(),
  shows: hexSchema.nullable().describe('what the destination shows by default'),
  evidence: z.strictObject({ surface: fingerprintSchema, pointer: z.string() }).nullable(),
  setting: setting.nullable(),
});

const verdict: z.ZodType<Verdict> = z.strictObject({
  level: level.describe('the worst of all elements'),
  counts: z.strictObject({
    same: countSchema,
    selectable: countSchema,
    unknown: countSchema,
    refused: countSchema,
    lost: countSchema,
    silent: countSchema,
  }),
  reasons: z.array(reason).describe('everything that is not the same, worst first'),
});

/** A verdict with what it is about. */
export interface VerdictDocument extends MoveVerdict {
  readonly format: typeof VERDICT_FORMAT;
  readonly architecture: 'x86_64' | 'arm64';
  readonly contract: string;
  readonly to: { readonly name: string; readonly fingerprint: string };
  readonly andBack: { readonly name: string; readonly fingerprint: string } | null;
}

const place = z.strictObject({ name: z.string(), fingerprint: fingerprintSchema });

export const verdictSchema: z.ZodType<VerdictDocument> = z
  .strictObject({
    format: z.literal(VERDICT_FORMAT),
    architecture: architectureSchema,
    contract: z.string().describe('its name'),
    to: place,
    andBack: place.nullable(),
    there: verdict,
    back: verdict.nullable().describe('null where the way back was not asked for'),
  })
  .meta({
    title: VERDICT_FORMAT,
    description: 'What happens to a contract on the way to a host, and on the way back.',
  });
