/**
 * `<cpu>` as libvirt has it in domains, in capabilities and as the host-model of domain capabilities: the same children in
 * each, read strictly. Source: libvirt's formatdomain, "CPU model and topology", and cputypes.rng.
 */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { unsigned } from './numbers.ts';
import { attribute, childOf, childrenOf, fault } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

const MODES = ['custom', 'host-model', 'host-passthrough', 'maximum'] as const;
const MATCHES = ['exact', 'minimum', 'strict'] as const;
const CHECKS = ['none', 'partial', 'full'] as const;
const FALLBACKS = ['allow', 'forbid'] as const;
const POLICIES = ['force', 'require', 'optional', 'disable', 'forbid'] as const;

export type Policy = (typeof POLICIES)[number];

export interface NamedFeature {
  readonly name: string;
  /** Hosts have no policies: what they list they have, which is `require`. */
  readonly policy: Policy;
  readonly line: number;
}

export interface CpuDefinition {
  readonly line: number;
  readonly mode: (typeof MODES)[number];
  readonly match: (typeof MATCHES)[number];
  /** Null where it is not said: libvirt then chooses. */
  readonly check: (typeof CHECKS)[number] | null;
  readonly model: {
    readonly name: string;
    readonly line: number;
    readonly fallback: (typeof FALLBACKS)[number];
    /** The guest's vendor string, whatever the host's. */
    readonly vendorId: string | null;
  } | null;
  /** libvirt's name: the host has to be of this vendor. */
  readonly vendor: string | null;
  readonly features: readonly NamedFeature[];
  /** Bits of a physical address; null where it is not said, or is as many as the host has. */
  readonly physicalBits: bigint | null;
  /** From capabilities, displayed, decimal. */
  readonly signature: { readonly family: number; readonly model: number; readonly stepping: number } | null;
}

export function readDefinition(element: XmlElement): Result<CpuDefinition, XmlFault> {
  const model = readModel(element);
  if (!model.ok) return model;
  const features = readFeatures(element);
  if (!features.ok) return features;
  const mode = oneOf(element, 'mode', MODES, 'custom');
  if (!mode.ok) return mode;
  const match = oneOf(element, 'match', MATCHES, 'exact');
  if (!match.ok) return match;
  const check = oneOf(element, 'check', CHECKS, null);
  if (!check.ok) return check;
  const address = childOf(element, 'maxphysaddr');
  const bits =
    address === undefined || address.attributes.get('mode') !== 'emulate' ? ok(null) : unsigned(address, 'bits', 8);
  if (!bits.ok) return bits;
  const signature = readSignature(element);
  if (!signature.ok) return signature;
  return ok({
    line: element.line,
    mode: mode.value,
    match: match.value,
    check: check.value,
    model: model.value,
    vendor: childOf(element, 'vendor')?.text ?? null,
    features: features.value,
    physicalBits: bits.value,
    signature: signature.value,
  });
}

function readModel(element: XmlElement): Result<CpuDefinition['model'], XmlFault> {
  const model = childOf(element, 'model');
  if (model === undefined) return ok(null);
  if (model.text === '') return err(fault(model.line, '<model> names no model'));
  const fallback = oneOf(model, 'fallback', FALLBACKS, 'allow');
  if (!fallback.ok) return fallback;
  const vendorId = model.attributes.get('vendor_id') ?? null;
  if (vendorId !== null && !/^[\x20-\x7e]{12}$/.test(vendorId)) {
    return err(fault(model.line, `vendor_id='${vendorId}' is not 12 characters long`));
  }
  return ok({ name: model.text, line: model.line, fallback: fallback.value, vendorId });
}

function readFeatures(element: XmlElement): Result<readonly NamedFeature[], XmlFault> {
  const features = new Map<string, NamedFeature>();
  for (const child of childrenOf(element, 'feature')) {
    const name = attribute(child, 'name');
    if (!name.ok) return name;
    const policy = oneOf(child, 'policy', POLICIES, 'require');
    if (!policy.ok) return policy;
    const before = features.get(name.value);
    if (before !== undefined) {
      return err(fault(child.line, `feature '${name.value}' is there twice, first in line ${before.line}`));
    }
    features.set(name.value, { name: name.value, policy: policy.value, line: child.line });
  }
  return ok([...features.values()]);
}

function readSignature(element: XmlElement): Result<CpuDefinition['signature'], XmlFault> {
  const child = childOf(element, 'signature');
  if (child === undefined) return ok(null);
  const numbers: number[] = [];
  for (const name of ['family', 'model', 'stepping']) {
    const number = unsigned(child, name, 16);
    if (!number.ok) return number;
    numbers.push(Number(number.value));
  }
  const [family = 0, model = 0, stepping = 0] = numbers;
  return ok({ family, model, stepping });
}

function oneOf<Value extends string, Absent extends Value | null>(
  element: XmlElement,
  name: string,
  values: readonly Value[],
  absent: Absent,
): Result<Value | Absent, XmlFault> {
  const written = element.attributes.get(name);
  if (written === undefined) return ok(absent);
  const value = values.find((each) => each === written);
  if (value !== undefined) return ok(value);
  return err(fault(element.line, `<${element.name} ${name}='${written}'>: not one of ${values.join(', ')}`));
}
