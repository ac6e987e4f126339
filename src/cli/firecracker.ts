/** Firecracker's files as a person names them: captures, and templates that go with one. Parsers are loaded when needed. */
import { describeDocumentError, readDocument } from '../format/index.ts';
import type { CpuTemplate, Fault } from '../interop/firecracker/index.ts';
import { err, ok } from '../model/index.ts';
import type { Json, Result, Surface } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import type { NamedSurface } from './input.ts';

/** A fingerprint or a guest CPU configuration, told by its shape; null for what is neither. */
export async function readFirecracker(name: string, json: Json): Promise<Result<Surface, Failure> | null> {
  const { isFingerprint, isTemplate, openBits, readFingerprint, readGuestConfig, readTemplate } =
    await import('../interop/firecracker/index.ts');
  if (isFingerprint(json)) return placed(name, readFingerprint(json));
  if (!isTemplate(json)) return null;
  const template = readTemplate(json);
  const open = template.ok ? openBits(template.value) : null;
  const config = readGuestConfig(json);
  if (config.ok || !template.ok || !isPartial(template.value, open)) return placed(name, config);
  const message = `${name}: this is a CPU template, which says what is changed and not what a guest then has${open === null ? '' : ` (${open} leaves bits open)`}`;
  return err(
    failure(EXIT.input, message, `With the capture that it changes: evenkeel contract pin CAPTURE --template ${name}`),
  );
}

/** A template rather than a configuration with a fault in it: it leaves something open, or speaks of no register. */
function isPartial({ cpuid, msrs, registers }: CpuTemplate, open: string | null): boolean {
  return open !== null || cpuid.length + registers.length === 0 || (cpuid.length === 0) !== (msrs.length === 0);
}

export async function loadTemplate(path: string): Promise<Result<CpuTemplate, Failure>> {
  const document = await readDocument(path);
  if (!document.ok) return err(failure(EXIT.input, describeDocumentError(document.error)));
  const { isTemplate, readTemplate } = await import('../interop/firecracker/index.ts');
  if (document.value.kind !== 'foreign' || !isTemplate(document.value.json)) {
    return err(failure(EXIT.input, `${path}: this is no CPU template of Firecracker`, TEMPLATES));
  }
  return placed(path, readTemplate(document.value.json));
}

const TEMPLATES =
  'A template is JSON with cpuid_modifiers and msr_modifiers, or reg_modifiers (docs/cpu_templates of Firecracker).';

/** The captures as guests with the template are configured there; only what Firecracker dumped can be changed by one. */
export async function withTemplate(
  surfaces: readonly NamedSurface[],
  path: string | undefined,
): Promise<Result<readonly NamedSurface[], Failure>> {
  if (path === undefined) return ok(surfaces);
  const template = await loadTemplate(path);
  if (!template.ok) return template;
  const { applyTemplate } = await import('../interop/firecracker/index.ts');
  const applied: NamedSurface[] = [];
  for (const each of surfaces) {
    if (!isFirecrackers(each.surface)) {
      const message = `${each.name}: a CPU template changes what Firecracker configures, which this surface does not say`;
      return err(failure(EXIT.input, message, 'Give a fingerprint, or what "template dump" wrote, of that host.'));
    }
    const changed = applyTemplate(each.surface, template.value);
    if (!changed.ok) return err(failure(EXIT.input, `${path}, for ${each.name}: ${changed.error}`));
    applied.push({ ...each, name: `${each.name} with ${path}`, surface: changed.value });
  }
  return ok(applied);
}

export function isFirecrackers({ sections }: Surface): boolean {
  return ['firecracker.cpuid', 'firecracker.registers'].some((name) => sections[name]?.outcome === 'measured');
}

function placed<T>(name: string, read: Result<T, Fault>): Result<T, Failure> {
  return read.ok ? read : err(failure(EXIT.input, `${name}: ${read.error.pointer}: ${read.error.message}`));
}
