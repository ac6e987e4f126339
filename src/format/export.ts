/** The schema of `evenkeel.export/1`: what `contract export -o json` writes. */
import { z } from 'zod';
import { EXPORT_FORMAT } from '../model/index.ts';
import type { Artefact, ExplainedElementValue, Exported, SetElement } from '../model/index.ts';
import { architectureSchema, hexSchema } from './schemas.ts';

const promised = {
  element: z.string(),
  word: z.string().describe('the word that it is a field of'),
  value: hexSchema.describe('as promised'),
};

const artefact: z.ZodType<Artefact> = z.strictObject({
  text: z.string().describe('as it goes to standard output'),
  arguments: z.exactOptional(z.array(z.string()).describe('arguments of a program, one string each, not quoted')),
});

const set: z.ZodType<SetElement> = z.strictObject({
  ...promised,
  by: z.string().describe('the words of the artefact that say it'),
});

const explained: z.ZodType<ExplainedElementValue> = z.strictObject({
  ...promised,
  why: z.string(),
  gives: z.exactOptional(hexSchema.describe('what the guest finds instead, where that is known')),
});

export const exportSchema: z.ZodType<Exported> = z
  .strictObject({
    format: z.literal(EXPORT_FORMAT),
    architecture: architectureSchema,
    contract: z.string().describe('its name'),
    target: z.string().describe('the program: qemu:10.0, libvirt, …'),
    artefact,
    set: z.array(set),
    inherent: z.array(explained).describe('comes out as promised although the artefact does not say it'),
    cannot: z.array(explained).describe('the program has no way to say it'),
    notes: z.array(z.string()),
  })
  .meta({
    title: EXPORT_FORMAT,
    description: 'A contract in the form that another program takes; each promised element is in one of three lists.',
  });
