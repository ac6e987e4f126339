/**
 * What must hold inside a section's data, by architecture and step. A section that is not here is taken as it is: an
 * older Evenkeel shows what a newer one recorded. Rules say only what code relies on, so data may have more keys.
 */
import type { z } from 'zod';
import type { Architecture } from '../model/index.ts';

export type SectionSchemas = Readonly<Record<string, z.ZodType>>;

const COMMON: SectionSchemas = {};

export const SECTION_SCHEMAS: Readonly<Record<Architecture, SectionSchemas>> = {
  x86_64: { ...COMMON },
  arm64: { ...COMMON },
};
