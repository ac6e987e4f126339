/**
 * A template applied to a guest CPU configuration that was dumped without one: what a guest with it is configured with
 * (src/vmm/src/cpu_config/{x86_64,aarch64}/mod.rs, apply_template). Bits that Firecracker writes over a template stay as
 * the dump has them.
 */
import { canonicalSections } from '../../arch/index.ts';
import { fingerprint } from '../../format/index.ts';
import { err, fromHex, hex, isHex, ok } from '../../model/index.ts';
import type { Hex, Json, Result, Section, Surface } from '../../model/index.ts';
import { applied } from './bitmap.ts';
import type { Bits } from './bitmap.ts';
import { BOOT_MSRS, normalizationOf } from './normalization.ts';
import { rowsOf } from './rows.ts';
import type { CpuTemplate } from './template.ts';

/**
 * Firecracker refuses a template that speaks of a leaf, an MSR or a register that the host does not have; so does this,
 * with a sentence. vCPU features decide which registers there are, which nobody can work out from a dump without them:
 * refused too. Which capabilities are looked for changes no value.
 */
export function applyTemplate(surface: Surface, template: CpuTemplate): Result<Surface, string> {
  const [feature] = template.features;
  if (feature !== undefined) {
    return err(
      `the template sets vCPU features (word ${feature.index}), which decide what registers a guest has: dump a guest that was started with it`,
    );
  }
  if (template.architecture !== null && template.architecture !== surface.architecture) {
    return err(`the template is of ${template.architecture}, and this of ${surface.architecture}`);
  }
  const sections: Record<string, Section> = { ...surface.sections };
  for (const { section, list, changes } of parts(surface, template)) {
    if (changes.length === 0) continue;
    const changed = change(sections[section], list, changes);
    if (!changed.ok) return changed;
    sections[section] = changed.value;
  }
  const { architecture } = surface;
  return ok({ ...surface, sections, fingerprint: fingerprint({ architecture, sections }, canonicalSections) });
}

/** One row, and what becomes of its members. */
interface Change {
  readonly where: Readonly<Record<string, Hex>>;
  readonly members: Readonly<Record<string, Bits>>;
  readonly flags?: number;
}

interface Part {
  readonly section: string;
  readonly list: string;
  readonly changes: readonly Change[];
}

function parts(surface: Surface, { cpuid, msrs, registers }: CpuTemplate): readonly Part[] {
  const vendor = surface.host?.cpu.vendor ?? vendorOf(surface);
  return [
    {
      section: 'firecracker.cpuid',
      list: 'entries',
      changes: cpuid.map(({ leaf, subleaf, flags, registers: bits }): Change => ({
        where: { leaf, subleaf },
        flags,
        members: Object.fromEntries(
          bits.map(({ register, ...each }) => {
            const rows = normalizationOf(vendor, Number(leaf), Number(subleaf), register);
            return [
              register,
              without(
                each,
                rows.reduce((sum, { mask }) => sum | mask, 0n),
              ),
            ];
          }),
        ),
      })),
    },
    {
      section: 'firecracker.msrs',
      list: 'list',
      changes: msrs.map(({ index, ...bits }): Change => ({
        where: { index },
        members: { value: BOOT_MSRS.has(Number(index)) ? without(bits, bits.mask) : bits },
      })),
    },
    {
      section: 'firecracker.registers',
      list: 'registers',
      changes: registers.map(({ id, ...bits }): Change => ({ where: { id }, members: { value: bits } })),
    },
  ];
}

const without = ({ mask, value }: Bits, kept: bigint): Bits => ({ mask: mask & ~kept, value: value & ~kept });

/** The vendor string of leaf 0: ebx, edx, ecx. Empty where there is none. */
export function vendorOf(surface: Surface): string {
  const row = rowsOf(surface.sections['firecracker.cpuid'], 'entries').find(({ leaf }) => leaf === '0x0');
  const bytes = ['ebx', 'edx', 'ecx'].flatMap((register) => {
    const value = valueOf(row?.[register]) ?? 0n;
    return [0n, 8n, 16n, 24n].map((shift) => Number((value >> shift) & 0xffn));
  });
  return String.fromCharCode(...bytes.filter((byte) => byte !== 0));
}

const valueOf = (held: Json | undefined): bigint | null =>
  typeof held === 'string' && isHex(held) ? fromHex(held) : null;

function change(section: Section | undefined, list: string, changes: readonly Change[]): Result<Section, string> {
  const rows = [...rowsOf(section, list)];
  for (const { where, members, flags } of changes) {
    const at = rows.findIndex((row) => Object.entries(where).every(([key, wanted]) => row[key] === wanted));
    const row = rows[at];
    const named = Object.entries(where).map(([key, wanted]) => `${key} ${wanted}`);
    if (row === undefined) return err(`the capture has no ${named.join(' ')}, which the template changes`);
    const changed: Record<string, Json> = { ...row };
    for (const [name, bits] of Object.entries(members)) {
      const old = valueOf(row[name]);
      if (old === null) return err(`the capture has no ${named.join(' ')} ${name}, which the template changes`);
      changed[name] = hex(applied(old, bits));
    }
    if (flags !== undefined) changed['flags'] = flags;
    rows[at] = changed;
  }
  return ok({ outcome: 'measured', data: { [list]: rows } });
}
