/**
 * The x86 sections. Their shapes stand with their types in `arch/x86`; here is what shapes cannot say: no CPUID leaf
 * and no MSR is in a list twice, and a bitmap is within its width.
 */
import { X86_SHAPES } from '../../arch/x86/sections.ts';
import type { CpuidData, CpuidRow, FeatureMsrData, MsrData } from '../../arch/x86/sections.ts';
import type { Json } from '../../model/index.ts';
import type { Complaint, SectionRule } from './rule.ts';

/** KVM_CPUID_FLAG_SIGNIFCANT_INDEX: the subleaf tells entries of a leaf apart. */
const SUBLEAF_COUNTS = 1;

export const X86_RULES: Readonly<Record<string, SectionRule>> = {
  ...Object.fromEntries(Object.entries(X86_SHAPES).map(([name, shape]) => [name, shaped(shape)])),
  cpuid: (data) => shaped(X86_SHAPES.cpuid)(data) ?? cpuidTwice(data as CpuidData),
  msr: (data) => shaped(X86_SHAPES.msr)(data) ?? msrTwice(data as MsrData),
  'feature-msr': (data) => shaped(X86_SHAPES['feature-msr'])(data) ?? msrTwice(data as FeatureMsrData),
};

function shaped(shape: (typeof X86_SHAPES)[keyof typeof X86_SHAPES]): SectionRule {
  return (data: Json) => {
    const complaint = shape.check(data, '');
    return complaint === null ? null : { path: segments(complaint.pointer), message: complaint.message };
  };
}

/** The keys of a JSON pointer (RFC 6901). */
function segments(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function cpuidTwice({ supported, emulated, hyperv }: CpuidData): Complaint | null {
  for (const [list, rows] of Object.entries({ supported, emulated: emulated ?? [], hyperv: hyperv ?? [] })) {
    const twice = repeated(rows, leafOf);
    if (twice !== null) return { path: [list, twice.index], message: `CPUID leaf ${twice.key} is here twice` };
  }
  return null;
}

function leafOf({ leaf, subleaf, flags }: CpuidRow): string {
  return (flags & SUBLEAF_COUNTS) === 0 ? leaf : `${leaf} subleaf ${subleaf}`;
}

function msrTwice({ list }: { readonly list: readonly { readonly index: string }[] }): Complaint | null {
  const twice = repeated(list, ({ index }) => index);
  return twice === null ? null : { path: ['list', twice.index], message: `MSR ${twice.key} is here twice` };
}

function repeated<Row>(
  rows: readonly Row[],
  key: (row: Row) => string,
): { readonly index: number; readonly key: string } | null {
  const seen = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const name = key(row);
    if (seen.has(name)) return { index, key: name };
    seen.add(name);
  }
  return null;
}
