/**
 * Sections and subsections against what the destination's QEMU describes: what it does not know, or not in that version, ends
 * the load (migration/savevm.c, qemu_loadvm_section_start_full; migration/vmstate.c, vmstate_load_state and
 * vmstate_subsection_load).
 */
import type { MeasuredSurface } from '../../../model/index.ts';
import { cpuSubsection, knowsSubsection } from '../cpu-state/index.ts';
import { subsectionsOf } from '../stream/index.ts';
import type { QemuStream, StreamSection, StreamState } from '../stream/index.ts';
import type { Description, VmstateDump } from '../vmstate/index.ts';
import type { StreamFinding } from './model.ts';

/** What is known of the program that loads. */
export interface Program {
  /** `qemu:7.2`. */
  readonly name: string;
  /** `7.2`; null of a program that is not a version of QEMU. */
  readonly version: string | null;
  /** Its `-dump-vmstate`, where it was recorded. */
  readonly dump: VmstateDump | null;
  /** Its machine types, where they were recorded. */
  readonly machines: readonly string[] | null;
  /** Dumps of other versions: a section that they have, and it has not, is one that it does not know. */
  readonly others: readonly VmstateDump[];
}

/**
 * Sections that a version registers itself (vmstate_register) where others do so by the device class, which a dump shows:
 * hw/input/ps2.c of 5.2; hw/ide/isa.c and piix.c of 5.2 and 7.2.
 */
const REGISTERED_APART: Readonly<Record<string, readonly string[]>> = {
  '5.2': ['ps2kbd', 'ps2mouse', 'ide'],
  '7.2': ['ide'],
};

export interface JudgedSections {
  readonly findings: readonly StreamFinding[];
  readonly undescribed: readonly string[];
  readonly subsections: number;
}

export function judgeSections(stream: QemuStream, program: Program, destination: MeasuredSurface): JudgedSections {
  const here = program.dump === null ? new Map<string, Description[]>() : byName(program.dump);
  const elsewhere = program.others.map(byName);
  const findings: StreamFinding[] = unknownMachine(stream, program);
  const undescribed: string[] = [];
  let subsections = 0;
  for (const section of stream.sections) {
    const inner = section.state === null ? [] : subsectionsOf(section.state);
    subsections += inner.length;
    if (section.id === 'cpu') {
      for (const subsection of inner) findings.push(...ofCpu(stream, section, subsection, program, destination));
      continue;
    }
    const name = descriptionName(section);
    if (REGISTERED_APART[program.version ?? '']?.includes(name) === true) continue;
    const known = here.get(name);
    if (known !== undefined) findings.push(...ofDevice(section, inner, known, program));
    else if (elsewhere.some((dump) => dump.has(name))) findings.push(unknownSection(section, program));
    else undescribed.push(section.id);
  }
  return { findings, undescribed: [...new Set(undescribed)], subsections };
}

/** The configuration section names it, and a load compares (migration/savevm.c, configuration_post_load). */
function unknownMachine({ machine }: QemuStream, { name, machines }: Program): StreamFinding[] {
  if (machine === null || machines === null || machines.includes(machine)) return [];
  const text = `${name} has no ${machine}: the load ends with "Machine type received is ..."`;
  const place = { section: 'configuration', instance: 0, subsection: null, offset: 0 } as const;
  return [{ level: 'refused', rule: 'machine-unknown', ...place, ...NO_WORD, text }];
}

const NO_WORD = { word: null, value: null } as const;

/** Sections of devices on a bus are called by their place on it: `0000:00:1f.2/ich9_ahci`. */
function descriptionName({ id, state }: StreamSection): string {
  return state?.name ?? id.slice(id.lastIndexOf('/') + 1);
}

/** Several device types may save what is called the same. */
function byName({ sections }: VmstateDump): Map<string, Description[]> {
  const found = new Map<string, Description[]>();
  for (const { description } of sections.values()) {
    if (description === null) continue;
    const same = found.get(description.name);
    if (same === undefined) found.set(description.name, [description]);
    else same.push(description);
  }
  return found;
}

