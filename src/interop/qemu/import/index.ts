/** A running guest as a contract: what its QEMU tells over QMP, and that nothing is known of the rest. */
import { measure, registryFor } from '../../../arch/index.ts';
import { QEMU_VERSIONS } from '../../../arch/vmm/qemu-version.ts';
import { qemuNames } from '../../../arch/vmm/qemu-cpuid.ts';
import { promisedMask } from '../../../engine/addition-units.ts';
import { CONTRACT_FORMAT, SURFACE_FORMAT, err, ok } from '../../../model/index.ts';
import type { Architecture, Contract, Promised, Registry, Result, Surface } from '../../../model/index.ts';
import type { Qmp } from '../qmp/index.ts';
import { ARM64_EACH, ARM64_FIRST, ARM64_MACHINE, arm64Differs, arm64Words } from './arm64.ts';
import { askGuest, printed } from './ask.ts';
import type { GuestView, ImportFault, Wanted } from './ask.ts';
import type { KnownWord } from './known.ts';
import { X86_EACH, X86_FIRST, differs, featureWords, x86Words } from './x86.ts';

export type { ImportFault } from './ask.ts';

export interface ImportedGuest {
  readonly contract: Contract;
  /** For people: what runs the guest, what it was not given. One sentence each. */
  readonly notes: readonly string[];
}

const WANTED: Wanted = {
  first: (architecture) => (architecture === 'x86_64' ? X86_FIRST : ARM64_FIRST),
  each: (architecture) => (architecture === 'x86_64' ? X86_EACH : ARM64_EACH),
  machine: (architecture) => (architecture === 'x86_64' ? [] : ARM64_MACHINE),
};

/** The guest goes on meanwhile. The error is one sentence for people. */
export async function importGuest(qmp: Qmp, name: string | undefined): Promise<Result<ImportedGuest, ImportFault>> {
  const asked = await askGuest(qmp, WANTED);
  if (!asked.ok) return asked;
  const guest = asked.value;
  const other = guest.architecture === 'x86_64' ? differs(guest) : ok(arm64Differs(guest));
  if (!other.ok) return other;
  if (other.value !== null) return err(other.value);
  const words = guest.architecture === 'x86_64' ? x86Words(guest) : ok(arm64Words(guest));
  if (!words.ok) return words;
  const notes = notesOf(guest);
  return notes.ok ? ok({ contract: contractOf(guest, words.value, name), notes: notes.value }) : notes;
}

function contractOf(guest: GuestView, words: readonly KnownWord[], name: string | undefined): Contract {
  const { architecture } = guest;
  const registry = registryFor(architecture);
  const promises = words.flatMap(({ word, width, value, known }): Promised[] => {
    const mask = promisedMask(registry, { path: word, width }) & known;
    return mask === 0n ? [] : [{ word, width, value: value & ((1n << BigInt(width)) - 1n), mask }];
  });
  return {
    format: CONTRACT_FORMAT,
    architecture,
    name: name ?? guest.name ?? `a guest of QEMU ${versionText(guest)}`,
    pinnedFrom: [],
    promises,
    carries: [],
    unknown: unknownAreas(registry, promises),
    choices: {
      'imported-from': `QMP of QEMU ${versionText(guest)}`,
      accelerator: guest.kvm ? 'kvm' : 'not kvm',
      machine: [
        guest.machine,
        ...[...guest.machineProperties].map(
          ([key, value]) =>
            `${key}=${typeof value === 'boolean' ? (value ? 'on' : 'off') : printed(value).replaceAll('"', '')}`,
        ),
      ].join(','),
      ...(guest.vcpus.length === 1 ? {} : { vcpus: `${guest.vcpus.length}` }),
    },
  };
}

function versionText({ version: { major, minor, micro, package: from } }: GuestView): string {
  return `${major}.${minor}.${micro}${from === '' ? '' : ` (${from})`}`;
}

/** Every area of the architecture: of none QMP tells all. */
function unknownAreas(registry: Registry, promises: readonly Promised[]): Contract['unknown'] {
  const told = new Set(promises.map(({ word }) => registry.area(word)));
  return areasOf(registry.architecture).map((area) => ({
    area,
    why: told.has(area)
      ? 'imported over QMP, which tells what is promised here and nothing of the rest'
      : 'imported over QMP, which tells nothing of it',
  }));
}

/** Those of a surface of which nothing was measured. */
function areasOf(architecture: Architecture): string[] {
  const nothing: Surface = {
    format: SURFACE_FORMAT,
    architecture,
    host: null,
    recorded: { at: null, by: '', method: 'import', command: null, environment: {}, milliseconds: null, ioctls: null },
    sections: {},
    fingerprint: '',
  };
  return [...measure(nothing).areas.keys()];
}

function notesOf(guest: GuestView): Result<readonly string[], ImportFault> {
  const runs = guest.kvm
    ? []
    : [
        'KVM does not run this guest (TCG emulates it, or another accelerator runs it): it shows what that gives, and no KVM host is known to show it.',
      ];
  if (guest.architecture === 'arm64') {
    return ok([
      ...runs,
      'QMP tells nothing of ID registers, the GIC and the other registers: nothing is promised of them.',
    ]);
  }
  const filtered = featureWords(guest.vcpus[0], 'filtered-features');
  if (!filtered.ok) return filtered;
  const names = [...filtered.value].flatMap(([word, value]) => namesOf(word, value));
  return ok([
    ...runs,
    ...(names.length === 0
      ? []
      : [`Asked for, and not given by the host, so that the guest does not have it: ${names.join(', ')}.`]),
  ]);
}

/** As the newest QEMU whose names are known calls the bits; others by their place. */
function namesOf(word: string, value: bigint): string[] {
  const names = qemuNames(QEMU_VERSIONS.at(-1) ?? '11.1', word);
  return Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => ((value >> BigInt(bit)) & 1n) === 1n)
    .map((bit) => names[bit] ?? `${word} bit ${bit}`);
}
