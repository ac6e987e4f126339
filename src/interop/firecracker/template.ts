/**
 * Firecracker's custom CPU templates and, in the same form without any `x`, guest CPU configurations: for CPUID
 * registers, MSRs and arm64 registers a bitmap, and what is done before a guest has registers. Read as strictly as
 * Firecracker reads them (src/vmm/src/cpu_config/{x86_64,aarch64}/custom_cpu_template.rs: unknown members of the document
 * denied, numbers with a prefix, bitmaps no wider than the register), and more strictly in one thing: what is there twice
 * is refused, because the two architectures apply such a pair differently. The published schema is
 * docs/cpu_templates/schema.json of its repository.
 */
import { fromHex } from '../../model/index.ts';
import type { Architecture, Hex, Json, Result } from '../../model/index.ts';
import { allOnes, readBitmap } from './bitmap.ts';
import type { Bits } from './bitmap.ts';
import { items, member, number, onlyMembers, optionalItems, refuseTwice, stop, text, walk, whole } from './walk.ts';
import type { At, Fault } from './walk.ts';

export const CPUID_REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const;
export type CpuidRegister = (typeof CPUID_REGISTERS)[number];

export interface CpuidModifier {
  readonly leaf: Hex;
  readonly subleaf: Hex;
  /** Of struct kvm_cpuid_entry2. Firecracker writes them into the entry together with the bits. */
  readonly flags: number;
  readonly registers: readonly (Bits & { readonly register: CpuidRegister })[];
}

export interface CpuTemplate {
  /** Null where nothing in it belongs to one architecture: empty, or checks of capabilities alone. */
  readonly architecture: Architecture | null;
  /**
   * KVM capabilities that Firecracker looks for when it starts, or (`checked` false) no longer looks for. They change
   * whether it starts, and nothing that a guest sees.
   */
  readonly capabilities: readonly { readonly capability: number; readonly checked: boolean }[];
  /** Words of kvm_vcpu_init.features: they decide which registers a guest has at all. */
  readonly features: readonly (Bits & { readonly index: number })[];
  readonly cpuid: readonly CpuidModifier[];
  readonly msrs: readonly (Bits & { readonly index: Hex })[];
  readonly registers: readonly (Bits & { readonly id: Hex })[];
}

const X86_MEMBERS: readonly string[] = ['cpuid_modifiers', 'msr_modifiers'];
const ARM64_MEMBERS: readonly string[] = ['vcpu_features', 'reg_modifiers'];
const MEMBERS: readonly string[] = ['kvm_capabilities', ...X86_MEMBERS, ...ARM64_MEMBERS];

/** True for a document that means to be a template or a guest CPU configuration. */
export function isTemplate(document: Json): boolean {
  return typeof document === 'object' && document !== null && MEMBERS.some((name) => name in document);
}

/** What Firecracker would take for a template. */
export function readTemplate(document: Json): Result<CpuTemplate, Fault> {
  return walk(() => templateAt({ value: document, pointer: '' }, 'register'));
}

/**
 * The same where it is a part of another document. `digits`: how many a bitmap of reg_modifiers may have, the register's
 * own, or the 128 that a dump writes for each.
 */
export function templateAt(root: At, digits: 'register' | 'dump'): CpuTemplate {
  onlyMembers(root, MEMBERS);
  const has = (names: readonly string[]): string | undefined =>
    names.find((name) => member(root, name).value !== undefined);
  const [x86, arm64] = [has(X86_MEMBERS), has(ARM64_MEMBERS)];
  if (x86 !== undefined && arm64 !== undefined) {
    stop(member(root, arm64), `is of arm64, and ${x86} of x86_64: no Firecracker takes both`);
  }
  const list = (name: string): At[] => optionalItems(member(root, name));
  const cpuid = list('cpuid_modifiers').map(cpuidModifier);
  const msrs = list('msr_modifiers').map((at) => ({
    index: number(member(at, 'addr'), 32),
    ...readBitmap(member(at, 'bitmap'), 64),
  }));
  const registers = list('reg_modifiers').map((at) => registerModifier(at, digits));
  const features = list('vcpu_features').map((at) => ({
    index: whole(member(at, 'index'), U32),
    ...readBitmap(member(at, 'bitmap'), 32),
  }));
  refuseTwice(
    member(root, 'msr_modifiers'),
    msrs.map(({ index }) => index),
  );
  refuseTwice(
    member(root, 'reg_modifiers'),
    registers.map(({ id }) => id),
  );
  refuseTwice(
    member(root, 'cpuid_modifiers'),
    cpuid.map(({ leaf, subleaf }) => `${leaf}:${subleaf}`),
  );
  refuseTwice(
    member(root, 'vcpu_features'),
    features.map(({ index }) => `word ${index}`),
  );
  return {
    architecture: x86 !== undefined ? 'x86_64' : arm64 !== undefined ? 'arm64' : null,
    capabilities: list('kvm_capabilities').map(capability),
    features,
    cpuid,
    msrs,
    registers,
  };
}

const U32 = 0xffff_ffff;

/** `"171"`: looked for as well; `"!171"`: no longer looked for. Decimal, unlike all else. */
function capability(at: At): CpuTemplate['capabilities'][number] {
  const match = /^(!?)([0-9]{1,10})$/.exec(text(at));
  const found = Number(match?.[2]);
  if (match === null || found > U32) {
    return stop(at, 'expected the decimal number of a KVM capability, such as "171" or "!171"');
  }
  return { capability: found, checked: match[1] === '' };
}

function cpuidModifier(at: At): CpuidModifier {
  const modifiers = member(at, 'modifiers');
  const registers = items(modifiers).map((each) => ({
    register: cpuidRegister(member(each, 'register')),
    ...readBitmap(member(each, 'bitmap'), 32),
  }));
  refuseTwice(
    modifiers,
    registers.map(({ register }) => register),
  );
  return {
    leaf: number(member(at, 'leaf'), 32),
    subleaf: number(member(at, 'subleaf'), 32),
    flags: whole(member(at, 'flags'), U32),
    registers,
  };
}

function cpuidRegister(at: At): CpuidRegister {
  const written = text(at);
  return CPUID_REGISTERS.find((name) => name === written) ?? stop(at, `expected one of ${CPUID_REGISTERS.join(', ')}`);
}

/** Bits by a register's id (KVM_REG_SIZE_MASK, api.rst, KVM_SET_ONE_REG). */
export function registerBits(id: Hex): number {
  return 8 << Number((fromHex(id) >> 52n) & 0xfn);
}

/** Widths that a template can speak of (custom_cpu_template.rs, validate). */
const REGISTER_WIDTHS: readonly number[] = [32, 64, 128];

export function isRegisterOfTemplates(id: Hex): boolean {
  return REGISTER_WIDTHS.includes(registerBits(id));
}

function registerModifier(at: At, digits: 'register' | 'dump'): Bits & { readonly id: Hex } {
  const id = number(member(at, 'addr'), 64);
  const bits = registerBits(id);
  if (!isRegisterOfTemplates(id)) {
    return stop(member(at, 'addr'), `a register of ${bits} bits; only those of 32, 64 and 128 bits can be modified`);
  }
  const { mask, value } = readBitmap(member(at, 'bitmap'), 128);
  const beyond = digits === 'dump' ? value : mask;
  if (beyond >> BigInt(bits) !== 0n) return stop(member(at, 'bitmap'), `the register has ${bits} bits`);
  return { id, mask: mask & allOnes(bits), value };
}
