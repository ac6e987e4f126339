/**
 * One dump against another: all that QEMU's checker finds, what it misses, and what the load on the destination does about
 * each. The rules of a load are in migration/savevm.c (qemu_loadvm_section_start_full: unknown section, version too new)
 * and migration/vmstate.c (vmstate_load_state: version too new or too old; vmstate_subsection_load: unknown subsection).
 */
import { worse } from '../../../model/index.ts';
import type { Level } from '../../../model/index.ts';
import { areKnownEqual, isEqual } from './equal.ts';
import type { Comparison, Description, Field, Finding, VmstateDump, VmstateSection } from './model.ts';
import { otherName, sameName } from './renames.ts';
import { sending } from './subsections.ts';
import type { Sending } from './subsections.ts';
import { walk } from './walk.ts';
import type { Step } from './walk.ts';
import { SAME_BYTES, wireDifference } from './wire.ts';
import type { WireContext, WireDifference } from './wire.ts';

export interface CompareOptions {
  /** Device types; without it all that the source has. */
  readonly sections?: ReadonlySet<string>;
}

export function compare(from: VmstateDump, to: VmstateDump, options: CompareOptions = {}): Comparison {
  const findings: Finding[] = [];
  const context: Context = {
    machine: sharedMachine(from, to),
    counted: { from: from.counted, to: to.counted },
  };
  if (from.machine !== null && to.machine === null) {
    const text = 'the destination names no machine type';
    findings.push({ level: 'unknown', rule: 'machine-missing', ...at('vmschkmachine'), text, problems: 1 });
  }
  for (const [name, section] of from.sections) {
    if (options.sections?.has(name) === false) continue;
    const other = otherName(name);
    const counterpart = to.sections.get(name) ?? (other === null ? undefined : to.sections.get(other));
    if (counterpart === undefined) findings.push(missing(name));
    else findings.push(...new SectionComparison(name, context).section(section, counterpart));
  }
  return {
    level: findings.reduce<Level>((worst, { level }) => worse(worst, level), 'same'),
    findings,
    problems: findings.reduce((sum, { problems }) => sum + problems, 0),
    caveats: caveatsOf(from, to),
  };
}

/** The machine type on both sides; null where it is not one, or not said. */
export function sharedMachine(from: VmstateDump, to: VmstateDump): string | null {
  return from.machine === to.machine ? from.machine : null;
}

export function caveatsOf(from: VmstateDump, to: VmstateDump): readonly string[] {
  if (from.machine === null || to.machine === null || from.machine === to.machine) return [];
  return [`another machine type: ${from.machine} and ${to.machine}; a guest moves only to its own`];
}

function at(section: string): Pick<Finding, 'section' | 'description' | 'member'> {
  return { section, description: null, member: null };
}

function missing(name: string): Finding {
  const text = 'the destination has no such device: it cannot be started with it, and does not know the section';
  return { level: 'refused', rule: 'section-missing', ...at(name), text, problems: 1 };
}

/** Where a description stands: its version is in the stream for a section and a subsection, and not for a struct. */
type Place = 'section' | 'struct' | 'subsection';

type Context = Omit<WireContext, 'incoming'>;

class SectionComparison {
  readonly #name: string;
  readonly #context: Context;
  readonly #found: Finding[] = [];

  constructor(name: string, context: Context) {
    this.#name = name;
    this.#context = context;
  }

  section(from: VmstateSection, to: VmstateSection): readonly Finding[] {
    // QEMU writes the versions of the description at the section too; then one finding is enough for both.
    const twice = repeats(from) && repeats(to);
    if (from.version > to.version) {
      this.#add('refused', 'section-version-too-new', tooNew(from.version, to.version), twice ? 2 : 1);
    }
    if (to.minimumVersion !== null && from.version < to.minimumVersion) {
      // At the section itself, the checker prints half of a line and counts nothing.
      this.#add('refused', 'section-version-too-old', tooOld(from.version, to.minimumVersion), twice ? 1 : 0);
    }
    this.#entries(from.entries, to.entries, null, 'Description');
    if (from.description !== null && to.description === null) {
      this.#add('refused', 'section-has-no-state', 'the destination does not save or load this device', 1);
    }
    if (from.description !== null && to.description !== null) {
      this.#descriptions(from.description, to.description, 'section', twice);
    }
    return this.#found;
  }

