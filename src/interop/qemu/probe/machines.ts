/** Machine types as query-machines gives them (qapi/machine.json, MachineInfo). */
import { err, ok } from '../../../model/index.ts';
import type { CompatProperty, Json, MachineType, Result } from '../../../model/index.ts';
import { describeQmpError, isObject } from '../qmp/index.ts';
import type { JsonObject, Qmp } from '../qmp/index.ts';
import { foldCompat } from './compat.ts';
import { conversationError, probeError } from './error.ts';
import type { QemuProbeError } from './error.ts';

/** All machine types by name, older versions of a family before newer ones. */
export async function askMachines(qmp: Qmp): Promise<Result<Readonly<Record<string, MachineType>>, QemuProbeError>> {
  // An argument since 9.1; an older QEMU refuses an argument that it does not know.
  const withCompat = await qmp.execute('query-machines', { 'compat-props': true });
  const answered = withCompat.ok ? withCompat : await qmp.execute('query-machines');
  if (!answered.ok) return err(conversationError(answered.error));
  const rows = Array.isArray(answered.value) ? answered.value.filter((row: Json) => isObject(row)) : [];
  const compat = withCompat.ok
    ? foldCompat(new Map(rows.map((row) => [text(row, 'name') ?? '', properties(row)])))
    : null;
  const machines: [string, MachineType][] = [];
  for (const row of rows) {
    const name = text(row, 'name');
    const maximumCpus = row['cpu-max'];
    if (name === null || typeof maximumCpus !== 'number') {
      const said = withCompat.ok ? '' : ` (${describeQmpError(withCompat.error)})`;
      return err(probeError('failed', `query-machines: a machine type without name or cpu-max${said}`));
    }
    machines.push([
      name,
      {
        alias: text(row, 'alias'),
        default: row['is-default'] === true,
        deprecated: flag(row, 'deprecated'),
        maximumCpus,
        hotpluggableCpus: row['hotpluggable-cpus'] === true,
        numa: flag(row, 'numa-mem-supported'),
        acpi: flag(row, 'acpi'),
        defaultCpu: text(row, 'default-cpu-type'),
        defaultRam: text(row, 'default-ram-id'),
        compat: compat?.get(name) ?? null,
      },
    ]);
  }
  return ok(Object.fromEntries(machines.sort(([a], [b]) => compareNames(a, b))));
}

/** By number where there are numbers: `pc-q35-9.2` before `pc-q35-10.0`. */
export function compareNames(a: string, b: string): number {
  return NAMES.compare(a, b);
}

const NAMES = new Intl.Collator('en', { numeric: true });

function properties(row: JsonObject): readonly CompatProperty[] {
  const listed = row['compat-props'];
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((item: Json) => {
    if (!isObject(item)) return [];
    const { 'qom-type': type, property, value } = item;
    return typeof type === 'string' && typeof property === 'string' && typeof value === 'string'
      ? [{ type, property, value }]
      : [];
  });
}

function text(row: JsonObject, key: string): string | null {
  const value = row[key];
  return typeof value === 'string' ? value : null;
}

function flag(row: JsonObject, key: string): boolean | null {
  const value = row[key];
  return typeof value === 'boolean' ? value : null;
}
