/**
 * Expansions of CPU models as differences. A full expansion of an x86 model has some 500 properties, of which all but some 100
 * are as in QEMU's model `base`; an unversioned name expands to what its version does.
 */
import type { CpuExpansion, CpuModels, Json } from '../../../model/index.ts';

export type Properties = Readonly<Record<string, Json>>;

/** What the program answered for a model. */
export type Expanded =
  | { readonly outcome: 'expanded'; readonly properties: Properties }
  | { readonly outcome: 'refused'; readonly message: string };

/** QEMU's x86 model without features, on which its static expansions are built (target/i386/cpu.c, x86_base_cpu_type_info). */
const BASE = 'base';

/** `aliases`: the model that an unversioned name stands for. */
export function foldExpansions(
  expanded: ReadonlyMap<string, Expanded>,
  aliases: ReadonlyMap<string, string | null>,
): { readonly base: CpuModels['base']; readonly expansions: ReadonlyMap<string, CpuExpansion> } {
  const root = expanded.get(BASE);
  const base = root?.outcome === 'expanded' ? sorted(root.properties) : {};
  const expansions = new Map<string, CpuExpansion>();
  for (const [name, answer] of expanded) {
    if (answer.outcome === 'refused') {
      expansions.set(name, answer);
      continue;
    }
    const alias = aliases.get(name) ?? null;
    const target = alias === null ? undefined : expanded.get(alias);
    const as = target?.outcome === 'expanded' && equal(target.properties, answer.properties);
    expansions.set(name, as && alias !== null ? { outcome: 'as', model: alias } : difference(base, answer.properties));
  }
  return { base, expansions };
}

function difference(base: Properties, properties: Properties): CpuExpansion {
  const different = Object.entries(sorted(properties)).filter(([name, value]) => !sameValue(base, name, value));
  const named = (wanted: boolean): string[] => different.filter(([, value]) => value === wanted).map(([name]) => name);
  return {
    outcome: 'expanded',
    on: named(true),
    off: named(false),
    values: Object.fromEntries(different.filter(([, value]) => typeof value !== 'boolean')),
    without: Object.keys(base).filter((name) => !Object.hasOwn(properties, name)),
  };
}

function equal(a: Properties, b: Properties): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => sameValue(b, name, a[name] ?? null));
}

function sameValue(properties: Properties, name: string, value: Json): boolean {
  return Object.hasOwn(properties, name) && JSON.stringify(properties[name]) === JSON.stringify(value);
}

function sorted(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)));
}
