/** Contracts as arguments of QEMU: `-machine`, `-accel`, `-cpu`, one property for each element that this version can set. */
import { VMM_PROFILES } from '../../../arch/vmm/index.ts';
import type { QemuVersion } from '../../../arch/vmm/qemu-version.ts';
import { err, ok } from '../../../model/index.ts';
import type { Contract, Exported, ExportOutcome, Registry, Result, VmmProfile } from '../../../model/index.ts';
import { exported } from '../../export.ts';
import type { PromisedField } from '../../export.ts';
import { arm64Arguments } from './arm64/arguments.ts';
import { argumentList, argumentText } from './arguments.ts';
import type { QemuArguments } from './arguments.ts';
import { machineType } from './machine.ts';
import { promisesOf } from './promise.ts';
import { rowOutcome } from './row.ts';
import { x86Arguments } from './x86/arguments.ts';

export { argumentList } from './arguments.ts';
export type { Property, QemuArguments } from './arguments.ts';

export interface QemuExport {
  readonly version: QemuVersion;
  /** The CPU model to start from; default: the one that leaves nothing to chance. */
  readonly model?: string | undefined;
  /** The machine type; default: the newest of this version. */
  readonly machine?: string | undefined;
}

/** What one architecture makes of a contract. */
export interface Chosen {
  readonly arguments: QemuArguments;
  readonly notes: readonly string[];
  /** Null where only the profile's row knows. */
  readonly outcome: (promised: PromisedField) => ExportOutcome | null;
}

const MODEL = /^[A-Za-z0-9][\w.+-]*$/;

/** The arguments alone; the error is one sentence for people. */
export function qemuArguments(contract: Contract, options: QemuExport): Result<Chosen, string> {
  const { architecture } = contract;
  if (options.model !== undefined && !MODEL.test(options.model))
    return err(`${options.model} is no name of a CPU model`);
  const machine = machineType(architecture, options.version, options.machine);
  if (!machine.ok) return machine;
  const wanted = { ...options, machine: machine.value };
  const promises = promisesOf(contract);
  return architecture === 'x86_64' ? ok(x86Arguments(promises, wanted)) : arm64Arguments(promises, wanted);
}

/** With what becomes of each promised element. */
export function exportQemu(registry: Registry, contract: Contract, options: QemuExport): Result<Exported, string> {
  const chosen = qemuArguments(contract, options);
  if (!chosen.ok) return chosen;
  const profile = profileOf(options.version);
  const list = argumentList(chosen.value.arguments);
  return ok(
    exported(registry, contract, {
      target: profile.name,
      artefact: { text: argumentText(list), arguments: list },
      notes: chosen.value.notes,
      outcome: (promised) => chosen.value.outcome(promised) ?? rowOutcome(registry, profile, contract, promised),
    }),
  );
}

function profileOf(version: QemuVersion): VmmProfile {
  const found = VMM_PROFILES.find(({ name }) => name === `qemu:${version}`);
  if (found === undefined) throw new Error(`no profile of QEMU ${version}`);
  return found;
}
