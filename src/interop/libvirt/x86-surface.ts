/**
 * A host as libvirt describes it. `<cpu>` of capabilities: what the CPU has, as a raw dump tells it. The host-model of domain
 * capabilities: what QEMU gives a guest there, which is a view of the guest's machine. Both name single bits, kept as they
 * were named, together with the words that this machine's CPU map has them in.
 */
import { canonicalSections } from '../../arch/index.ts';
import { fingerprint } from '../../format/index.ts';
import { SURFACE_FORMAT, err, hex, ok } from '../../model/index.ts';
import type { Cpu, Result, Section, Surface } from '../../model/index.ts';
import type { X86Map } from './cpu-map.ts';
import { readDefinition } from './definition.ts';
import type { CpuDefinition } from './definition.ts';
import { characterWords, combined, ofBits } from './stated-words.ts';
import type { StatedWord } from './stated-words.ts';
import { hostBits } from './x86-cpu-bits.ts';
import type { StatedBits } from './x86-cpu-bits.ts';
import { VENDOR_WORDS } from './x86-switches.ts';
import { childOf, fault } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

export function x86Host(cpu: XmlElement, map: X86Map): Result<Surface, XmlFault> {
  const read = described(cpu, map);
  return read.ok ? ok(surfaceOf('libvirt.host-features', 'libvirt capabilities', read.value, {})) : read;
}

export function x86HostModel(
  mode: XmlElement,
  capabilities: XmlElement | null,
  map: X86Map,
): Result<Surface, XmlFault> {
  const read = described(mode, map);
  if (!read.ok) return read;
  const about = (name: string): Readonly<Record<string, string>> => {
    const text = childOf(capabilities ?? undefined, name)?.text;
    return text === undefined ? {} : { [name]: text };
  };
  const facts = { ...about('path'), ...about('domain'), ...about('machine') };
  return ok(surfaceOf('libvirt.guest-features', 'libvirt domain capabilities', read.value, facts));
}

interface Described {
  readonly definition: CpuDefinition;
  readonly bits: StatedBits;
  readonly vendor: string | null;
}

function described(element: XmlElement, map: X86Map): Result<Described, XmlFault> {
  const read = readDefinition(element);
  if (!read.ok) return read;
  const definition = read.value;
  if (definition.model === null) return err(fault(element.line, `<${element.name}> names no model`));
  const bits = hostBits(definition, map);
  if (!bits.ok) return bits;
  const name = definition.vendor ?? map.models.get(definition.model.name)?.vendor ?? null;
  const vendor = name === null ? null : (map.vendors.get(name) ?? null);
  return ok({ definition, bits: bits.value, vendor });
}

/** One row of the section: bits of a word that libvirt states, and their value. */
function rowOf({ word, mask, value }: StatedWord): {
  readonly word: string;
  readonly known: string;
  readonly value: string;
} {
  return { word, known: hex(mask), value: hex(value & mask) };
}

function surfaceOf(
  name: string,
  by: string,
  { definition, bits, vendor }: Described,
  facts: Readonly<Record<string, string>>,
): Surface {
  const words = combined(ofBits(bits.on, bits.off), vendor === null ? [] : characterWords(VENDOR_WORDS, vendor));
  const sections: Readonly<Record<string, Section>> = {
    [name]: {
      outcome: 'measured',
      data: { model: definition.model?.name ?? '', domain: facts['domain'] ?? '', words: words.map(rowOf) },
    },
  };
  const { signature } = definition;
  const cpu: Cpu = {
    vendor: vendor ?? 'unknown',
    model: definition.model?.name ?? null,
    ...(signature === null
      ? {}
      : { family: signature.family, modelNumber: signature.model, stepping: signature.stepping }),
    microcode: null,
  };
  return {
    format: SURFACE_FORMAT,
    architecture: 'x86_64',
    host: { kernelRelease: 'unknown kernel', kernelVersion: '', cpu, modules: [], commandLine: [] },
    recorded: { at: null, by, method: 'import', command: null, environment: facts, milliseconds: null, ioctls: null },
    sections,
    fingerprint: fingerprint({ architecture: 'x86_64', sections }, canonicalSections),
  };
}