  /** Keys that only the source has, but the one that the caller looks at itself. */
  #entries(from: readonly string[], to: readonly string[], description: string | null, ...except: string[]): void {
    for (const entry of from) {
      if (to.includes(entry) || except.includes(entry)) continue;
      const text = `the destination's dump says nothing of ${entry}`;
      this.#found.push({
        level: 'unknown',
        rule: 'entry-missing',
        section: this.#name,
        description,
        member: entry,
        text,
        problems: 1,
      });
    }
  }

  #descriptions(from: Description, to: Description, place: Place, versionsAreKnown: boolean = false): void {
    if (place === 'section' ? areKnownEqual(from, to) : isEqual(from, to)) return;
    const renamed = !sameName(this.#name, from.name, to.name);
    const incoming = place === 'struct' ? to.version : from.version;
    const wire = from === to ? SAME_BYTES : wireDifference(from, to, { ...this.#context, incoming });
    if (!versionsAreKnown) this.#versions(from, to, place, wire);
    if (renamed) {
      // A section is found by its description's name; of a struct the name is not in the stream.
      const refused = place === 'section';
      const text = refused
        ? `the destination's section is called ${to.name}: it does not know ${from.name}`
        : consequence(`the destination's struct is called ${to.name}`, wire);
      this.#addTo(from.name, null, refused ? 'refused' : wire.level, 'description-renamed', text, 1);
      return;
    }
    this.#entries(from.entries, to.entries, from.name, 'Fields', 'Subsections');
    this.#fields(from, to, wire);
    this.#subsections(from, to);
  }

  #versions(from: Description, to: Description, place: Place, wire: WireDifference): void {
    const inStream = place !== 'struct';
    const level = inStream ? 'refused' : wire.level;
    const struct = 'the version of a struct is not in the stream';
    if (from.version > to.version) {
      const text = inStream ? tooNew(from.version, to.version) : `${from.version} > ${to.version}: ${struct}`;
      this.#addTo(from.name, null, level, 'description-version-too-new', text, 1);
    }
    if (to.minimumVersion !== null && from.version < to.minimumVersion) {
      const text = inStream
        ? tooOld(from.version, to.minimumVersion)
        : `${from.version} < ${to.minimumVersion}: ${struct}`;
      this.#addTo(from.name, null, level, 'description-version-too-old', text, 1);
    }
  }

  #fields(from: Description, to: Description, wire: WireDifference): void {
    if (from.fields !== null && to.fields === null) {
      this.#addTo(
        from.name,
        null,
        wire.level,
        'entry-missing',
        consequence('the destination reads no fields', wire),
        1,
      );
      return;
    }
    let told = false;
    for (const step of walk(from.fields ?? [], to.fields ?? [], from.name)) {
      if (step.kind === 'pair') told = this.#pair(step.from, step.to, from.name, wire) || told;
      else {
        told = true;
        const [rule, member, text] = stepText(step);
        this.#addTo(from.name, member, wire.level, rule, consequence(text, wire), 1);
      }
    }
    if (told || wire.level === 'same') return;
    this.#addTo(from.name, wire.member, wire.level, 'field-added', consequence('not the same fields', wire), 0);
  }

  /** True where the sizes differ, which is what the two lists of bytes then differ in. */
  #pair(from: Field, to: Field, description: string, wire: WireDifference): boolean {
    if (from.version > to.version) {
      const text = `field version ${from.version} > ${to.version}: only the version of the description decides`;
      this.#addTo(description, from.name, wire.level, 'field-version', text, 1);
    }
    if (from.description === null) {
      if (from.size === to.size) return false;
      const text = consequence(`${from.size} bytes, at the destination ${to.size}`, wire);
      this.#addTo(description, from.name, wire.level, 'field-size', text, 1);
      return true;
    }
    if (to.description === null) {
      const text = consequence("the destination's field is no struct", wire);
      this.#addTo(description, from.name, wire.level, 'description-missing', text, 1);
      return true;
    }
    this.#descriptions(from.description, to.description, 'struct');
    return false;
  }

  #subsections(from: Description, to: Description): void {
    // Where the destination has none at all the checker counts that once, however many they are.
    const counted = to.subsections === null ? 'once' : 'each';
    for (const [index, subsection] of (from.subsections ?? []).entries()) {
      const counterparts = (to.subsections ?? []).filter(({ name }) => name === subsection.name);
      for (const [nth, counterpart] of counterparts.entries()) {
        const before = this.#found.length;
        this.#descriptions(subsection, counterpart, 'subsection');
        if (nth > 0) this.#withoutEffect(before);
      }
      if (counterparts.length > 0) continue;
      const sent = sending(subsection.name, this.#context.machine);
      const level = sent?.how === 'never' ? 'same' : 'refused';
      const text = `the destination does not know it${withoutIt(sent)}`;
      const problems = counted === 'each' || index === 0 ? 1 : 0;
      this.#addTo(from.name, subsection.name, level, 'subsection-missing', text, problems);
    }
    for (const { name } of to.subsections ?? []) {
      if (from.subsections?.some((subsection) => subsection.name === name) === true) continue;
      const text = `the source never sends it: what it holds starts at its default${wayBack(sending(name, this.#context.machine))}`;
      this.#addTo(from.name, name, 'same', 'subsection-added', text, 0);
    }
    if (from.subsections?.length === 0 && to.subsections === null) {
      this.#addTo(from.name, 'Subsections', 'same', 'entry-missing', 'neither has subsections', 1);
    }
  }

  /** The checker compares with each of several subsections of one name; a load takes the first (vmstate_get_subsection). */
  #withoutEffect(from: number): void {
    const found = this.#found.splice(from);
    this.#found.push(...found.map((finding): Finding => ({ ...finding, level: 'same' })));
  }

  #add(level: Level, rule: Finding['rule'], text: string, problems: number): void {
    this.#found.push({ level, rule, ...at(this.#name), text, problems });
  }

  #addTo(
    description: string,
    member: string | null,
    level: Level,
    rule: Finding['rule'],
    text: string,
    problems: number,
  ): void {
    this.#found.push({ level, rule, section: this.#name, description, member, text, problems });
  }
}

