/**
 * Holds a table of ID-register rules against the kernel that it claims to describe: every `ARM64_FTR_BITS` row of
 * arch/arm64/kernel/cpufeature.c whose shift is named by its field must be in the table with the same rule and sign.
 */
interface Row {
  readonly field: string;
  readonly signed: boolean;
  readonly type: string;
}

/** What disagrees, one line each; empty where all is well. */
export function checkRules(
  table: Readonly<Record<string, { readonly fields: readonly Row[] }>>,
  cpufeature: string,
): string[] {
  const rows = new Map(Object.values(table).flatMap(({ fields }) => fields.map((row) => [row.field, row] as const)));
  const complaints: string[] = [];
  let seen = 0;
  const pattern = /\b(S_)?ARM64_FTR_BITS\(\s*FTR_\w+(?:\([^()]*\))?\s*,\s*\w+\s*,\s*(FTR_\w+)\s*,\s*(\w+?)_SHIFT\s*,/g;
  for (const [, signed, type = '', field = ''] of cpufeature.matchAll(pattern)) {
    seen++;
    const row = rows.get(field);
    if (row === undefined) complaints.push(`${field}: not in the table`);
    else if (row.type !== type) complaints.push(`${field}: table ${row.type}, kernel ${type}`);
    else if (row.signed !== (signed !== undefined)) complaints.push(`${field}: signedness differs`);
  }
  if (seen === 0) complaints.push('no ARM64_FTR_BITS row was found');
  return complaints;
}
