/**
 * Models of libvirt's CPU map. A model may begin as another one, whose features, vendor and signatures it then has unless it
 * says otherwise (src/cpu/cpu_x86.c, x86ModelParseAncestor and the functions after it).
 */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { attribute, childrenOf, fault } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

/** Displayed family and model, as in CPUID leaf 1. */
export interface Signature {
  readonly family: number;
  readonly model: number;
  /** Null: any. */
  readonly steppings: readonly number[] | null;
}

export interface X86Model {
  readonly name: string;
  /** libvirt's name of the vendor; null for models of no vendor. */
  readonly vendor: string | null;
  readonly signatures: readonly Signature[];
  readonly features: ReadonlySet<string>;
  /** Not in `features`: older versions of QEMU's model have it, and libvirt turns it off unless it is named. */
  readonly removed: ReadonlySet<string>;
  /** Not in `features`, and in QEMU's model all the same: libvirt does not look at them unless they are named. */
  readonly added: ReadonlySet<string>;
  /** libvirt describes guests by it; versions of one model are for hosts alone. */
  readonly describesGuests: boolean;
}

export interface ArmModel {
  readonly vendor: string | null;
  /** MIDR_EL1's part number. */
  readonly part: bigint | null;
}

export function x86Model(element: XmlElement, known: ReadonlyMap<string, X86Model>): Result<X86Model, XmlFault> {
  const name = attribute(element, 'name');
  if (!name.ok) return name;
  const [child] = childrenOf(element, 'model');
  const ancestor = child === undefined ? null : (known.get(child.attributes.get('name') ?? '') ?? undefined);
  if (ancestor === undefined) return err(fault(element.line, `model ${name.value} begins as one that is not there`));
  const [decode] = childrenOf(element, 'decode');
  const [vendor] = childrenOf(element, 'vendor');
  const signatures = childrenOf(element, 'signature').map((each): Signature => ({
    family: Number(each.attributes.get('family')),
    model: Number(each.attributes.get('model')),
    steppings: steppingsOf(each.attributes.get('stepping')),
  }));
  const own = childrenOf(element, 'feature');
  const marked = (mark: string): string[] =>
    own
      .filter(({ attributes }) => attributes.get(mark) === 'yes')
      .map(({ attributes }) => attributes.get('name') ?? '');
  const [removed, added] = [new Set(marked('removed')), new Set(marked('added'))];
  const features = new Set([...(ancestor?.features ?? [])].filter((feature) => !ancestor?.removed.has(feature)));
  for (const { attributes } of own) {
    const feature = attributes.get('name') ?? '';
    // What a model itself marks is no part of its bits: QEMU's model has it in some versions only.
    if (!removed.has(feature) && !added.has(feature)) features.add(feature);
  }
  return ok({
    name: name.value,
    vendor: vendor?.attributes.get('name') ?? ancestor?.vendor ?? null,
    signatures: signatures.length > 0 ? signatures : (ancestor?.signatures ?? []),
    features,
    removed,
    added,
    describesGuests: decode?.attributes.get('guest') === 'on',
  });
}

/** `0-5`, `6,7`, `7-15`. */
function steppingsOf(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  return text.split(',').flatMap((range) => {
    const [first, last] = range.split('-').map(Number);
    return first === undefined ? [] : Array.from({ length: (last ?? first) - first + 1 }, (_, at) => first + at);
  });
}

export function armModel(element: XmlElement): Result<ArmModel, XmlFault> {
  const part = childrenOf(element, 'pvr')[0]?.attributes.get('value');
  if (part !== undefined && !/^0x[0-9a-fA-F]{1,4}$/.test(part))
    return err(fault(element.line, `'${part}' is no part number`));
  const vendor = childrenOf(element, 'vendor')[0]?.attributes.get('name') ?? null;
  return ok({ vendor, part: part === undefined ? null : BigInt(part) });
}
