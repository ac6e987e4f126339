/** The state of vCPUs as QEMU names it: fields and subsections, what registers they hold, and which versions know them. */
import type { Architecture } from '../../../model/index.ts';
import { ARM64_SUBSECTIONS } from './arm64.ts';
import { READ_VERSIONS } from './model.ts';
import type { ReadVersion, SubsectionRow } from './model.ts';
import { X86_SUBSECTIONS } from './x86.ts';

export type { SubsectionRow } from './model.ts';
export { isListed, isLongerThanGuests, x86FieldWord } from './x86.ts';

const SUBSECTIONS: Readonly<Record<Architecture, readonly SubsectionRow[]>> = {
  x86_64: X86_SUBSECTIONS,
  arm64: ARM64_SUBSECTIONS,
};

/** Null for what no version that was read has. */
export function cpuSubsection(architecture: Architecture, name: string): SubsectionRow | null {
  return SUBSECTIONS[architecture].find((row) => row.name === name) ?? null;
}

/** Whether that version of QEMU, `7.2`, loads the subsection; null of a version that was not read. */
export function knowsSubsection({ since, until }: SubsectionRow, version: string): boolean | null {
  const age = READ_VERSIONS.findIndex((read) => read === version);
  if (age < 0) return null;
  const ageOf = (read: ReadVersion): number => READ_VERSIONS.indexOf(read);
  return age >= ageOf(since) && (until === undefined || age <= ageOf(until));
}
