/** What the dumps say of each feature, against what libvirt and QEMU say; every difference with the rule that explains it. */
import { QEMU_NAMES } from '../../../src/arch/x86/tables/qemu-names.ts';
import type { QemuName } from '../../../src/arch/x86/tables/qemu-names.ts';
import type { CpuMap } from './cpu-map.ts';
import type { Dump } from './corpus.ts';
import { HOST_RULES, QEMU_ALIASES, QEMU_RULES, isQemuSwitch } from './rules.ts';
import type { Rule } from './rules.ts';

/** `null`: the dump does not hold the register. */
export type Has = boolean | null;

export interface Difference {
  readonly cpu: string;
  readonly feature: string;
  readonly has: Has;
  /** What libvirt or QEMU says. */
  readonly says: boolean;
  readonly rule: Rule | null;
}

export interface Compared {
  readonly cpu: string;
  readonly agree: number;
  /** Of those, the features that both have. */
  readonly yes: number;
  readonly differences: readonly Difference[];
  /** Features that the dump does not hold and the other side does not have: nothing to compare. */
  readonly undecided: number;
}

/** Whether the CPU has all bits of a name; a leaf that was not dumped is one that the CPU does not have. */
export function has(dump: Dump, rows: readonly Pick<QemuName, 'word' | 'bit'>[], all: boolean): Has {
  const bits = rows.map(({ word, bit }): Has => {
    const value = dump.words.get(word);
    if (value !== undefined) return ((value >> BigInt(bit)) & 1n) === 1n;
    return word.startsWith('cpuid/') && !word.startsWith('cpuid/0x4') ? false : null;
  });
  if (bits.every((bit) => bit === null)) return null;
  return all ? bits.every((bit) => bit === true) : bits.some((bit) => bit === true);
}

/** Against `-host.xml`: the model's features by libvirt's own map, and those that it lists beside the model. */
export function compareHost(dump: Dump, map: CpuMap): Compared | null {
  if (dump.host === null) return null;
  const model = map.models.get(dump.host.model);
  if (model === undefined) throw new Error(`${dump.cpu}: libvirt's map has no model ${dump.host.model}`);
  const said = new Set(model);
  for (const [feature, there] of dump.host.features) {
    if (there) said.add(feature);
    else said.delete(feature);
  }
  const names = group(QEMU_NAMES, ({ libvirt }) => libvirt);
  const features = new Set([...names.keys(), ...said]);
  const known = map.features;
  return tally(
    dump,
    [...features].map((feature) => ({ feature, says: said.has(feature), rows: names.get(feature) ?? [] })),
    { all: true, rules: HOST_RULES, known },
  );
}

/** Against `.json`: every property of QEMU's CPU that stands for bits. */
export function compareQemu(dump: Dump): Compared | null {
  if (dump.qemu === null) return null;
  const names = group(QEMU_NAMES, ({ qemu, libvirt }) => qemu ?? libvirt);
  const asked = [...dump.qemu].flatMap(([property, says]) => {
    const feature = canonical(property);
    // An alias says what the property says; where only the alias is there, it speaks for it.
    if (feature !== property && dump.qemu?.has(feature) === true) return [];
    const rows = names.get(feature);
    return rows === undefined ? [] : [{ feature, says, rows }];
  });
  return tally(dump, asked, { all: false, rules: QEMU_RULES, known: new Set(names.keys()) });
}

/** `tsc-adjust` for `tsc_adjust`, `nx` for `xd`. */
function canonical(property: string): string {
  return QEMU_ALIASES[property] ?? property.replaceAll('_', '-');
}

/** Properties that neither name a bit nor are known as something else. */
export function strangeProperties(dump: Dump): readonly string[] {
  const names = new Set(QEMU_NAMES.map(({ qemu, libvirt }) => qemu ?? libvirt));
  return [...(dump.qemu?.keys() ?? [])].filter((property) => {
    const feature = canonical(property);
    return !names.has(feature) && !isQemuSwitch(feature);
  });
}

interface Asked {
  readonly feature: string;
  readonly says: boolean;
  readonly rows: readonly QemuName[];
}

function tally(
  dump: Dump,
  asked: readonly Asked[],
  options: { readonly all: boolean; readonly rules: readonly Rule[]; readonly known: ReadonlySet<string> },
): Compared {
  let agree = 0;
  let yes = 0;
  let undecided = 0;
  const differences: Difference[] = [];
  for (const { feature, says, rows } of asked) {
    const there = has(dump, rows, options.all);
    if (there === says) {
      agree++;
      if (says) yes++;
    } else if (there === null && !says) undecided++;
    else {
      const place = { dump, feature, has: there, says, known: options.known.has(feature) };
      const rule = options.rules.find((candidate) => candidate.explains(place)) ?? null;
      differences.push({ cpu: dump.cpu, feature, has: there, says, rule });
    }
  }
  return { cpu: dump.cpu, agree, yes, differences, undecided };
}

function group(
  rows: readonly QemuName[],
  nameOf: (row: QemuName) => string | null,
): ReadonlyMap<string, readonly QemuName[]> {
  const named = new Map<string, QemuName[]>();
  for (const row of rows) {
    const name = nameOf(row);
    if (name !== null) named.set(name, [...(named.get(name) ?? []), row]);
  }
  return named;
}
