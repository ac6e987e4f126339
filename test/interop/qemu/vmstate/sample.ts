/** Small dumps as QEMU writes them, for one difference at a time. */
import type { Json } from '../../../../src/model/index.ts';
import { readDump } from '../../../../src/interop/qemu/vmstate/index.ts';
import type { VmstateDump } from '../../../../src/interop/qemu/vmstate/index.ts';

export interface DescriptionJson {
  readonly [key: string]: Json;
}

export function field(name: string, size: number, more: DescriptionJson = {}): DescriptionJson {
  return { field: name, version_id: 0, field_exists: false, size, ...more };
}

export function description(name: string, more: DescriptionJson = {}): DescriptionJson {
  return { name, version_id: 1, minimum_version_id: 1, ...more };
}

/** A device type with its description; the versions of both are the same, as in every dump of a QEMU. */
export function section(of: DescriptionJson): DescriptionJson {
  const { version_id = 1, minimum_version_id = 1 } = of;
  return { Name: 'device', version_id, minimum_version_id, Description: of };
}

export function dumpJson(sections: DescriptionJson, machine: string = 'pc-q35-7.2'): Json {
  return { vmschkmachine: { Name: machine }, ...sections };
}

export function dump(sections: DescriptionJson, machine?: string): VmstateDump {
  const read = readDump(dumpJson(sections, machine));
  if (!read.ok) throw new Error(`${read.error.path.join('/')}: ${read.error.message}`);
  return read.value;
}
