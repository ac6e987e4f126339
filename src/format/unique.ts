/** The rule that rows of a table are told apart by a key: no CPUID leaf, register or promise is there twice. */
import type { z } from 'zod';

/**
 * A refinement for arrays. `key` names a row, or gives null for a row that is exempt; `field` is where in the row the
 * error points, or null for the row itself.
 */
export function uniqueBy<Row>(
  key: (row: Row) => string | null,
  field: string | null,
): (rows: Row[], context: z.core.$RefinementCtx<Row[]>) => void {
  return (rows, context) => {
    const first = new Map<string, number>();
    for (const [index, row] of rows.entries()) {
      const name = key(row);
      if (name === null) continue;
      const earlier = first.get(name);
      if (earlier === undefined) {
        first.set(name, index);
        continue;
      }
      context.addIssue({
        code: 'custom',
        path: field === null ? [index] : [index, field],
        message: `${name} is here twice: it is row ${earlier} too`,
      });
    }
  };
}
