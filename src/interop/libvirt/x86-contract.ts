/**
 * A domain as a contract: what its XML states of the guest, and nothing else. libvirt names single bits; that QEMU gives the
 * guest more (its model's signature, caches, leaves without names) is true and not stated, so every area of the machine stays
 * unknown beside what is promised of it.
 */
import { registryFor } from '../../arch/index.ts';
import { promisedMask } from '../../engine/addition-units.ts';
import { CONTRACT_FORMAT, err, ok } from '../../model/index.ts';
import type { Contract, Promised, Result } from '../../model/index.ts';
import type { X86Map } from './cpu-map.ts';
import { readDefinition } from './definition.ts';
import type { CpuDefinition } from './definition.ts';
import type { DomainParts } from './locate.ts';
import { characterWords, combined, ofBits } from './stated-words.ts';
import type { StatedWord } from './stated-words.ts';
import { guestBits } from './x86-cpu-bits.ts';
import { unknownAreas } from './unknown-areas.ts';
import { PHYSICAL_BITS_WORD, VENDOR_WORDS } from './x86-switches.ts';
import { readSwitches } from './x86-read-switches.ts';
import { fault } from './xml.ts';
import type { XmlFault } from './xml.ts';

/** A contract, and what a person has to know of it. */
export interface GuestContract {
  readonly contract: Contract;
  readonly notes: readonly string[];
}

const UNSTATED = "libvirt's XML states only bits that its CPU map has a name for";

export function x86Contract(parts: DomainParts, map: X86Map, name: string): Result<GuestContract, XmlFault> {
  if (parts.cpu === null) {
    return err(fault(parts.line, "the domain has no <cpu>: its CPU is QEMU's default, which libvirt does not state"));
  }
  const definition = readDefinition(parts.cpu);
  if (!definition.ok) return definition;
  const dependent = dependsOnHost(definition.value);
  if (dependent !== null) return err(dependent);
  const bits = guestBits(definition.value, map);
  if (!bits.ok) return bits;
  const switches = readSwitches(parts);
  if (!switches.ok) return switches;
  const words = combined(
    [...ofBits(bits.value.on, bits.value.off), ...switches.value.words, ...vendorWords(definition.value, map)],
    physicalBits(definition.value),
  );
  const machine = parts.os?.children.find((child) => child.name === 'type')?.attributes.get('machine');
  return ok({
    contract: {
      format: CONTRACT_FORMAT,
      architecture: 'x86_64',
      name: parts.name ?? name,
      pinnedFrom: [],
      promises: promisesOf(words),
      carries: [],
      unknown: unknownAreas('x86_64', UNSTATED),
      choices: machine === undefined ? {} : { machine },
    },
    notes: [...notesOf(definition.value, machine), ...switches.value.notes],
  });
}

/** Null for a definition that says itself what the guest has. */
export function dependsOnHost({ mode, model, line }: CpuDefinition): XmlFault | null {
  if (mode === 'custom') {
    return model === null ? fault(line, '<cpu> names no model: what the guest has is not said') : null;
  }
  const advice =
    mode === 'host-model'
      ? "what it is there says 'virsh domcapabilities', and of a running guest 'virsh dumpxml'"
      : 'pin the contract from the surface of that host';
  return fault(line, `mode='${mode}': the guest's CPU depends on the host; ${advice}`);
}

/** By `<vendor>` the host has to be that vendor's, whose string the guest then reads; `vendor_id` replaces it. */
function vendorWords({ model, vendor }: CpuDefinition, map: X86Map): StatedWord[] {
  const text = model?.vendorId ?? (vendor === null ? undefined : map.vendors.get(vendor));
  return text === undefined ? [] : characterWords(VENDOR_WORDS, text);
}

function physicalBits({ physicalBits: bits }: CpuDefinition): StatedWord[] {
  return bits === null ? [] : [{ word: PHYSICAL_BITS_WORD, mask: 0xffn, value: bits }];
}

/** Without what nobody promises: OSXSAVE, topology. */
function promisesOf(words: readonly StatedWord[]): Promised[] {
  const registry = registryFor('x86_64');
  return words.flatMap(({ word, mask, value }) => {
    const width = word.startsWith('msr/') ? 64 : 32;
    const promised = mask & promisedMask(registry, { path: word, width });
    return promised === 0n ? [] : [{ word, width, value: value & promised, mask: promised }];
  });
}

function notesOf({ check, match, model }: CpuDefinition, machine: string | undefined): string[] {
  return [
    ...(check === 'full'
      ? []
      : [
          `${check === null ? 'no check' : `check='${check}'`}: what the running guest has besides is not stated; its live XML says it`,
        ]),
    ...(match === 'minimum' ? ["match='minimum': the guest gets what its host has besides"] : []),
    ...(model?.fallback === 'allow' && check !== 'full'
      ? ["fallback='allow': where QEMU lacks the model, libvirt takes another one"]
      : []),
    ...(machine === undefined ? [] : [machineNote(machine)]),
  ];
}

/** `pc-q35-7.2` came with QEMU 7.2, and loads in no older one. */
export function machineNote(machine: string): string {
  const version = /-(\d+\.\d+)$/.exec(machine)?.[1];
  return version === undefined
    ? `machine type ${machine}: what it stands for depends on the QEMU that runs it`
    : `machine type ${machine}: it needs QEMU ${version} or newer`;
}
