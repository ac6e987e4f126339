/**
 * What `-dump-vmstate` of QEMU says (migration/savevm.c, dump_vmstate_json_to_file): for each device type that the program
 * has, what it saves. The machine type that was named changes nothing but the name at the head; CPU models of x86 are not
 * among the sections, because their description hangs on the CPU class and not on the device class.
 */
import type { Level } from '../../../model/index.ts';

export interface VmstateDump {
  /** `pc-q35-7.2`; null where the dump names none. */
  readonly machine: string | null;
  /** Whether fields say how many elements they have; QEMU 5.2 and 7.2 do not write it. */
  readonly counted: boolean;
  /** By device type. */
  readonly sections: ReadonlyMap<string, VmstateSection>;
}

export interface VmstateSection {
  readonly name: string;
  readonly version: number;
  /** Null where the dump leaves it out; QEMU itself never does. */
  readonly minimumVersion: number | null;
  readonly description: Description | null;
  /** The keys that are there: QEMU's own checker compares those too. */
  readonly entries: readonly string[];
}

/** A VMStateDescription: of a device, of a struct inside one, or of a subsection. */
export interface Description {
  readonly name: string;
  readonly version: number;
  readonly minimumVersion: number | null;
  readonly fields: readonly Field[] | null;
  readonly subsections: readonly Description[] | null;
  readonly entries: readonly string[];
}

export interface Field {
  readonly name: string;
  /** Sent and read from this version of its description on. */
  readonly version: number;
  /** Whether it is sent is decided by a function when it is sent; `version` then counts for nothing. */
  readonly conditional: boolean;
  /** Elements of an array of fixed length; null for a single value or a length that only the device knows. */
  readonly count: number | null;
  /** Bytes of one element in QEMU's memory; in the stream as many for numbers, and anything for a struct. */
  readonly size: number;
  readonly description: Description | null;
}

/** Stable codes of what can be wrong from one dump to another. */
export type Rule =
  | 'machine-missing'
  | 'section-missing'
  | 'section-version-too-new'
  | 'section-version-too-old'
  | 'section-has-no-state'
  | 'description-renamed'
  | 'description-missing'
  | 'description-version-too-new'
  | 'description-version-too-old'
  | 'entry-missing'
  | 'field-missing'
  | 'field-other'
  | 'field-size'
  | 'field-version'
  | 'field-added'
  | 'unused-size'
  | 'subsection-missing'
  | 'subsection-added';

export interface Finding {
  readonly level: Level;
  readonly rule: Rule;
  /** The device type. */
  readonly section: string;
  /** The description in it that this is about; null for the section as a whole. */
  readonly description: string | null;
  /** The field or the subsection; null for the description as a whole. */
  readonly member: string | null;
  /** One sentence for people: what differs, and what the load does. */
  readonly text: string;
  /** How many problems QEMU's vmstate-static-checker.py counts here; 0 for what it does not find. */
  readonly problems: number;
}

/** Everything from one dump to another that is not the same, in the order of the source's sections. */
export interface Comparison {
  readonly level: Level;
  readonly findings: readonly Finding[];
  /** What QEMU's script counts; its exit code, up to 255. */
  readonly problems: number;
  /** What lowers the worth of the answer as a whole. */
  readonly caveats: readonly string[];
}
