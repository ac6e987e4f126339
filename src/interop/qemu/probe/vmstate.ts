/** `-dump-vmstate` of machine types, each description kept once (migration/savevm.c, dump_vmstate_json_to_file). */
import { err, ok } from '../../../model/index.ts';
import type {
  Json,
  Result,
  VmstateDescription,
  VmstateDescriptions,
  VmstateDump,
  VmstateField,
  VmstateSection,
} from '../../../model/index.ts';
import { isObject } from '../qmp/index.ts';

/** What a dump says that is not as QEMU writes them: where, and what. */
export interface DumpFault {
  readonly where: string;
  readonly message: string;
}

/** Collects dumps; what they say alike is kept once. */
export class VmstateCollector {
  /** By content. */
  readonly #ids = new Map<string, string>();
  readonly #descriptions = new Map<string, VmstateDescription>();
  readonly #dumps = new Map<string, { readonly machines: string[]; readonly sections: VmstateDump['sections'] }>();
  readonly #failed = new Map<string, string>();

  /** `dump`: as parsed. Null where it was taken. */
  add(machine: string, dump: Json): DumpFault | null {
    if (!isObject(dump)) return { where: '', message: 'not an object' };
    const found: [string, VmstateSection][] = [];
    // By name: QEMU lists its types in the order of a hash table, which differs from build to build.
    for (const type of Object.keys(dump).sort()) {
      // The machine type's own name (dump_machine_type).
      if (type === 'vmschkmachine') continue;
      const section = this.#section(type, dump[type]);
      if (!section.ok) return section.error;
      found.push([type, section.value]);
    }
    const sections = Object.fromEntries(found);
    const key = JSON.stringify(sections);
    const same = this.#dumps.get(key);
    if (same === undefined) this.#dumps.set(key, { machines: [machine], sections });
    else same.machines.push(machine);
    return null;
  }

  fail(machine: string, words: string): void {
    this.#failed.set(machine, words);
  }

  collected(): VmstateDescriptions {
    return {
      descriptions: Object.fromEntries(this.#descriptions),
      dumps: [...this.#dumps.values()],
      failed: Object.fromEntries(this.#failed),
    };
  }

  #section(type: string, json: Json | undefined): Result<VmstateSection, DumpFault> {
    const where = `/${type}`;
    if (!isObject(json)) return err({ where, message: 'not an object' });
    const unknown = unknownKey(json, ['Name', 'version_id', 'minimum_version_id', 'Description']);
    if (unknown !== null) return err({ where, message: `"${unknown}", which no QEMU known here writes` });
    const { Name: name, version_id: versionId, minimum_version_id: minimumVersionId } = json;
    if (name !== type) return err({ where, message: 'its Name is not that of the section' });
    if (typeof versionId !== 'number' || typeof minimumVersionId !== 'number') {
      return err({ where, message: 'a section without versions' });
    }
    const description = this.#description(json['Description'], `${where}/Description`);
    return description.ok ? ok({ versionId, minimumVersionId, description: description.value }) : description;
  }

  /** The description's name here. */
  #description(json: Json | undefined, where: string): Result<string, DumpFault> {
    if (!isObject(json)) return err({ where, message: 'not an object' });
    const unknown = unknownKey(json, ['name', 'version_id', 'minimum_version_id', 'Fields', 'Subsections']);
    if (unknown !== null) return err({ where, message: `"${unknown}", which no QEMU known here writes` });
    const { name, version_id: versionId, minimum_version_id: minimumVersionId, Fields, Subsections } = json;
    if (typeof name !== 'string' || typeof versionId !== 'number' || typeof minimumVersionId !== 'number') {
      return err({ where, message: 'a description without name or versions' });
    }
    const fields = list(Fields, `${where}/Fields`, (item, at) => this.#field(item, at));
    if (!fields.ok) return fields;
    const subsections = list(Subsections, `${where}/Subsections`, (item, at) => this.#description(item, at));
    if (!subsections.ok) return subsections;
    return ok(
      this.#keep({
        name,
        versionId,
        minimumVersionId,
        ...(fields.value === null ? {} : { fields: fields.value }),
        ...(subsections.value === null ? {} : { subsections: subsections.value }),
      }),
    );
  }

  #field(json: Json, where: string): Result<VmstateField, DumpFault> {
    if (!isObject(json)) return err({ where, message: 'not an object' });
    const unknown = unknownKey(json, ['field', 'version_id', 'field_exists', 'num', 'size', 'Description']);
    if (unknown !== null) return err({ where, message: `"${unknown}", which no QEMU known here writes` });
    const { field, version_id: versionId, field_exists: conditional, num, size } = json;
    if (
      typeof field !== 'string' ||
      typeof versionId !== 'number' ||
      typeof conditional !== 'boolean' ||
      typeof size !== 'number' ||
      (num !== undefined && typeof num !== 'number')
    ) {
      return err({ where, message: 'a field without name, version or size' });
    }
    const description = json['Description'] === undefined ? null : this.#description(json['Description'], where);
    if (description?.ok === false) return description;
    return ok({
      field,
      ...(versionId === 0 ? {} : { versionId }),
      ...(conditional ? { conditional } : {}),
      size,
      ...(num === undefined ? {} : { num }),
      ...(description === null ? {} : { description: description.value }),
    });
  }

  #keep(description: VmstateDescription): string {
    const key = JSON.stringify(description);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    let id = description.name;
    for (let number = 2; this.#descriptions.has(id); number++) id = `${description.name}~${number}`;
    this.#ids.set(key, id);
    this.#descriptions.set(id, description);
    return id;
  }
}

function unknownKey(json: Readonly<Record<string, Json>>, known: readonly string[]): string | null {
  return Object.keys(json).find((key) => !known.includes(key)) ?? null;
}

/** Null where there is no list. */
function list<T>(
  json: Json | undefined,
  where: string,
  read: (item: Json, where: string) => Result<T, DumpFault>,
): Result<readonly T[] | null, DumpFault> {
  if (json === undefined) return ok(null);
  if (!Array.isArray(json)) return err({ where, message: 'not a list' });
  const items: T[] = [];
  for (const [index, item] of json.entries()) {
    const made = read(item as Json, `${where}/${index}`);
    if (!made.ok) return made;
    items.push(made.value);
  }
  return ok(items);
}
