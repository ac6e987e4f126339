/** What a section's data must be, so that the code that reads it may rely on it. */
import type { z } from 'zod';
import type { Json } from '../../model/index.ts';

export interface Complaint {
  /** Keys and indices from the section's data to what is wrong. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Says what is wrong with a section's data, or null. */
export type SectionRule = (data: Json) => Complaint | null;

/** Objects may have more keys than the schema knows: an older Evenkeel reads what a newer one recorded. */
export function bySchema(schema: z.ZodType): SectionRule {
  return (data) => {
    const parsed = schema.safeParse(data);
    if (parsed.success) return null;
    const [issue, ...others] = parsed.error.issues;
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return { path: issue?.path ?? [], message: `${issue?.message ?? 'invalid'}${more}` };
  };
}
