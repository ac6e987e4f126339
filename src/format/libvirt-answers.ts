/** The schema of `evenkeel.libvirt-answers/1`: what `libvirt cache` writes and the hook reads. */
import { z } from 'zod';
import { LIBVIRT_ANSWERS_FORMAT } from '../model/index.ts';
import type { AnsweredContract, LibvirtAnswers } from '../model/index.ts';
import { countSchema, fingerprintSchema } from './schemas.ts';
import { hostSchema } from './surface.ts';
import { levelSchema } from './verdict.ts';

const contract: z.ZodType<AnsweredContract> = z.strictObject({
  file: z.string().min(1),
  level: levelSchema.describe('the worst of the contract on this host'),
  reasons: z.array(z.string()).describe('the worst ones, one line each'),
  more: countSchema.describe('how many more reasons of that level there are'),
});

export const libvirtAnswersSchema: z.ZodType<LibvirtAnswers> = z
  .strictObject({
    format: z.literal(LIBVIRT_ANSWERS_FORMAT),
    prepared: z.strictObject({ at: z.iso.datetime(), by: z.string().min(1) }),
    host: hostSchema.describe('the host that the verdicts are true of'),
    surface: fingerprintSchema,
    vmm: z.string().nullable().describe('judged on top of KVM; null where KVM alone was judged'),
    contracts: z.array(contract),
    guests: z
      .array(z.strictObject({ guest: z.string().min(1), contract: countSchema }))
      .describe('UUID (lower case) or name of a domain, and the index of its contract'),
    others: countSchema.nullable().describe('the contract of KVM guests that are not named'),
  })
  .refine(
    ({ contracts, guests, others }) =>
      [...guests.map(({ contract: at }) => at), ...(others === null ? [] : [others])].every(
        (at) => at < contracts.length,
      ),
    { error: 'a guest has a contract that is not in the list' },
  )
  .meta({
    title: LIBVIRT_ANSWERS_FORMAT,
    description: 'Verdicts on one host, made beforehand: what the hook for libvirt answers from.',
  });
