/**
 * What QEMU writes of each device into a migration stream, as `-dump-vmstate` describes it. Of a dump of nearly a megabyte
 * most is said again and again (every PCI device has PCI's own state, every CPU model the same CPU): each description is here
 * once, and refers to others by name.
 */
import type { Json } from './surface.ts';
import type { VmmSurface } from './vmm-surface.ts';

export interface VmstateDescriptions {
  /** By a name of its own: the description's, with `~2` and so on where another one has the same. */
  readonly descriptions: Readonly<Record<string, VmstateDescription>>;
  /** Dumps that say the same, and the machine types that gave them. In every QEMU so far there is one. */
  readonly dumps: readonly VmstateDump[];
  /** Machine types that gave none, and the program's last words. */
  readonly failed: Readonly<Record<string, string>>;
}

export interface VmstateDump {
  readonly machines: readonly string[];
  /** By QOM type of the device. */
  readonly sections: Readonly<Record<string, VmstateSection>>;
}

export type VmstateSection = {
  readonly versionId: number;
  readonly minimumVersionId: number;
  readonly description: string;
};

export interface VmstateDescription {
  readonly name: string;
  readonly versionId: number;
  readonly minimumVersionId: number;
  /** In the order of the stream; left out where QEMU's description has no list of them. */
  readonly fields?: readonly VmstateField[];
  readonly subsections?: readonly string[];
}

export type VmstateField = {
  readonly field: string;
  /** Of the section, since which the field is in it. 0 where left out. */
  readonly versionId?: number;
  /** Whether it is there is decided by a function: what the state itself holds. */
  readonly conditional?: true;
  /** Bytes of one element. */
  readonly size: number;
  /** Elements, where it is an array of fixed length. */
  readonly num?: number;
  /** Of what it consists. */
  readonly description?: string;
};

/** Machine types of which there is a dump. */
export function dumpedMachines({ vmstate }: VmmSurface): readonly string[] {
  return vmstate.dumps.flatMap(({ machines }) => machines);
}

/** The dump of a machine type in QEMU's own shape, as `-dump-vmstate` writes it; null where there is none. */
export function vmstateDump({ vmstate }: VmmSurface, machine: string): Readonly<Record<string, Json>> | null {
  const dump = vmstate.dumps.find(({ machines }) => machines.includes(machine));
  if (dump === undefined) return null;
  const made = new Map<string, Json>();
  // A description is made once and shared: the result is for reading.
  const describe = (id: string): Json => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const description = vmstate.descriptions[id];
    if (description === undefined) throw new Error(`a description that is not there: ${id}; the reader checks this`);
    const { name, versionId, minimumVersionId, fields, subsections } = description;
    const json = {
      name,
      version_id: versionId,
      minimum_version_id: minimumVersionId,
      ...(fields === undefined ? {} : { Fields: fields.map((field) => fieldJson(field, describe)) }),
      ...(subsections === undefined ? {} : { Subsections: subsections.map(describe) }),
    };
    made.set(id, json);
    return json;
  };
  const sections = Object.entries(dump.sections).map(([type, section]): [string, Json] => [
    type,
    {
      Name: type,
      version_id: section.versionId,
      minimum_version_id: section.minimumVersionId,
      Description: describe(section.description),
    },
  ]);
  return { vmschkmachine: { Name: machine }, ...Object.fromEntries(sections) };
}

function fieldJson(field: VmstateField, describe: (id: string) => Json): Json {
  return {
    field: field.field,
    version_id: field.versionId ?? 0,
    field_exists: field.conditional ?? false,
    ...(field.num === undefined ? {} : { num: field.num }),
    size: field.size,
    ...(field.description === undefined ? {} : { Description: describe(field.description) }),
  };
}
