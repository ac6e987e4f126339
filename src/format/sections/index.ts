/**
 * What must hold inside a section's data, by architecture and step. A section that is not here is taken as it is: an
 * older Evenkeel shows what a newer one recorded.
 */
import type { Architecture } from '../../model/index.ts';
import { ARM64_RULES } from './arm64.ts';
import { COMMON_RULES } from './common.ts';
import type { SectionRule } from './rule.ts';
import { X86_RULES } from './x86.ts';

export const SECTION_RULES: Readonly<Record<Architecture, Readonly<Record<string, SectionRule>>>> = {
  x86_64: { ...COMMON_RULES, ...X86_RULES },
  arm64: { ...COMMON_RULES, ...ARM64_RULES },
};
