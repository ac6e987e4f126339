/** Finds in a surface's sections what the registry needs, with a JSON pointer to each fact. */
import type { Section, Surface } from '../../model/index.ts';
import type { Combination, IdRegistersSection, IdRegisterTrial, RegisterRow, VcpusSection } from './sections.ts';

/** The default combination: what a VMM that turns on everything but nested virtualization gives (QEMU's -cpu host). */
export const DEFAULT_VCPU = 'all';

export interface ReadRegister {
  readonly value: string;
  readonly pointer: string;
}

export interface ResolvedVcpu {
  readonly name: string;
  readonly combination: Combination;
  /** By KVM register id in hex. */
  readonly registers: ReadonlyMap<string, ReadRegister>;
  readonly pointer: string;
}

/**
 * A section's data, where it was measured. The data was checked against the format's schema when the file was read, or
 * comes straight from the probe step of that name; `Data` is the type that the step satisfies.
 */
export function dataOf<Data>(surface: Surface, name: string): Data | null {
  const section: Section | undefined = surface.sections[name];
  return section?.outcome === 'measured' ? (section.data as Data) : null;
}

/** Why a section has no data, for people; null where it has. */
export function whyMissing(surface: Surface, name: string): string | null {
  const section: Section | undefined = surface.sections[name];
  if (section === undefined) return `the surface has no section ${name}`;
  switch (section.outcome) {
    case 'measured':
      return null;
    case 'absent':
      return section.reason;
    case 'failed':
      return `${section.call}(${section.detail}): ${section.errno}`;
    case 'deadline':
      return `no answer within ${section.milliseconds} ms: ${section.during}`;
    case 'crashed':
      return `${section.reason}: ${section.during}`;
  }
}

/** The registers of one combination, differences resolved; null where the host could not make such a vCPU. */
export function resolveVcpu(section: VcpusSection, name: string): ResolvedVcpu | null {
  const index = section.combinations.findIndex((candidate) => candidate.name === name);
  const combination = section.combinations[index];
  if (combination === undefined || combination.outcome !== 'created') return null;
  const pointer = `/sections/vcpus/data/combinations/${index}`;
  const rows = (list: readonly RegisterRow[], key: string): (readonly [string, ReadRegister])[] =>
    list.map(([id, value], at) => [id, { value, pointer: `${pointer}/${key}/${at}/1` }]);
  if ('registers' in combination) {
    return { name, combination, pointer, registers: new Map(rows(combination.registers, 'registers')) };
  }
  // A base stands before what refers to it, so this ends.
  const base = combination.base === name ? null : resolveVcpu(section, combination.base);
  if (base === null) return null;
  const registers = new Map(base.registers);
  for (const id of combination.removed) registers.delete(id);
  for (const [id, row] of rows(combination.added, 'added')) registers.set(id, row);
  for (const [id, row] of rows(combination.changed, 'changed')) registers.set(id, row);
  return { name, combination, pointer, registers };
}

/**
 * MIDR_EL1, REVIDR_EL1 and AIDR_EL1 are tried twice: they can be written only in a VM that was made for it (api.rst,
 * KVM_CAP_ARM_WRITABLE_IMP_ID_REGS), which a VMM can do. Undefined for other registers and on hosts without it.
 */
export function implementationTrial({ implementation }: IdRegistersSection, id: string): IdRegisterTrial | undefined {
  return 'registers' in implementation ? implementation.registers.find((row) => row.id === id) : undefined;
}

/** What came of writing an ID register, in the VM that lets most of it be written. */
export function idTrial(section: IdRegistersSection, id: string): IdRegisterTrial | undefined {
  return implementationTrial(section, id) ?? section.registers.find((row) => row.id === id);
}
