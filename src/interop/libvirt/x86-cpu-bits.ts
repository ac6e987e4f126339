/** What a `<cpu>` of x86 states, bit by bit, by the names of this machine's CPU map. */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { bitsOf, minus, union } from './bits.ts';
import type { Bits } from './bits.ts';
import type { X86Map } from './cpu-map.ts';
import type { X86Model } from './cpu-map-models.ts';
import type { CpuDefinition, Policy } from './definition.ts';
import { fault } from './xml.ts';
import type { XmlFault } from './xml.ts';

export interface StatedBits {
  /** Bits that are 1. */
  readonly on: Bits;
  /** Bits that are 0. A bit in neither is not stated. */
  readonly off: Bits;
}

/** Every name that libvirt has for bits: also those of which a definition says nothing. */
export function namedBits(map: X86Map): Bits {
  return bitsOf(map.features, map.features.keys());
}

export function modelOf({ model }: CpuDefinition, map: X86Map): Result<X86Model | null, XmlFault> {
  if (model === null) return ok(null);
  const found = map.models.get(model.name);
  if (found !== undefined) return ok(found);
  return err(fault(model.line, `CPU model '${model.name}' is not in libvirt's CPU map at ${map.directory}`));
}

/** The definition's features by policy; a name that the map does not have is a fault. */
function byPolicy(definition: CpuDefinition, map: X86Map): Result<(...policies: readonly Policy[]) => Bits, XmlFault> {
  const stranger = definition.features.find(({ name }) => !map.features.has(name));
  if (stranger !== undefined) {
    const message = `CPU feature '${stranger.name}' is not in libvirt's CPU map at ${map.directory}`;
    return err(fault(stranger.line, message));
  }
  return ok((...policies) =>
    bitsOf(
      map.features,
      definition.features.filter(({ policy }) => policies.includes(policy)).map(({ name }) => name),
    ),
  );
}

/**
 * A guest's. With check='full' libvirt starts it only where nothing else is on (virCPUx86UpdateLive), so all other names
 * are off, but for those that QEMU's model has in some versions, which libvirt then does not look at. Without, only what is
 * named is stated: QEMU turns on more (x2apic), and drops what the host lacks.
 */
export function guestBits(definition: CpuDefinition, map: X86Map): Result<StatedBits, XmlFault> {
  const model = modelOf(definition, map);
  if (!model.ok) return model;
  const features = byPolicy(definition, map);
  if (!features.ok) return features;
  const given = bitsOf(map.features, model.value?.features ?? []);
  const refused = features.value('disable', 'forbid');
  const either = features.value('optional');
  const on = minus(union(minus(given, either), features.value('require', 'force')), refused);
  // Of a minimum, the guest gets what the host has besides.
  if (definition.check !== 'full' || definition.match === 'minimum') return ok({ on, off: minus(refused, on) });
  const varying = bitsOf(map.features, [...(model.value?.added ?? []), ...(model.value?.removed ?? [])]);
  return ok({ on, off: minus(union(minus(namedBits(map), union(either, varying)), refused), on) });
}

/**
 * A host's, or what a hypervisor gives on it: libvirt wrote down every name whose bits are there. What it keeps from guests
 * that are to migrate is not in that list, and so not known.
 */
export function hostBits(definition: CpuDefinition, map: X86Map): Result<StatedBits, XmlFault> {
  const model = modelOf(definition, map);
  if (!model.ok) return model;
  const features = byPolicy(definition, map);
  if (!features.ok) return features;
  const given = bitsOf(map.features, model.value?.features ?? []);
  const refused = features.value('disable', 'forbid');
  const on = minus(union(given, features.value('require', 'force')), refused);
  const kept = [...map.features.values()].filter(({ migratable }) => !migratable).map(({ name }) => name);
  const hidden = minus(bitsOf(map.features, kept), refused);
  return ok({ on, off: minus(minus(namedBits(map), on), hidden) });
}
