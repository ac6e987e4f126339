/** Sections that hosts of every architecture give. */
import { z } from 'zod';
import { countSchema, hexSchema } from '../schemas.ts';
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

const reads = z.array(hexSchema).optional();

/** The outcomes of behaviour tests; which there are is in the architecture's table. */
const behaviour = z.object({
  rows: z
    .array(
      z.object({
        id: z.string(),
        outcome: z.string().nullable(),
        why: z.string().optional(),
        reads,
        with: z.array(
          z.object({ selected: z.string(), outcome: z.string().nullable(), why: z.string().optional(), reads }),
        ),
      }),
    )
    .superRefine(uniqueBy(({ id }) => `behaviour ${id}`, 'id')),
});

export const COMMON_RULES: Readonly<Record<string, SectionRule>> = {
  capabilities: bySchema(z.object({ scanned: countSchema, system: capabilities, vm: capabilities })),
  behaviour: bySchema(behaviour),
};
