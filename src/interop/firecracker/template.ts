/**
 * Firecracker's CPU templates: for CPUID registers, MSRs and arm64 registers a bitmap of `0`, `1` and `x`, from the
 * highest bit down; bits that are `x` or left out stay as the host has them, `_` separates. Applied to a fingerprint that
 * was taken without a template they give what a guest with it is configured with (docs/cpu_templates/cpu-templates.md).
 */
import { canonicalSections } from '../../arch/index.ts';
import { fingerprint } from '../../format/index.ts';
import { err, fromHex, hex, ok } from '../../model/index.ts';
import type { Hex, Json, Result, Section, Surface } from '../../model/index.ts';
import { items, member, number, pattern, text, walk } from './walk.ts';
import type { At, Fault } from './walk.ts';

/** The bits of `mask` take the value that they have in `value`. */
interface Bits {
  readonly mask: bigint;
  readonly value: bigint;
}

export interface CpuTemplate {
  readonly cpuid: readonly (Bits & { readonly leaf: Hex; readonly subleaf: Hex; readonly register: string })[];
  readonly msrs: readonly (Bits & { readonly index: Hex })[];
  readonly registers: readonly (Bits & { readonly id: Hex })[];
  /** Capabilities that are asked for or not, and features of KVM_ARM_VCPU_INIT: they act before a guest has registers. */
  readonly beforehand: readonly string[];
}

export function readTemplate(document: Json): Result<CpuTemplate, Fault> {
  return walk(() => {
    const root: At = { value: document, pointer: '' };
    return {
      cpuid: list(root, 'cpuid_modifiers').flatMap((leaf) =>
        items(member(leaf, 'modifiers')).map((at) => ({
          leaf: number(member(leaf, 'leaf'), 32),
          subleaf: number(member(leaf, 'subleaf'), 32),
          register: text(member(at, 'register')),
          ...pattern(member(at, 'bitmap'), 32),
        })),
      ),
      msrs: list(root, 'msr_modifiers').map((at) => ({
        index: number(member(at, 'addr'), 32),
        ...pattern(member(at, 'bitmap'), 64),
      })),
      registers: list(root, 'reg_modifiers').map((at) => ({
        id: number(member(at, 'addr'), 64),
        ...pattern(member(at, 'bitmap'), 128),
      })),
      beforehand: [
        ...list(root, 'kvm_capabilities').map((at) => `KVM capability ${text(at)}`),
        ...list(root, 'vcpu_features').map(
          (at) => `vCPU features of word ${JSON.stringify(member(at, 'index').value)}`,
        ),
      ],
    };
  });
}

function list(root: At, name: string): readonly At[] {
  const at = member(root, name);
  return at.value === undefined ? [] : items(at);
}

/**
 * The fingerprint that a guest with this template would have given. Firecracker refuses a template that speaks of a leaf,
 * an MSR or a register that the host does not have; so does this, with a sentence. What acts beforehand cannot be applied
 * to values, and is refused too.
 */
export function applyTemplate(surface: Surface, template: CpuTemplate): Result<Surface, string> {
  const [first] = template.beforehand;
  if (first !== undefined) return err(`the template changes what a guest is made of (${first}), not values`);
  const sections: Record<string, Section> = { ...surface.sections };
  const parts: readonly (readonly [string, string, readonly Change[]])[] = [
    [
      'firecracker.cpuid',
      'entries',
      template.cpuid.map(({ leaf, subleaf, register, ...bits }) => ({
        where: { leaf, subleaf },
        member: register,
        ...bits,
      })),
    ],
    [
      'firecracker.msrs',
      'list',
      template.msrs.map(({ index, ...bits }) => ({ where: { index }, member: 'value', ...bits })),
    ],
    [
      'firecracker.registers',
      'registers',
      template.registers.map(({ id, ...bits }) => ({ where: { id }, member: 'value', ...bits })),
    ],
  ];
  for (const [name, rows, changes] of parts) {
    if (changes.length === 0) continue;
    const changed = change(sections[name], rows, changes);
    if (!changed.ok) return changed;
    sections[name] = changed.value;
  }
  return ok({
    ...surface,
    sections,
    fingerprint: fingerprint({ architecture: surface.architecture, sections }, canonicalSections),
  });
}

/** One member of the row that `where` names. */
interface Change extends Bits {
  readonly where: Readonly<Record<string, Hex>>;
  readonly member: string;
}

type Row = Readonly<Record<string, Json>>;

function change(section: Section | undefined, name: string, changes: readonly Change[]): Result<Section, string> {
  let rows = rowsOf(section, name);
  for (const { where, member: register, mask, value } of changes) {
    const at = rows.findIndex((row) => Object.entries(where).every(([key, wanted]) => row[key] === wanted));
    const row = rows[at];
    const old = row?.[register];
    if (row === undefined || typeof old !== 'string') {
      const wanted = Object.entries(where).map(([key, wantedValue]) => `${key} ${wantedValue}`);
      return err(`the capture has no ${wanted.join(' ')} ${register}, which the template changes`);
    }
    // What is in a section of this name was written as canonical hex by the reader of fingerprints.
    const changed = hex((fromHex(old as Hex) & ~mask) | value);
    rows = rows.with(at, { ...row, [register]: changed });
  }
  return ok({ outcome: 'measured', data: { [name]: rows } });
}

/** Empty where the surface is no fingerprint. */
function rowsOf(section: Section | undefined, name: string): readonly Row[] {
  if (section?.outcome !== 'measured') return [];
  // As `readFingerprint` writes it: an object with one list of flat objects.
  return (section.data as Readonly<Record<string, readonly Row[]>>)[name] ?? [];
}
