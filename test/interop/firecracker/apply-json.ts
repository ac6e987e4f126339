/**
 * A second, independent application of a template, over the JSON of a dump and by text alone: digit by digit, as
 * Firecracker's documents describe it (docs/cpu_templates/cpu-templates.md). It shares no code with what it checks.
 */
interface LeafJson {
  readonly leaf: string;
  readonly subleaf: string;
  readonly flags: number;
  readonly modifiers: readonly { readonly register: string; readonly bitmap: string }[];
}
interface RegisterJson {
  readonly addr: string;
  readonly bitmap: string;
}
export interface ConfigJson {
  readonly cpuid_modifiers?: readonly LeafJson[];
  readonly msr_modifiers?: readonly RegisterJson[];
  readonly reg_modifiers?: readonly RegisterJson[];
}

/** Registers of a dump by name: `0x7:0x0 ebx`, `msr 0x10a`, `reg 0x603000000013c020`. */
export type Dump = ReadonlyMap<string, bigint>;

export function dumpOf(config: ConfigJson): Dump {
  const values = new Map<string, bigint>();
  for (const { name, bitmap } of registersOf(config)) values.set(name, BigInt(bitmap));
  return values;
}

/** Throws where the template names what the dump does not have: Firecracker would not start. */
export function applyJson(config: ConfigJson, template: ConfigJson): Dump {
  const values = new Map(dumpOf(config));
  for (const { name, bitmap } of registersOf(template)) {
    const old = values.get(name);
    if (old === undefined) throw new Error(`the dump has no ${name}`);
    const digits = bitmap.slice(2);
    const before = old.toString(2).padStart(digits.length, '0');
    if (before.length > digits.length) throw new Error(`${name}: ${before.length} bits under ${digits.length} digits`);
    const after = [...before].map((bit, at) => (digits[at] === 'x' ? bit : digits[at])).join('');
    values.set(name, BigInt(`0b${after}`));
  }
  return values;
}

export function registersOf({ cpuid_modifiers, msr_modifiers, reg_modifiers }: ConfigJson): RegisterText[] {
  return [
    ...(cpuid_modifiers ?? []).flatMap(({ leaf, subleaf, modifiers }) =>
      modifiers.map(({ register, bitmap }) => ({ name: `${leaf}:${subleaf} ${register}`, bitmap })),
    ),
    ...(msr_modifiers ?? []).map(({ addr, bitmap }) => ({ name: `msr ${addr}`, bitmap })),
    ...(reg_modifiers ?? []).map(({ addr, bitmap }) => ({ name: `reg ${addr}`, bitmap })),
  ];
}

interface RegisterText {
  readonly name: string;
  readonly bitmap: string;
}
