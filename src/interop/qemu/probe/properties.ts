/** What `-cpu MODEL,…` takes: device-list-properties of each CPU type, each row kept once with the models that have it. */
import type { CpuProperty, CpuPropertyGroup, Json } from '../../../model/index.ts';
import { isObject } from '../qmp/index.ts';

/** The rows of an answer, by name (qapi/qom.json, ObjectPropertyInfo). */
export function readProperties(answer: Json): readonly CpuProperty[] {
  if (!Array.isArray(answer)) return [];
  return answer
    .flatMap((row: Json): CpuProperty[] => {
      if (!isObject(row)) return [];
      const { name, type, description, 'default-value': value } = row;
      if (typeof name !== 'string' || typeof type !== 'string') return [];
      return [
        {
          name,
          type,
          ...(typeof description === 'string' ? { description } : {}),
          ...(value === undefined ? {} : { default: value }),
        },
      ];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Groups of rows that the same models have, the largest group of models first. */
export function groupProperties(lists: ReadonlyMap<string, readonly CpuProperty[]>): readonly CpuPropertyGroup[] {
  const owners = new Map<string, { readonly property: CpuProperty; readonly models: string[] }>();
  for (const [model, properties] of lists) {
    for (const property of properties) {
      const key = JSON.stringify(property);
      const known = owners.get(key);
      if (known === undefined) owners.set(key, { property, models: [model] });
      else known.models.push(model);
    }
  }
  const groups = Map.groupBy(owners.values(), ({ models }) => models.join('\n'));
  return [...groups.values()]
    .map((rows) => ({
      models: rows[0]?.models ?? [],
      properties: rows.map(({ property }) => property).sort((a, b) => (a.name < b.name ? -1 : 1)),
    }))
    .sort((a, b) => b.models.length - a.models.length || (a.models.join() < b.models.join() ? -1 : 1))
    .map(({ models, properties }) => ({ models: models.length === lists.size ? null : models, properties }));
}
