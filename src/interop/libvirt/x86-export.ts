/** A contract of x86 as a `<cpu>` of libvirt's, with `<features>` and `<clock>` where the contract needs them. */
import { VMM_PROFILES } from '../../arch/vmm/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Contract, ExportOutcome, Exported, Registry, Result, VmmProfile } from '../../model/index.ts';
import { exported } from '../export.ts';
import type { PromisedField } from '../export.ts';
import type { X86Map } from './cpu-map.ts';
import { xmlText } from './write-xml.ts';
import type { XmlNode } from './write-xml.ts';
import { describe, hasSignature } from './x86-describe.ts';
import type { Description } from './x86-describe.ts';
import { x86Outcome } from './x86-outcome.ts';
import type { X86Export } from './x86-outcome.ts';
import { PHYSICAL_BITS_WORD } from './x86-switches.ts';
import { promisedBits, promisesOf, wantedOf } from './x86-wanted.ts';
import { switchesOf } from './x86-write-switches.ts';
import type { Switches, WrittenSwitch } from './x86-write-switches.ts';

/** What QEMU does where libvirt says nothing: of the newest version whose sources were read. */
const QEMU = 'qemu:10.0';

export interface LibvirtOptions {
  /** The CPU model to describe it by; default: the one with the smallest difference. */
  readonly model?: string | undefined;
}

/** Model and features, and what becomes of each promised element: for exporters that speak libvirt's names too. */
export interface X86Described {
  readonly description: Description;
  readonly outcome: (promised: PromisedField) => ExportOutcome;
}

export function describeX86(
  registry: Registry,
  contract: Contract,
  map: X86Map,
  { model }: LibvirtOptions = {},
): Result<X86Described & { readonly made: X86Export }, string> {
  const promises = promisesOf(contract);
  const wanted = wantedOf(promises);
  const described = describe(wanted, map, model);
  if (!described.ok) return described;
  const profile = VMM_PROFILES.find(({ name }) => name === QEMU);
  if (profile === undefined) throw new Error(`no profile ${QEMU}`);
  const vendor = [...map.vendors].find(([, text]) => text === wanted.vendor)?.[0] ?? null;
  const physicalBits = promisedBits(promises, PHYSICAL_BITS_WORD, 0xffn);
  const made: X86Export = {
    registry,
    contract,
    promises,
    map,
    profile,
    description: described.value,
    switches: switchesOf(promises),
    vendor,
    physicalBits: physicalBits === 0n ? null : physicalBits,
  };
  return ok({ description: described.value, made, outcome: (promised) => x86Outcome(made, promised) });
}

export function exportX86(
  registry: Registry,
  contract: Contract,
  map: X86Map,
  options: LibvirtOptions = {},
): Result<Exported, string> {
  const described = describeX86(registry, contract, map, options);
  if (!described.ok) return err(described.error);
  const { made, outcome } = described.value;
  const nodes = [cpuNode(made), ...featureNodes(made.switches), ...clockNodes(made.switches)];
  const text = nodes.map((node) => xmlText(node)).join('');
  return ok(exported(registry, contract, { target: 'libvirt', artefact: { text }, notes: notesOf(made), outcome }));
}

function cpuNode({ description, vendor, physicalBits }: X86Export): XmlNode {
  return {
    name: 'cpu',
    attributes: { mode: 'custom', match: 'exact', check: 'full' },
    content: [
      { name: 'model', attributes: { fallback: 'forbid' }, content: description.model.name },
      ...(vendor === null ? [] : [{ name: 'vendor', content: vendor }]),
      ...(physicalBits === null
        ? []
        : [{ name: 'maxphysaddr', attributes: { mode: 'emulate', bits: String(physicalBits) } }]),
      ...description.features.map(({ name, policy }) => ({ name: 'feature', attributes: { policy, name } })),
    ],
  };
}

const state = (on: boolean): Readonly<Record<string, string>> => ({ state: on ? 'on' : 'off' });

function featureNodes({ hidden, hyperv, kvm, spinlocks, hypervVendor, pmu }: Switches): XmlNode[] {
  const inner = (prefix: string, written: readonly WrittenSwitch[]): XmlNode[] =>
    written.flatMap(({ row, on }) => {
      const [outer, name = '', part] = row.path.split('/');
      return outer === prefix && part === undefined && name !== '' ? [{ name, attributes: state(on) }] : [];
    });
  const direct = hyperv.some(({ row }) => row.path === 'hyperv/stimer/direct');
  const services: readonly XmlNode[] = [
    ...inner('hyperv', hyperv).map((node) =>
      node.name === 'stimer' && direct ? { ...node, content: [{ name: 'direct', attributes: state(true) }] } : node,
    ),
    ...(spinlocks === null ? [] : [{ name: 'spinlocks', attributes: { state: 'on', retries: String(spinlocks) } }]),
    ...(hypervVendor === null ? [] : [{ name: 'vendor_id', attributes: { state: 'on', value: hypervVendor } }]),
  ];
  const ofKvm: readonly XmlNode[] = [
    ...(hidden ? [{ name: 'hidden', attributes: state(true) }] : []),
    ...inner('kvm', kvm),
  ];
  const one = (path: string): WrittenSwitch | undefined => kvm.find(({ row }) => row.path === path);
  const [eoi, spin] = [one('apic/eoi'), one('pvspinlock')];
  const children: readonly XmlNode[] = [
    ...(eoi === undefined ? [] : [{ name: 'apic', attributes: { eoi: eoi.on ? 'on' : 'off' } }]),
    ...(services.length === 0 ? [] : [{ name: 'hyperv', content: services }]),
    ...(ofKvm.length === 0 ? [] : [{ name: 'kvm', content: ofKvm }]),
    ...(pmu ? [{ name: 'pmu', attributes: state(true) }] : []),
    ...(spin === undefined ? [] : [{ name: 'pvspinlock', attributes: state(spin.on) }]),
  ];
  return children.length === 0 ? [] : [{ name: 'features', content: children }];
}

function clockNodes({ hyperv, kvm, tsc }: Switches): XmlNode[] {
  const timers = [...hyperv, ...kvm].flatMap(({ row, on }): XmlNode[] => {
    const [outer, name = ''] = row.path.split('/');
    return outer === 'timer' ? [{ name: 'timer', attributes: { name, present: on ? 'yes' : 'no' } }] : [];
  });
  const rate = tsc === null ? [] : [{ name: 'timer', attributes: { name: 'tsc', frequency: String(tsc) } }];
  const all = [...timers, ...rate];
  return all.length === 0 ? [] : [{ name: 'clock', attributes: { offset: 'utc' }, content: all }];
}

function notesOf({ description, map, promises, profile, switches, contract }: X86Export): string[] {
  const { model } = description;
  const { signature } = wantedOf(promises);
  const unnamed = contract.choices['machine'];
  const newer = [...switches.hyperv, ...switches.kvm].flatMap(({ row }) =>
    row.since === undefined ? [] : [`<${row.path.split('/')[1] ?? ''}> needs libvirt ${row.since}`],
  );
  return [
    `names are those of the CPU map at ${map.directory}`,
    `what the definition does not say is QEMU's doing, as of ${profileName(profile)}`,
    ...(signature !== null && model.signatures.length > 0 && !hasSignature(model, signature)
      ? [`no model that suits has the promised signature; ${model.name} is of another CPU`]
      : []),
    ...newer,
    ...(unnamed === undefined ? [] : [`the contract was read from a domain of machine type ${unnamed}: keep it`]),
  ];
}

const profileName = ({ name }: VmmProfile): string => name;
