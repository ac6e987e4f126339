/** Sections that hosts of every architecture give. */
import { z } from 'zod';
import { countSchema } from '../schemas.ts';
import { uniqueBy } from '../unique.ts';
import { bySchema } from './rule.ts';
import type { SectionRule } from './rule.ts';

/** What KVM_CHECK_EXTENSION answered: a signed int, or an errno. */
const capabilities = z
  .array(
    z.object({
      number: countSchema,
      name: z.string().nullable(),
      value: z.int32().optional(),
      errno: z.string().optional(),
    }),
  )
  .superRefine(uniqueBy(({ number }) => `capability ${number}`, 'number'));

export const COMMON_RULES: Readonly<Record<string, SectionRule>> = {
  capabilities: bySchema(z.object({ scanned: countSchema, system: capabilities, vm: capabilities })),
};
