/**
 * A guest CPU configuration (`cpu-template-helper template dump`, and the guest_cpu_config of a fingerprint): what a
 * Firecracker guest was configured with, in the form of a template that leaves no bit open. As sections of a surface it
 * has values and no latitude, and lacks all that Firecracker does not dump: quirks, XSAVE, interrupt controllers,
 * capabilities, and the MSRs and registers that its documents name (docs/cpu_templates/cpu-template-helper.md).
 */
import { canonicalSections } from '../../arch/index.ts';
import { fingerprint } from '../../format/index.ts';
import { SURFACE_FORMAT, hex } from '../../model/index.ts';
import type { Architecture, Hex, Json, Result, Section, Surface } from '../../model/index.ts';
import { allOnes } from './bitmap.ts';
import type { Bits } from './bitmap.ts';
import { CPUID_REGISTERS, registerBits, templateAt } from './template.ts';
import type { CpuTemplate, CpuidModifier, CpuidRegister } from './template.ts';
import { member, stop, walk } from './walk.ts';
import type { At, Fault } from './walk.ts';

export type Sections = Readonly<Record<string, Section>>;

/** Where the first bit is that a template leaves open; null for one that says all, which is a configuration. */
export function openBits({ cpuid, msrs, registers }: CpuTemplate): string | null {
  const first = <Row extends Bits>(rows: readonly Row[], bits: (row: Row) => number): number =>
    rows.findIndex((row) => row.mask !== allOnes(bits(row)));
  for (const [leaf, modifier] of cpuid.entries()) {
    const at = first(modifier.registers, () => 32);
    if (at >= 0) return `/cpuid_modifiers/${leaf}/modifiers/${at}/bitmap`;
    if (modifier.registers.length < CPUID_REGISTERS.length) return `/cpuid_modifiers/${leaf}/modifiers`;
  }
  const msr = first(msrs, () => 64);
  if (msr >= 0) return `/msr_modifiers/${msr}/bitmap`;
  const register = first(registers, ({ id }) => registerBits(id));
  return register < 0 ? null : `/reg_modifiers/${register}/bitmap`;
}

/** The configuration at this place, or a fault where it leaves a bit open. */
export function configAt(root: At): { readonly architecture: Architecture; readonly sections: Sections } {
  const config = templateAt(root, 'dump');
  const open = openBits(config);
  if (open !== null) {
    const message = 'leaves bits open: a configuration has a 0 or a 1 for each bit of each register';
    stop({ value: null, pointer: `${root.pointer}${open}` }, message);
  }
  if (member(root, 'reg_modifiers').value !== undefined) {
    const registers = config.registers.map(({ id, value }) => ({ id, value: hex(value) }));
    return { architecture: 'arm64', sections: { 'firecracker.registers': measured({ registers }) } };
  }
  for (const name of ['cpuid_modifiers', 'msr_modifiers']) {
    if (member(root, name).value === undefined) stop(member(root, name), 'is missing');
  }
  const entries = config.cpuid.map(cpuidRow);
  const list = config.msrs.map(({ index, value }) => ({ index, value: hex(value) }));
  return {
    architecture: 'x86_64',
    sections: { 'firecracker.cpuid': measured({ entries }), 'firecracker.msrs': measured({ list }) },
  };
}

const measured = (data: Json): Section => ({ outcome: 'measured', data });

/** All four are there: the configuration leaves nothing open. */
function cpuidRow({ leaf, subleaf, flags, registers }: CpuidModifier): Json {
  const value = (name: CpuidRegister): Hex => hex(registers.find(({ register }) => register === name)?.value ?? 0n);
  return { leaf, subleaf, flags, eax: value('eax'), ebx: value('ebx'), ecx: value('ecx'), edx: value('edx') };
}

/** `template dump` says nothing of the host: what there is of one is what the values themselves say. */
export function readGuestConfig(document: Json): Result<Surface, Fault> {
  return walk(() => {
    const { architecture, sections } = configAt({ value: document, pointer: '' });
    return {
      format: SURFACE_FORMAT,
      architecture,
      host: null,
      recorded: {
        at: null,
        by: 'Firecracker template dump',
        method: 'import',
        command: null,
        environment: {},
        milliseconds: null,
        ioctls: null,
      },
      sections,
      fingerprint: fingerprint({ architecture, sections }, canonicalSections),
    };
  });
}
