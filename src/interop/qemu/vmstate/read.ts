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

/**
 * As readDump, without saying what is wrong: null then, and where the text may have had more than `colons` keys. As many
 * keys as colons in the text means that no key was there twice, of which JSON.parse keeps the last.
 */
export function readDumpWith(json: Json, colons: number): VmstateDump | null {
  const reader = new Reader();
  const dump = reader.dump(json);
  return reader.keys === colons ? dump : null;
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function isInteger(json: Json | undefined): json is number {
  return typeof json === 'number' && Number.isSafeInteger(json);
}

/**
 * Each method answers null once something is wrong; `fault` then says what, and its path grows on the way out. Keys are read
 * without asking whether the object has them itself: none is one that objects inherit.
 */
class Reader {
  #nesting = 0;
  #counted = false;
  /** Keys of the objects that were read. */
  keys = 0;
  fault: { readonly path: (string | number)[]; readonly message: string } = { path: [], message: 'nothing was read' };

  dump(json: Json): VmstateDump | null {
    if (!isObject(json)) return this.#wrong('a dump of -dump-vmstate is a JSON object');
    let machine: string | null = null;
    const sections = new Map<string, VmstateSection>();
    for (const name of Object.keys(json)) {
      if (name === MACHINE_SECTION) {
        machine = this.#machine(json[name]);
        if (machine === null) return this.#inside(name);
      } else {
        const section = this.#section(name, json[name]);
        if (section === null) return this.#inside(name);
        sections.set(name, section);
      }
    }
    if (machine === null && sections.size === 0) return this.#wrong('no section is in it');
    return { machine, counted: this.#counted, sections };
  }

  #machine(json: Json | undefined): string | null {
    if (!isObject(json)) return this.#wrong('expected an object that names the machine type');
    this.keys += 2;
    const name = json['Name'];
    return typeof name === 'string' ? name : this.#noText('Name');
  }

  #section(name: string, json: Json | undefined): VmstateSection | null {
    if (!isObject(json)) return this.#wrong('a section is an object');
    const version = json['version_id'];
    if (!isInteger(version)) return this.#noInteger('version_id');
    const minimum = json['minimum_version_id'];
    if (minimum !== undefined && !isInteger(minimum)) return this.#noInteger('minimum_version_id');
    const of = json['Description'];
    const description = of === undefined ? null : this.#description(of);
    if (of !== undefined && description === null) return this.#inside('Description');
    const entries = Object.keys(json);
    this.keys += 1 + entries.length;
    return { name, version, minimumVersion: minimum ?? null, description, entries };
  }

  #description(json: Json | undefined): Description | null {
    if (!isObject(json)) return this.#wrong('a description is an object');
    if (this.#nesting >= MAXIMUM_NESTING) return this.#wrong(`more than ${MAXIMUM_NESTING} descriptions in each other`);
    this.#nesting++;
    const name = json['name'];
    if (typeof name !== 'string') return this.#noText('name');
    const version = json['version_id'];
    if (!isInteger(version)) return this.#noInteger('version_id');
    const minimum = json['minimum_version_id'];
    if (minimum !== undefined && !isInteger(minimum)) return this.#noInteger('minimum_version_id');
    const fields = this.#fields(json['Fields']);
    if (fields === undefined) return this.#inside('Fields');
    const subsections = this.#subsections(json['Subsections']);
    if (subsections === undefined) return this.#inside('Subsections');
    this.#nesting--;
    const entries = Object.keys(json);
    this.keys += entries.length;
    return { name, version, minimumVersion: minimum ?? null, fields, subsections, entries };
  }

  /** Null where there is none, undefined where something in it is wrong. */
  #fields(json: Json | undefined): Field[] | null | undefined {
    if (json === undefined) return null;
    if (!isList(json)) return this.#wrong('expected a list') ?? undefined;
    const found: Field[] = [];
    for (const item of json) {
      const field = this.#field(item);
      if (field === null) return this.#inside(found.length) ?? undefined;
      found.push(field);
    }
    return found;
  }

  /** As #fields. */
  #subsections(json: Json | undefined): Description[] | null | undefined {
    if (json === undefined) return null;
    if (!isList(json)) return this.#wrong('expected a list') ?? undefined;
    const found: Description[] = [];
    for (const item of json) {
      const description = this.#description(item);
      if (description === null) return this.#inside(found.length) ?? undefined;
      found.push(description);
    }
    return found;
  }

  #field(json: Json): Field | null {
    if (!isObject(json)) return this.#wrong('a field is an object');
    const name = json['field'];
    if (typeof name !== 'string') return this.#noText('field');
    const version = json['version_id'];
    if (!isInteger(version)) return this.#noInteger('version_id');
    const conditional = json['field_exists'];
    if (typeof conditional !== 'boolean') return this.#wrongAt('field_exists', 'expected true or false');
    const elements = json['num'];
    if (elements !== undefined && !isInteger(elements)) return this.#noInteger('num');
    const count = elements ?? null;
    const size = json['size'];
    if (!isInteger(size)) return this.#noInteger('size');
    if (size < 0) return this.#wrongAt('size', 'a size is not negative');
    if (count !== null && count < 0) return this.#wrongAt('num', 'a number of elements is not negative');
    this.keys += 4;
    if (count !== null) {
      this.#counted = true;
      this.keys++;
    }
    const of = json['Description'];
    if (of === undefined) return { name, version, conditional, count, size, description: null };
    const description = this.#description(of);
    if (description === null) return this.#inside('Description');
    this.keys++;
    return { name, version, conditional, count, size, description };
  }

  /** What is wrong is inside of what has this key. */
  #inside(key: string | number): null {
    this.fault.path.unshift(key);
    return null;
  }

  #wrong(message: string): null {
    this.fault = { path: [], message };
    return null;
  }

  #wrongAt(key: string, message: string): null {
    this.fault = { path: [key], message };
    return null;
  }

  #noText(key: string): null {
    return this.#wrongAt(key, 'expected a text');
  }

  #noInteger(key: string): null {
    return this.#wrongAt(key, 'expected a whole number');
  }
}
