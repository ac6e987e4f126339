/** Any XML of libvirt's as a surface or a contract, told by what it holds. */
import { err, ok } from '../../model/index.ts';
import type { Contract, Result, Surface } from '../../model/index.ts';
import { armContract } from './arm-contract.ts';
import { cpuDataSurface } from './cpudata.ts';
import { readArmMap, readX86Map } from './cpu-map.ts';
import type { CpuMapError } from './cpu-map.ts';
import { locate } from './locate.ts';
import type { DomainParts, Located } from './locate.ts';
import { x86Contract } from './x86-contract.ts';
import { x86Host, x86HostModel } from './x86-surface.ts';
import { childOf, fault } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

export type LibvirtDocument =
  | { readonly kind: 'surface'; readonly surface: Surface; readonly notes: readonly string[] }
  | { readonly kind: 'contract'; readonly contract: Contract; readonly notes: readonly string[] };

export type ReadError =
  | { readonly kind: 'xml'; readonly fault: XmlFault }
  /** Names cannot be resolved on this machine. */
  | { readonly kind: 'map'; readonly error: CpuMapError };

const X86: readonly string[] = ['x86_64', 'i686', 'x86'];
const ARM64: readonly string[] = ['aarch64'];

/** `name`: what a contract is called whose domain has no name. `map`: where the CPU map is, if not in its usual place. */
export function readLibvirt(text: string, name: string, map?: string): Result<LibvirtDocument, ReadError> {
  const located = locate(text);
  if (!located.ok) return xmlError(located.error);
  const found = located.value;
  if (found.kind === 'cpudata') {
    const surface = cpuDataSurface(found.root);
    return surface.ok ? ok({ kind: 'surface', surface: surface.value, notes: [] }) : xmlError(surface.error);
  }
  const arch = archOf(found);
  if (arch !== null && ARM64.includes(arch.text)) return readArm(found, arch, name, map);
  if (arch !== null && !X86.includes(arch.text)) {
    return xmlError(fault(arch.line, `'${arch.text}': guests of x86_64 and aarch64 are read`));
  }
  const x86 = readX86Map(map);
  if (!x86.ok) return err({ kind: 'map', error: x86.error });
  // A <cpu> alone does not say its architecture; a model that only ARM's map has does.
  if (arch === null && found.kind === 'domain' && isOfArm(found.parts, x86.value.models, map)) {
    return readArm(found, null, name, map);
  }
  switch (found.kind) {
    case 'host':
      return surfaceRead(x86Host(found.cpu, x86.value));
    case 'host-model':
      return surfaceRead(x86HostModel(found.mode, found.capabilities, x86.value));
    case 'domain': {
      const contract = x86Contract(found.parts, x86.value, name);
      return contract.ok ? ok({ kind: 'contract', ...contract.value }) : xmlError(contract.error);
    }
  }
}

type OfCpu = Exclude<Located, { readonly kind: 'cpudata' }>;

interface Arch {
  readonly text: string;
  readonly line: number;
}

/** As libvirt spells it; null for a part of a domain that does not say. */
function archOf(found: OfCpu): Arch | null {
  const written = (element: XmlElement | undefined): Arch | null =>
    element === undefined ? null : { text: element.text, line: element.line };
  switch (found.kind) {
    case 'host':
      return written(childOf(found.cpu, 'arch'));
    case 'host-model':
      return written(childOf(found.capabilities ?? undefined, 'arch'));
    case 'domain': {
      const type = childOf(found.parts.os ?? undefined, 'type');
      const arch = type?.attributes.get('arch');
      return type === undefined || arch === undefined ? null : { text: arch, line: type.line };
    }
  }
}

function isOfArm(parts: DomainParts, x86: ReadonlyMap<string, unknown>, map: string | undefined): boolean {
  const model = childOf(parts.cpu ?? undefined, 'model')?.text;
  if (model === undefined || x86.has(model)) return false;
  const arm = readArmMap(map);
  return arm.ok && arm.value.models.has(model);
}

function readArm(
  found: OfCpu,
  arch: Arch | null,
  name: string,
  directory: string | undefined,
): Result<LibvirtDocument, ReadError> {
  if (found.kind !== 'domain') {
    const message = "libvirt says nothing of an aarch64 host's registers: take a surface of it (evenkeel host probe)";
    return xmlError(fault(arch?.line ?? null, message));
  }
  const map = readArmMap(directory);
  if (!map.ok) return err({ kind: 'map', error: map.error });
  const contract = armContract(found.parts, map.value, name);
  return contract.ok ? ok({ kind: 'contract', ...contract.value }) : xmlError(contract.error);
}

function surfaceRead(surface: Result<Surface, XmlFault>): Result<LibvirtDocument, ReadError> {
  return surface.ok ? ok({ kind: 'surface', surface: surface.value, notes: [] }) : xmlError(surface.error);
}

function xmlError(xml: XmlFault): Result<never, ReadError> {
  return err({ kind: 'xml', fault: xml });
}
