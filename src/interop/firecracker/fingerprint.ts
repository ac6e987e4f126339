/**
 * A fingerprint of Firecracker's cpu-template-helper (`fingerprint dump`): kernel, microcode and BIOS of a host, and
 * what a guest there was configured with, in the form of a CPU template without any `x`: CPUID leaves and MSRs, or on
 * arm64 registers by their KVM ids. Read as a surface it has values and no latitude, and lacks all that Firecracker
 * does not capture (quirks, XSAVE, interrupt controllers, capabilities, and MSRs that its snapshots leave out).
 */
import { canonicalSections } from '../../arch/index.ts';
import { fingerprint } from '../../format/index.ts';
import { SURFACE_FORMAT, fromHex, hex } from '../../model/index.ts';
import type { Architecture, Cpu, Hex, Json, Result, Section, Surface } from '../../model/index.ts';
import { cpuOfLeaves } from '../x86-cpu.ts';
import { bitmap, items, member, number, stop, text, walk, whole } from './walk.ts';
import type { At, Fault } from './walk.ts';

/** True for a document that means to be one; whether it is whole, `readFingerprint` says. */
export function isFingerprint(document: Json): boolean {
  return (
    typeof document === 'object' && document !== null && 'guest_cpu_config' in document && 'kernel_version' in document
  );
}

export function readFingerprint(document: Json): Result<Surface, Fault> {
  return walk(() => {
    const root: At = { value: document, pointer: '' };
    const config = member(root, 'guest_cpu_config');
    const isArm64 = member(config, 'reg_modifiers').value !== undefined;
    const architecture: Architecture = isArm64 ? 'arm64' : 'x86_64';
    const sections = isArm64 ? arm64Sections(config) : x86Sections(config);
    const surface = { architecture, sections };
    return {
      format: SURFACE_FORMAT,
      architecture,
      host: {
        kernelRelease: text(member(root, 'kernel_version')),
        kernelVersion: '',
        cpu: { ...cpuOf(sections), microcode: text(member(root, 'microcode_version')) },
        modules: [],
        commandLine: [],
      },
      recorded: {
        at: null,
        by: `Firecracker ${text(member(root, 'firecracker_version'))} fingerprint`,
        method: 'import',
        command: null,
        environment: {
          biosVersion: text(member(root, 'bios_version')),
          biosRevision: text(member(root, 'bios_revision')),
        },
        milliseconds: null,
        ioctls: null,
      },
      sections,
      fingerprint: fingerprint(surface, canonicalSections),
    };
  });
}

type Sections = Readonly<Record<string, Section>>;

const measured = (data: Json): Section => ({ outcome: 'measured', data });

function x86Sections(config: At): Sections {
  const entries = items(member(config, 'cpuid_modifiers')).map(cpuidRow);
  refuseTwice(
    member(config, 'cpuid_modifiers'),
    entries.map(({ leaf, subleaf }) => `${leaf}:${subleaf}`),
  );
  const msrs = items(member(config, 'msr_modifiers')).map((at) => ({
    index: number(member(at, 'addr'), 32),
    value: bitmap(member(at, 'bitmap'), 64),
  }));
  refuseTwice(
    member(config, 'msr_modifiers'),
    msrs.map(({ index }) => index),
  );
  return { 'firecracker.cpuid': measured({ entries }), 'firecracker.msrs': measured({ list: msrs }) };
}

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const;
const U32 = 0xffff_ffff;

function cpuidRow(
  at: At,
): { readonly leaf: Hex; readonly subleaf: Hex; readonly flags: number } & Record<(typeof REGISTERS)[number], Hex> {
  const modifiers = items(member(at, 'modifiers'));
  const value = (register: string): Hex => {
    const found = modifiers.filter((modifier) => text(member(modifier, 'register')) === register);
    const [only] = found;
    if (only === undefined || found.length > 1) return stop(member(at, 'modifiers'), `expected ${register} once`);
    return bitmap(member(only, 'bitmap'), 32);
  };
  return {
    leaf: number(member(at, 'leaf'), 32),
    subleaf: number(member(at, 'subleaf'), 32),
    flags: whole(member(at, 'flags'), U32),
    eax: value('eax'),
    ebx: value('ebx'),
    ecx: value('ecx'),
    edx: value('edx'),
  };
}

/** Firecracker writes every register with 128 digits; the id says how many of them count (KVM_REG_SIZE_MASK). */
function arm64Sections(config: At): Sections {
  const registers = items(member(config, 'reg_modifiers')).map((at) => {
    const id = number(member(at, 'addr'), 64);
    const value = bitmap(member(at, 'bitmap'), 128);
    const width = 8n << ((fromHex(id) >> 52n) & 0xfn);
    if (fromHex(value) >> width !== 0n) return stop(member(at, 'bitmap'), `the register has ${width} bits`);
    return { id, value };
  });
  refuseTwice(
    member(config, 'reg_modifiers'),
    registers.map(({ id }) => id),
  );
  return { 'firecracker.registers': measured({ registers }) };
}

function refuseTwice(list: At, keys: readonly string[]): void {
  const twice = keys.findIndex((key, index) => keys.indexOf(key) !== index);
  if (twice >= 0) stop({ value: null, pointer: `${list.pointer}/${twice}` }, `${keys[twice] ?? ''} is there twice`);
}

/** MIDR_EL1, KVM's id of it: op0 3, op1 0, CRn 0, CRm 0, op2 0 (KVM API document, KVM_SET_ONE_REG). */
const MIDR = '0x603000000013c000';

/** What the values themselves say of the CPU. */
function cpuOf(sections: Sections): Omit<Cpu, 'microcode'> {
  const registers = rows(sections, 'firecracker.registers', 'registers');
  if (registers.length > 0) {
    const midr = registers.find((row) => row['id'] === MIDR)?.['value'];
    return { vendor: 'unknown', model: null, ...(midr === undefined ? {} : { midr }) };
  }
  const leaves = rows(sections, 'firecracker.cpuid', 'entries');
  return cpuOfLeaves((leaf) => leaves.find((row) => row['leaf'] === hex(leaf) && row['subleaf'] === '0x0'));
}

function rows(sections: Sections, name: string, list: string): readonly Readonly<Record<string, string>>[] {
  const section = sections[name];
  if (section?.outcome !== 'measured') return [];
  // Written above, by this file: a list of flat objects of texts.
  return (section.data as Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>)[list] ?? [];
}
