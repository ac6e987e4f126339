/** Dumps of vmstate as a person names them, every one against every other, and that as a document. */
import { VMSTATE_COMPARISON_FORMAT, vmstateComparisonSchema } from '../format/index.ts';
import { DumpLoader, compare } from '../interop/qemu/vmstate/index.ts';
import type { CompareOptions, Comparison, Finding, VmstateDump } from '../interop/qemu/vmstate/index.ts';
import { LEVELS, err, ok, worse } from '../model/index.ts';
import type { Level, Result } from '../model/index.ts';
import { documentText } from './emit.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { inputFailure } from './input.ts';

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

/** `machine`: what each has to be of. */
export async function loadDumps(
  names: readonly string[],
  machine: string | undefined,
): Promise<Result<readonly NamedDump[], Failure>> {
  const loader = new DumpLoader();
  const dumps: NamedDump[] = [];
  for (const name of names) {
    const loaded = await loader.load(name);
    if (!loaded.ok) return err(inputFailure(loaded.error));
    if (machine !== undefined && loaded.value.machine !== machine) {
      const is = loaded.value.machine ?? 'no machine type that it names';
      return err(
        failure(
          EXIT.input,
          `${name}: the dump is of ${is}, not of ${machine}`,
          `Dump it again: qemu-system-… -machine ${machine} -dump-vmstate FILE`,
        ),
      );
    }
    dumps.push({ name, dump: loaded.value });
  }
  return ok(dumps);
}

/** Each pair, both ways; the directions of one pair stand together. */
export function everyPair(dumps: readonly NamedDump[], options: CompareOptions): ComparedDumps[] {
  return dumps.flatMap((from, i) =>
    dumps.flatMap((to, j) => (i === j ? [] : [{ from: i, to: j, comparison: compare(from.dump, to.dump, options) }])),
  );
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
