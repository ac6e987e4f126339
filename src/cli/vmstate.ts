/** Dumps of vmstate as a person names them, every one against every other, and that as a document. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { VMSTATE_COMPARISON_FORMAT, vmstateComparisonSchema } from '../format/index.ts';
import { DumpLoader, caveatsOf, compare, readDump, sharedMachine } from '../interop/qemu/vmstate/index.ts';
import type { CompareOptions, Comparison, Finding, VmstateDump } from '../interop/qemu/vmstate/index.ts';
import { LEVELS, VMM_SURFACE_FORMAT, dumpedMachines, err, ok, vmstateDump, worse } from '../model/index.ts';
import type { Level, Result, VmmSurface } from '../model/index.ts';
import { documentText } from './emit.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { inputFailure } from './input.ts';
import { recordedVmms } from './recorded.ts';
import type { Terminal } from './terminal.ts';
import { loadVmmSurface } from './vmm-surface.ts';

export interface NamedDump {
  readonly name: string;
  readonly dump: VmstateDump;
}

export interface ComparedDumps {
  /** Indices into the dumps. */
  readonly from: number;
  readonly to: number;
  readonly comparison: Comparison;
}

/**
 * Files of -dump-vmstate and VMM surfaces, which have such a dump. `machine`: what each has to be of; without it a surface
 * stands for all its machine types.
 */
export async function loadDumps(
  names: readonly string[],
  machine: string | undefined,
  terminal: Terminal,
): Promise<Result<readonly NamedDump[], Failure>> {
  const loader = new DumpLoader();
  const dumps: NamedDump[] = [];
  for (const name of names) {
    const loaded = await loadDump(loader, name, machine, terminal);
    if (!loaded.ok) return loaded;
    dumps.push({ name, dump: loaded.value });
  }
  return ok(dumps);
}

async function loadDump(
  loader: DumpLoader,
  name: string,
  machine: string | undefined,
  terminal: Terminal,
): Promise<Result<VmstateDump, Failure>> {
  if (isVmmSurface(name)) {
    const surface = await loadVmmSurface(name, terminal);
    return surface.ok ? dumpOfSurface(name, surface.value, machine) : surface;
  }
  const loaded = await loader.load(name);
  if (!loaded.ok) return err(inputFailure(loaded.error));
  if (machine === undefined || loaded.value.machine === machine) return loaded;
  const is = loaded.value.machine ?? 'no machine type that it names';
  const advice = `Dump it again: qemu-system-… -machine ${machine} -dump-vmstate FILE`;
  return err(failure(EXIT.input, `${name}: the dump is of ${is}, not of ${machine}`, advice));
}

/** Our own formats name themselves at their beginning. */
const FORMAT_AT_HEAD: RegExp = new RegExp(`^\\s*\\{\\s*"format"\\s*:\\s*"${VMM_SURFACE_FORMAT}"`);
const HEAD_BYTES = 256;

function isVmmSurface(name: string): boolean {
  if (!existsSync(name)) return recordedVmms().some((recorded) => recorded.name === name);
  return FORMAT_AT_HEAD.test(headOf(name));
}

/** Empty where it cannot be read: reading the whole then says why. A pipe can be read only once. */
function headOf(name: string): string {
  try {
    if (!statSync(name).isFile()) return '';
    const file = openSync(name, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      return head.toString('latin1', 0, readSync(file, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

/** QEMU's dumps are the same for each machine type but for its name. */
function dumpOfSurface(name: string, surface: VmmSurface, machine: string | undefined): Result<VmstateDump, Failure> {
  const machines = dumpedMachines(surface);
  const [first] = machines;
  if (first === undefined) return err(failure(EXIT.input, `${name}: there is no dump of vmstate in it`));
  if (machine !== undefined && !machines.includes(machine)) {
    const advice = `It has ${machines.join(', ')}`;
    return err(failure(EXIT.input, `${name}: ${surface.vmm.name} ${surface.vmm.version} has no ${machine}`, advice));
  }
  const read = readDump(vmstateDump(surface, machine ?? first) ?? {});
  if (!read.ok) return err(failure(EXIT.input, `${name}: ${read.error.path.join('/')}: ${read.error.message}`));
  return ok(machine === undefined ? { ...read.value, machine: null } : read.value);
}

/** Each pair, both ways. */
export function everyPair(dumps: readonly NamedDump[], options: CompareOptions): ComparedDumps[] {
  const comparing = comparer(options);
  return dumps.flatMap((from, i) =>
    dumps.flatMap((to, j) => (i === j ? [] : [{ from: i, to: j, comparison: comparing(from.dump, to.dump) }])),
  );
}

/** One direction of two dumps; indices into them. */
export function onePair(
  dumps: readonly NamedDump[],
  [from, to]: readonly [number, number],
  options: CompareOptions,
): ComparedDumps {
  const [source, destination] = [dumps[from], dumps[to]];
  if (source === undefined || destination === undefined) throw new Error('a pair of dumps that are there');
  return { from, to, comparison: compare(source.dump, destination.dump, options) };
}

/** Dumps of one program for several machine types share their sections: those are compared once. */
function comparer(options: CompareOptions): (from: VmstateDump, to: VmstateDump) => Comparison {
  const known: { readonly from: VmstateDump; readonly to: VmstateDump; readonly comparison: Comparison }[] = [];
  return (from, to) => {
    // What a machine type turns off counts where it is the same on both sides.
    const machine = sharedMachine(from, to);
    const same = known.find(
      (each) =>
        each.from.sections === from.sections &&
        each.to.sections === to.sections &&
        sharedMachine(each.from, each.to) === machine &&
        (each.from.machine === null) === (from.machine === null) &&
        (each.to.machine === null) === (to.machine === null),
    );
    if (same !== undefined) return { ...same.comparison, caveats: caveatsOf(from, to) };
    const comparison = compare(from, to, options);
    known.push({ from, to, comparison });
    return comparison;
  };
}

export function countLevels(findings: readonly Finding[]): Record<Level, number> {
  const counts = Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>;
  for (const { level } of findings) counts[level]++;
  return counts;
}

export function worstOfDumps(compared: readonly ComparedDumps[]): Level {
  return compared.reduce<Level>((worst, { comparison }) => worse(worst, comparison.level), 'same');
}

export function vmstateJson(dumps: readonly NamedDump[], compared: readonly ComparedDumps[]): string {
  const document = vmstateComparisonSchema.encode({
    format: VMSTATE_COMPARISON_FORMAT,
    dumps: dumps.map(({ name, dump }) => ({ name, machine: dump.machine, sections: dump.sections.size })),
    comparisons: compared.map(({ from, to, comparison: { level, problems, caveats, findings } }) => ({
      from,
      to,
      level,
      counts: countLevels(findings),
      problems,
      caveats,
      findings,
    })),
  });
  return documentText(document);
}