function unknownSection({ id, instance, offset }: StreamSection, { name }: Program): StreamFinding {
  const text = `${name} has no device that saves it: the load ends with "Unknown savevm section or instance"`;
  return {
    level: 'refused',
    rule: 'section-unknown',
    section: id,
    instance,
    subsection: null,
    offset,
    ...NO_WORD,
    text,
  };
}

function ofDevice(
  { id: section, instance, version, offset }: StreamSection,
  subsections: readonly StreamState[],
  descriptions: readonly Description[],
  { name }: Program,
): StreamFinding[] {
  const found: StreamFinding[] = [];
  const place = { section, instance, ...NO_WORD } as const;
  if (descriptions.every((known) => version > known.version)) {
    const newest = Math.max(...descriptions.map((known) => known.version));
    const text = `version ${version}, and ${name} knows it up to ${newest}`;
    found.push({ level: 'refused', rule: 'section-version-too-new', ...place, subsection: null, offset, text });
  } else if (descriptions.every((known) => version < (known.minimumVersion ?? 0))) {
    const oldest = Math.min(...descriptions.map((known) => known.minimumVersion ?? 0));
    const text = `version ${version}, and ${name} takes it from ${oldest} on`;
    found.push({ level: 'refused', rule: 'section-version-too-old', ...place, subsection: null, offset, text });
  }
  const known = descriptions.flatMap(allSubsections);
  for (const subsection of subsections) {
    const here = { ...place, subsection: subsection.name, offset: subsection.offset } as const;
    const same = known.filter((each) => each.name === subsection.name);
    if (same.length === 0) {
      const text = `${name} does not know it: the load ends with "error while loading state"`;
      found.push({ level: 'refused', rule: 'subsection-unknown', ...here, text });
    } else if (same.every((each) => subsection.version > each.version)) {
      const text = `version ${subsection.version} is newer than ${name} knows it`;
      found.push({ level: 'refused', rule: 'subsection-version-too-new', ...here, text });
    } else if (same.every((each) => subsection.version < (each.minimumVersion ?? 0))) {
      const text = `version ${subsection.version} is older than ${name} takes it`;
      found.push({ level: 'refused', rule: 'subsection-version-too-old', ...here, text });
    }
  }
  return found;
}

/** Of the structs in its fields too. */
function allSubsections({ fields, subsections }: Description): readonly Description[] {
  const inside = (fields ?? []).flatMap(({ description }) => (description === null ? [] : allSubsections(description)));
  return [...inside, ...(subsections ?? []).flatMap((inner) => [inner, ...allSubsections(inner)])];
}

function ofCpu(
  { architecture }: QemuStream,
  { id: section, instance }: StreamSection,
  { name: subsection, offset }: StreamState,
  { name, version }: Program,
  destination: MeasuredSurface,
): StreamFinding[] {
  const row = architecture === null ? null : cpuSubsection(architecture, subsection);
  const place = { section, instance, subsection, offset, ...NO_WORD } as const;
  const knows = row === null || version === null ? null : knowsSubsection(row, version);
  if (row === null || knows === null) {
    const text = `whether ${name} knows it was not read`;
    return [{ level: 'unknown', rule: 'subsection-unknown', ...place, text }];
  }
  if (!knows) {
    const text = `${name} does not know it: the load ends with "error while loading state"`;
    return [{ level: 'refused', rule: 'subsection-unknown', ...place, text }];
  }
  if (row.insists === undefined) return [];
  const capability = row.insists.slice(row.insists.indexOf('/') + 1);
  if (destination.areas.get('capability')?.measured !== true) {
    const text = `${name} refuses it on a host without ${capability}, and the surface does not say whether it has that`;
    return [{ level: 'unknown', rule: 'capability-missing', ...place, text }];
  }
  if ((destination.words.get(row.insists)?.value ?? 0n) !== 0n) return [];
  const text = `${name} refuses it on a host without ${capability}`;
  return [{ level: 'refused', rule: 'capability-missing', ...place, text }];
}
