/** QEMU's arguments as lists of properties, and as text: an array of strings, or lines that a shell's `xargs` takes. */
export interface Property {
  readonly name: string;
  readonly value: string;
}

export interface QemuArguments {
  /** `pc-q35-10.0`, with properties behind it. */
  readonly machine: { readonly type: string; readonly properties: readonly Property[] };
  /** Of `kvm`. */
  readonly accel: readonly Property[];
  readonly cpu: { readonly model: string; readonly properties: readonly Property[] };
  readonly overcommit: readonly Property[];
}

/** One string an argument, as `execve` takes them. */
export function argumentList({ machine, accel, cpu, overcommit }: QemuArguments): string[] {
  return [
    '-machine',
    joined([machine.type], machine.properties),
    '-accel',
    joined(['kvm'], accel),
    ...(overcommit.length === 0 ? [] : ['-overcommit', joined([], overcommit)]),
    '-cpu',
    joined([cpu.model], cpu.properties),
  ];
}

function joined(first: readonly string[], properties: readonly Property[]): string {
  return [...first, ...properties.map(({ name, value }) => `${name}=${value}`)].join(',');
}

/** One option a line; quoted for a shell where that is needed, and in a way that `xargs` reads too. */
export function argumentText(list: readonly string[]): string {
  return list.map((argument) => `${quoted(argument)}${argument.startsWith('-') ? ' ' : '\n'}`).join('');
}

const PLAIN = /^[\w@%+=:,./-]+$/;

function quoted(argument: string): string {
  if (PLAIN.test(argument)) return argument;
  // A quote within quotes: end them, quote it with the other kind, begin again.
  return `'${argument.replaceAll("'", `'"'"'`)}'`;
}
