/** The schema of `evenkeel.stream-verdict/1`: what `qemu stream FILE --to SURFACE --vmm VMM -o json` writes. */
import { z } from 'zod';
import type { Level } from '../model/index.ts';
import { namedFingerprintSchema } from './difference.ts';
import type { NamedFingerprint } from './difference.ts';
import { architectureSchema, countSchema, hexSchema } from './schemas.ts';
import { levelSchema } from './verdict.ts';

export const STREAM_VERDICT_FORMAT = 'evenkeel.stream-verdict/1';

export interface StreamVerdictDocument {
  readonly format: typeof STREAM_VERDICT_FORMAT;
  /** As the person named it. */
  readonly stream: string;
  readonly machine: string | null;
  readonly architecture: 'x86_64' | 'arm64';
  readonly to: NamedFingerprint;
  readonly vmm: string;
  readonly level: Level;
  readonly judged: {
    readonly sections: number;
    readonly undescribed: readonly string[];
    readonly subsections: number;
    readonly vcpus: number;
    readonly registers: number;
  };
  readonly findings: readonly StreamVerdictFinding[];
  readonly caveats: readonly string[];
}

export interface StreamVerdictFinding {
  readonly level: Level;
  readonly rule: string;
  readonly section: string;
  readonly instance: number;
  readonly subsection: string | null;
  readonly offset: number;
  readonly word: string | null;
  readonly value: bigint | null;
  readonly text: string;
}

const finding: z.ZodType<StreamVerdictFinding> = z.strictObject({
  level: levelSchema,
  rule: z.string().describe('a stable code: section-unknown, subsection-unknown, capability-missing, register, …'),
  section: z.string(),
  instance: countSchema,
  subsection: z.string().nullable().describe('null where it is about the section itself'),
  offset: countSchema.describe('bytes from the start of the stream'),
  word: z.string().nullable().describe('the register, for those; its path in the registry'),
  value: hexSchema.nullable().describe('what the stream holds for it'),
  text: z.string().describe('one sentence for people: what the load does about it'),
});

export const streamVerdictSchema: z.ZodType<StreamVerdictDocument> = z
  .strictObject({
    format: z.literal(STREAM_VERDICT_FORMAT),
    stream: z.string().describe('as the person named it'),
    machine: z.string().nullable().describe('the machine type that the stream names'),
    architecture: architectureSchema,
    to: namedFingerprintSchema,
    vmm: z.string().describe('the QEMU that loads'),
    level: levelSchema.describe('the worst of all findings'),
    judged: z
      .strictObject({
        sections: countSchema,
        undescribed: z.array(z.string()).describe('sections that no dump of any version describes'),
        subsections: countSchema,
        vcpus: countSchema,
        registers: countSchema.describe('of all vCPUs, those that a surface says something of'),
      })
      .describe('how much was held against the destination'),
    findings: z.array(finding).describe('worst first; what loads as it was saved is left out'),
    caveats: z.array(z.string()),
  })
  .meta({
    title: STREAM_VERDICT_FORMAT,
    description: 'What a destination does with a migration stream, section by section and register by register.',
  });
