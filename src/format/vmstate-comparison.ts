/** The schema of `evenkeel.vmstate-comparison/1`: what `qemu vmstate-check -o json` writes. */
import { z } from 'zod';
import type { Level } from '../model/index.ts';
import { countSchema } from './schemas.ts';
import { countsSchema, levelSchema } from './verdict.ts';

export const VMSTATE_COMPARISON_FORMAT = 'evenkeel.vmstate-comparison/1';

export interface VmstateComparisonDocument {
  readonly format: typeof VMSTATE_COMPARISON_FORMAT;
  readonly dumps: readonly {
    readonly name: string;
    readonly machine: string | null;
    readonly sections: number;
  }[];
  readonly comparisons: readonly {
    /** Indices into `dumps`. */
    readonly from: number;
    readonly to: number;
    readonly level: Level;
    readonly counts: Readonly<Record<Level, number>>;
    readonly problems: number;
    readonly caveats: readonly string[];
    readonly findings: readonly VmstateFinding[];
  }[];
}

export interface VmstateFinding {
  readonly level: Level;
  readonly rule: string;
  readonly section: string;
  readonly description: string | null;
  readonly member: string | null;
  readonly text: string;
  readonly problems: number;
}

const finding: z.ZodType<VmstateFinding> = z.strictObject({
  level: levelSchema,
  rule: z.string().describe('a stable code of what differs: section-missing, subsection-missing, field-size, …'),
  section: z.string().describe('the device type'),
  description: z.string().nullable().describe('the VMStateDescription; null for the section as a whole'),
  member: z.string().nullable().describe('the field or the subsection; null for the description as a whole'),
  text: z.string().describe('one sentence for people'),
  problems: countSchema.describe("what QEMU's vmstate-static-checker.py counts here; 0 for what it does not find"),
});

export const vmstateComparisonSchema: z.ZodType<VmstateComparisonDocument> = z
  .strictObject({
    format: z.literal(VMSTATE_COMPARISON_FORMAT),
    dumps: z.array(
      z.strictObject({
        name: z.string().describe('as the person named it'),
        machine: z.string().nullable().describe('the machine type'),
        sections: countSchema.describe('how many device types it has'),
      }),
    ),
    comparisons: z.array(
      z.strictObject({
        from: countSchema.describe('index into dumps: the source'),
        to: countSchema.describe('index into dumps: the destination'),
        level: levelSchema.describe('the worst of all findings'),
        counts: countsSchema,
        problems: countSchema.describe("what QEMU's vmstate-static-checker.py counts in all"),
        caveats: z.array(z.string()).describe('what lowers the worth of the answer as a whole'),
        findings: z.array(finding),
      }),
    ),
  })
  .meta({
    title: VMSTATE_COMPARISON_FORMAT,
    description: 'What one QEMU saves against what another loads, by their -dump-vmstate files.',
  });
