/**
 * A dump from its JSON. Whatever was written by somebody else may be in the file: the first thing that is not as QEMU
 * writes it ends the reading, with its place.
 */
import { err, ok } from '../../../model/index.ts';
import type { Json, Result } from '../../../model/index.ts';
import type { Description, Field, VmstateDump, VmstateSection } from './model.ts';

export interface DumpFault {
  /** Keys and indices from the root. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Structs in structs. QEMU's deepest are 5; each level is a call here and in the comparison. */
export const MAXIMUM_NESTING = 32;

/** The pseudo-section that names the machine type. */
export const MACHINE_SECTION = 'vmschkmachine';

type JsonObject = { readonly [key: string]: Json };

export function readDump(json: Json): Result<VmstateDump, DumpFault> {
  const reader = new Reader();
  const dump = reader.dump(json);
  return dump === null ? err(reader.fault) : ok(dump);
}

/** Number of keys of all objects, so that a caller can tell whether the text had more of them (a key twice). */
export function keysOf(dump: VmstateDump): number {
  let count = dump.machine === null ? 0 : 2;
  const description = ({ entries, fields, subsections }: Description): void => {
    count += entries.length;
    for (const field of fields ?? []) {
      count += 4 + (field.count === null ? 0 : 1) + (field.description === null ? 0 : 1);
      if (field.description !== null) description(field.description);
    }
    subsections?.forEach(description);
  };
  for (const section of dump.sections.values()) {
    count += 1 + section.entries.length;
    if (section.description !== null) description(section.description);
  }
  return count;
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** Each method answers null once something is wrong; `fault` then says what. */
class Reader {
  readonly #path: (string | number)[] = [];
  #nesting = 0;
  #counted = false;
  fault: DumpFault = { path: [], message: 'nothing was read' };

  dump(json: Json): VmstateDump | null {
    if (!isObject(json)) return this.#wrong('a dump of -dump-vmstate is a JSON object');
    let machine: string | null = null;
    const sections = new Map<string, VmstateSection>();
    for (const name of Object.keys(json)) {
      this.#path.push(name);
      if (name === MACHINE_SECTION) {
        machine = this.#machine(json[name]);
        if (machine === null) return null;
      } else {
        const section = this.#section(name, json[name]);
        if (section === null) return null;
        sections.set(name, section);
      }
      this.#path.pop();
    }
    if (machine === null && sections.size === 0) return this.#wrong('no section is in it');
    return { machine, counted: this.#counted, sections };
  }

  #machine(json: Json | undefined): string | null {
    if (!isObject(json)) return this.#wrong('expected an object that names the machine type');
    return this.#text(json, 'Name');
  }

  #section(name: string, json: Json | undefined): VmstateSection | null {
    if (!isObject(json)) return this.#wrong('a section is an object');
    const version = this.#integer(json, 'version_id');
    if (version === null) return null;
    const minimumVersion = this.#optionalInteger(json, 'minimum_version_id');
    if (minimumVersion === undefined) return null;
    const description = this.#optionalDescription(json);
    if (description === undefined) return null;
    return { name, version, minimumVersion, description, entries: Object.keys(json) };
  }

  /** Undefined where it is wrong. */
  #optionalDescription(json: JsonObject): Description | null | undefined {
    if (!Object.hasOwn(json, 'Description')) return null;
    this.#path.push('Description');
    const description = this.#description(json['Description']);
    if (description === null) return undefined;
    this.#path.pop();
    return description;
  }

  #description(json: Json | undefined): Description | null {
    if (!isObject(json)) return this.#wrong('a description is an object');
    if (this.#nesting >= MAXIMUM_NESTING) return this.#wrong(`more than ${MAXIMUM_NESTING} descriptions in each other`);
    this.#nesting++;
    const name = this.#text(json, 'name');
    if (name === null) return null;
    const version = this.#integer(json, 'version_id');
    if (version === null) return null;
    const minimumVersion = this.#optionalInteger(json, 'minimum_version_id');
    if (minimumVersion === undefined) return null;
    const fields = this.#optionalList(json, 'Fields', (item) => this.#field(item));
    if (fields === undefined) return null;
    const subsections = this.#optionalList(json, 'Subsections', (item) => this.#description(item));
    if (subsections === undefined) return null;
    this.#nesting--;
    return { name, version, minimumVersion, fields, subsections, entries: Object.keys(json) };
  }

  #field(json: Json): Field | null {
    if (!isObject(json)) return this.#wrong('a field is an object');
    const name = this.#text(json, 'field');
    if (name === null) return null;
    const version = this.#integer(json, 'version_id');
    if (version === null) return null;
    const conditional = json['field_exists'];
    if (typeof conditional !== 'boolean') return this.#wrongAt('field_exists', 'expected true or false');
    const count = this.#optionalInteger(json, 'num');
    if (count === undefined) return null;
    if (count !== null) this.#counted = true;
    const size = this.#integer(json, 'size');
    if (size === null) return null;
    if (size < 0) return this.#wrongAt('size', 'a size is not negative');
    if (count !== null && count < 0) return this.#wrongAt('num', 'a number of elements is not negative');
    const description = this.#optionalDescription(json);
    if (description === undefined) return null;
    return { name, version, conditional, count, size, description };
  }

  /** Null where the key is not there, undefined where something in it is wrong. */
  #optionalList<T>(json: JsonObject, key: string, read: (item: Json) => T | null): T[] | null | undefined {
    if (!Object.hasOwn(json, key)) return null;
    const list = json[key];
    if (!Array.isArray(list)) return this.#wrongAt(key, 'expected a list') ?? undefined;
    this.#path.push(key);
    const found: T[] = [];
    for (const [index, item] of (list as readonly Json[]).entries()) {
      this.#path.push(index);
      const value = read(item);
      if (value === null) return undefined;
      found.push(value);
      this.#path.pop();
    }
    this.#path.pop();
    return found;
  }

  #text(json: JsonObject, key: string): string | null {
    const value = Object.hasOwn(json, key) ? json[key] : undefined;
    return typeof value === 'string' ? value : this.#wrongAt(key, 'expected a text');
  }

  #integer(json: JsonObject, key: string): number | null {
    const value = Object.hasOwn(json, key) ? json[key] : undefined;
    return typeof value === 'number' && Number.isSafeInteger(value)
      ? value
      : this.#wrongAt(key, 'expected a whole number');
  }

  #optionalInteger(json: JsonObject, key: string): number | null | undefined {
    return Object.hasOwn(json, key) ? (this.#integer(json, key) ?? undefined) : null;
  }

  #wrong(message: string): null {
    this.fault = { path: [...this.#path], message };
    return null;
  }

  #wrongAt(key: string, message: string): null {
    this.fault = { path: [...this.#path, key], message };
    return null;
  }
}