function repeats({ version, minimumVersion, description }: VmstateSection): boolean {
  return description?.version === version && description.minimumVersion === minimumVersion;
}

const AT_RUN_TIME = 'what its "needed" function asks at run time';

function withoutIt(sent: Sending | null): string {
  switch (sent?.how) {
    case 'never':
      return `, and it is never sent: ${sent.text}`;
    case 'sometimes':
      return ` and refuses the load where it is sent: ${sent.text}`;
    case undefined:
      return ` and refuses the load where it is sent: ${AT_RUN_TIME}`;
  }
}

function wayBack(sent: Sending | null): string {
  switch (sent?.how) {
    case 'never':
      return `; nor does this destination: ${sent.text}`;
    case 'sometimes':
      return `; on the way back it is refused where it is sent: ${sent.text}`;
    case undefined:
      return `; on the way back it is refused where it is sent: ${AT_RUN_TIME}`;
  }
}

function tooNew(sent: number, known: number): string {
  return `version ${sent} is sent, and the destination knows it up to ${known}: it refuses the load`;
}

function tooOld(sent: number, least: number): string {
  return `version ${sent} is sent, and the destination takes it from ${least} on: it refuses the load`;
}

function consequence(text: string, { level, text: load }: WireDifference): string {
  return level === 'same' ? `${text}; the bytes are the same` : `${text}; ${load}`;
}

function stepText(step: Exclude<Step, { kind: 'pair' }>): [Finding['rule'], string, string] {
  switch (step.kind) {
    case 'missing':
      return ['field-missing', step.from.name, 'the destination has no further field'];
    case 'other':
      return ['field-other', step.from.name, `the destination has ${step.to.name} there`];
    case 'unused':
      return ['unused-size', step.near.name, 'filler is not as long as what it stands for'];
  }
}
