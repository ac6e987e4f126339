/** Contracts for the exporter's tests: as `contract export` pins them from recorded surfaces. */
import { registryFor } from '../../../../src/arch/index.ts';
import { VMM_PROFILES } from '../../../../src/arch/vmm/index.ts';
import { QEMU_VERSIONS } from '../../../../src/arch/vmm/qemu-version.ts';
import type { QemuVersion } from '../../../../src/arch/vmm/qemu-version.ts';
import { pinSurfaces } from '../../../../src/cli/pin.ts';
import { readDocument } from '../../../../src/format/index.ts';
import { recordedNames } from '../../../../src/cli/recorded.ts';
import { exportQemu } from '../../../../src/interop/qemu/export/index.ts';
import type { QemuExport } from '../../../../src/interop/qemu/export/index.ts';
import type { Contract, Exported, Promised, Surface, VmmProfile } from '../../../../src/model/index.ts';

export function profileOf(version: QemuVersion): VmmProfile {
  const found = VMM_PROFILES.find(({ name }) => name === `qemu:${version}`);
  if (found === undefined) throw new Error(`no profile of ${version}`);
  return found;
}

export interface Recorded {
  readonly name: string;
  readonly surface: Surface;
}

export const RECORDED: readonly Recorded[] = await Promise.all(
  recordedNames().map(async ({ name, path }) => {
    const read = await readDocument(path);
    if (!read.ok || read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
    return { name, surface: read.value.surface };
  }),
);

/** Every recorded surface with every version. */
export const PAIRS: readonly { readonly recorded: Recorded; readonly version: QemuVersion }[] = RECORDED.flatMap(
  (recorded) => QEMU_VERSIONS.map((version) => ({ recorded, version })),
);

/** What a guest of that QEMU has on that host, less the TSC's frequency where a test starts one elsewhere. */
export function contractOf(
  { name, surface }: Recorded,
  version: QemuVersion,
  except: readonly string[] = [],
): Contract {
  const pinned = pinSurfaces([{ kind: 'surface', name, surface }], { vmm: profileOf(version), except });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return pinned.value;
}

export function exportOf(contract: Contract, options: QemuExport): Exported {
  const found = exportQemu(registryFor(contract.architecture), contract, options);
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

/** A contract of these words, each promised as a whole. */
export function promising(words: Readonly<Record<string, bigint>>): Contract {
  const promises = Object.entries(words).map(([word, value]): Promised => {
    const width = word.startsWith('msr/') ? 64 : 32;
    return { word, width, value, mask: (1n << BigInt(width)) - 1n };
  });
  return {
    format: 'evenkeel.contract/1',
    architecture: 'x86_64',
    name: 'test',
    pinnedFrom: [],
    promises,
    carries: [],
    unknown: [],
    choices: {},
  };
}

/** The argument after an option, split at its commas. */
export function argumentOf({ artefact }: Exported, option: string): string[] {
  const list = artefact.arguments ?? [];
  const text = list[list.indexOf(option) + 1];
  if (!list.includes(option) || text === undefined) throw new Error(`no ${option}`);
  return text.split(',');
}
