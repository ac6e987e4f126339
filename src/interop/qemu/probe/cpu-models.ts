/**
 * CPU models: what query-cpu-definitions lists, what query-cpu-model-expansion makes of each, what each CPU's type takes
 * (qapi/machine-target.json). x86 expands every model, fully and on `base`; arm64 gives of a model only the few properties
 * that a person may set, and no static expansion (target/arm/arm-qmp-cmds.c).
 */
import { err, ok } from '../../../model/index.ts';
import type { CpuModel, CpuModels, CpuProperty, Json, Result } from '../../../model/index.ts';
import { isObject } from '../qmp/index.ts';
import type { JsonObject, Qmp } from '../qmp/index.ts';
import { conversationError, probeError } from './error.ts';
import type { QemuProbeError } from './error.ts';
import { foldExpansions } from './expansions.ts';
import type { Expanded, Properties } from './expansions.ts';
import { compareNames } from './machines.ts';
import { groupProperties, readProperties } from './properties.ts';

interface Definition {
  readonly name: string;
  readonly model: Omit<CpuModel, 'expansion'>;
}

/** `machine`: under which QEMU runs; it is only written down. */
export async function askCpuModels(
  qmp: Qmp,
  machine: string,
  onProgress: (text: string) => void,
): Promise<Result<CpuModels, QemuProbeError>> {
  const listed = await qmp.execute('query-cpu-definitions');
  if (!listed.ok) return err(conversationError(listed.error));
  const definitions = readDefinitions(listed.value);
  if (!definitions.ok) return definitions;
  const expanded = new Map<string, Expanded>();
  const lists = new Map<string, readonly CpuProperty[]>();
  let staticProperties: readonly string[] | null = null;
  for (const [index, { name, model }] of definitions.value.entries()) {
    onProgress(`CPU model ${index + 1} of ${definitions.value.length}: ${name}`);
    const full = await expand(qmp, name, 'full');
    if (!full.ok) return full;
    expanded.set(name, full.value);
    // The same names for every model (target/i386/cpu-system.c, x86_cpu_static_props).
    if (full.value.outcome === 'expanded' && staticProperties === null) {
      const onBase = await expand(qmp, name, 'static');
      if (!onBase.ok) return onBase;
      if (onBase.value.outcome === 'expanded') staticProperties = Object.keys(onBase.value.properties).sort();
    }
    const properties = await qmp.execute('device-list-properties', { typename: model.type });
    if (!properties.ok) return err(conversationError(properties.error));
    lists.set(name, readProperties(properties.value));
  }
  const { base, expansions } = foldExpansions(
    expanded,
    new Map(definitions.value.map(({ name, model }) => [name, model.alias])),
  );
  const models = definitions.value.flatMap(({ name, model }): [string, CpuModel][] => {
    const expansion = expansions.get(name);
    return expansion === undefined ? [] : [[name, { ...model, expansion }]];
  });
  return ok({
    machine,
    base,
    staticProperties,
    models: Object.fromEntries(models),
    properties: groupProperties(lists),
  });
}

function readDefinitions(answer: Json): Result<readonly Definition[], QemuProbeError> {
  const rows = Array.isArray(answer) ? answer.filter((row: Json) => isObject(row)) : [];
  const definitions: Definition[] = [];
  for (const row of rows) {
    const { name, typename, 'alias-of': alias, 'unavailable-features': unavailable } = row;
    if (typeof name !== 'string' || typeof typename !== 'string') {
      return err(probeError('failed', 'query-cpu-definitions: a CPU model without name or type'));
    }
    definitions.push({
      name,
      model: {
        type: typename,
        alias: typeof alias === 'string' ? alias : null,
        static: row['static'] === true,
        migrationSafe: flag(row, 'migration-safe'),
        deprecated: flag(row, 'deprecated'),
        unavailable: Array.isArray(unavailable)
          ? [...new Set(unavailable.filter((item: Json) => typeof item === 'string'))].sort()
          : null,
      },
    });
  }
  return ok(definitions.sort((a, b) => compareNames(a.name, b.name)));
}

/** QEMU's refusal is an answer; a conversation that ended is an error. */
async function expand(qmp: Qmp, name: string, type: 'full' | 'static'): Promise<Result<Expanded, QemuProbeError>> {
  const answer = await qmp.execute('query-cpu-model-expansion', { type, model: { name } });
  if (!answer.ok) {
    if (answer.error.code !== 'command') return err(conversationError(answer.error));
    return ok({ outcome: 'refused', message: answer.error.message });
  }
  const model = isObject(answer.value) ? answer.value['model'] : undefined;
  if (!isObject(model)) return err(probeError('failed', `query-cpu-model-expansion: no model for ${name}`));
  // arm64 leaves `props` out where there are none.
  const properties: Properties = isObject(model['props']) ? model['props'] : {};
  return ok({ outcome: 'expanded', properties });
}

function flag(row: JsonObject, key: string): boolean | null {
  const value = row[key];
  return typeof value === 'boolean' ? value : null;
}
