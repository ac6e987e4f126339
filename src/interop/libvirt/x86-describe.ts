/**
 * Bits as libvirt writes them down: a CPU model, what it lacks and what it has too much. Models are weighed as libvirt does
 * when it describes a guest's CPU (src/cpu/cpu_x86.c, x86Decode, x86DecodeUseCandidate and
 * virCPUx86CompareCandidateFeatureList), so that both choose the same.
 */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { NO_BITS, bitsOf, common, contains, minus, union } from './bits.ts';
import type { Bits } from './bits.ts';
import type { X86Map } from './cpu-map.ts';
import type { X86Model } from './cpu-map-models.ts';
import { QEMU_MODELS } from './tables/qemu-models.ts';
import type { StatedBits } from './x86-cpu-bits.ts';

export interface PolicyFeature {
  readonly name: string;
  /** `optional`: the model has it, and nothing is promised of it (topology); libvirt then turns it on where it can be had. */
  readonly policy: 'require' | 'disable' | 'optional';
}

export interface Description {
  readonly model: X86Model;
  /** First what is required, then what is disabled, then what is left open; each in the map's order. */
  readonly features: readonly PolicyFeature[];
  /** Bits that no name says, or none without saying more. */
  readonly unsaid: StatedBits;
}

export interface Wanted extends StatedBits {
  /** `AuthenticAMD`; null where it is not promised. */
  readonly vendor: string | null;
  /** Displayed; null where it is not promised. */
  readonly signature: { readonly family: number; readonly model: number; readonly stepping: number } | null;
}

/**
 * QEMU sets these whatever the model has (target/i386/kvm/kvm-cpu.c, kvm_default_props; target/i386/cpu.c sets
 * `hypervisor`): said in every case, so that a guest has them or not by its definition alone.
 */
const SET_BY_QEMU: readonly string[] = ['x2apic', 'hypervisor', 'svm', 'monitor', 'acpi'];

/** Of QEMU's models none has a control of VMX where it has no VMX (feature_dependencies): nothing needs to be said then. */
const VMX_MSRS = /^msr\/MSR_IA32_VMX_/;
const VMX = { word: 'cpuid/0x1:0/ecx', bit: 1n << 5n } as const;

/** `model`: the one to take; default the one with the smallest difference. */
export function describe(wanted: Wanted, map: X86Map, model?: string): Result<Description, string> {
  if (model === undefined) {
    const best = bestModel(wanted, map);
    return best === null ? err('no CPU model of libvirt is of this vendor') : ok(descriptionBy(best, wanted, map));
  }
  const named = map.models.get(model);
  return named === undefined
    ? err(`CPU model '${model}' is not in libvirt's CPU map at ${map.directory}`)
    : ok(descriptionBy(named, wanted, map));
}

/** Newest first; a later one in this order has to be better to be taken. */
function bestModel(wanted: Wanted, map: X86Map): X86Model | null {
  let best: { readonly model: X86Model; readonly cost: Cost } | null = null;
  for (const model of [...map.models.values()].toReversed()) {
    if (!model.describesGuests || !isInQemu(model) || !isOfVendor(model, wanted, map)) continue;
    const cost = costOf(model, wanted, map);
    if (best === null || isBetter(model, cost, best, wanted)) best = { model, cost };
  }
  return best?.model ?? null;
}

/** libvirt leaves out what its QEMU does not have (pentiumpro, Icelake-Client). */
function isInQemu({ name }: X86Model): boolean {
  const own = QEMU_MODELS.get(name);
  return own !== undefined && own.gone !== true;
}

function isOfVendor({ vendor }: X86Model, wanted: Wanted, map: X86Map): boolean {
  return vendor === null || wanted.vendor === null || map.vendors.get(vendor) === wanted.vendor;
}

interface Cost {
  readonly all: number;
  readonly disabled: number;
}

/**
 * A feature that is to be turned on costs 1, one that is to be turned off more than the one before, beginning with 2. libvirt
 * counts only half of the latter so, the first ones, and the others as the former: its loop ends where what it still takes
 * for turned on ends, and that end comes nearer with each. Kept, because the same model is to be chosen.
 */
function costOf(model: X86Model, wanted: Wanted, map: X86Map): Cost {
  const { required, disabled } = difference(model, wanted, map);
  const removed = [...model.removed].filter((name) => contains(wanted.off, bitsOf(map.features, [name])));
  const off = new Set([...disabled, ...removed]).size;
  const counted = Math.ceil(off / 2);
  const penalty = (counted * (counted + 3)) / 2;
  return { all: required.length + off - counted + penalty, disabled: penalty };
}

function isBetter(
  model: X86Model,
  cost: Cost,
  best: { readonly model: X86Model; readonly cost: Cost },
  { signature }: Wanted,
): boolean {
  const [here, there] = [hasSignature(model, signature), hasSignature(best.model, signature)];
  if (signature !== null && here !== there) return here;
  return cost.all < best.cost.all || (cost.all === best.cost.all && cost.disabled < best.cost.disabled);
}

export function hasSignature({ signatures }: X86Model, signature: Wanted['signature']): boolean {
  return signatures.some(
    ({ family, model, steppings }) =>
      family === signature?.family &&
      model === signature.model &&
      (steppings === null || steppings.includes(signature.stepping)),
  );
}

interface Difference {
  readonly required: readonly string[];
  readonly disabled: readonly string[];
  readonly unsaid: StatedBits;
}

function difference(model: X86Model, { on, off }: StatedBits, map: X86Map): Difference {
  const given = bitsOf(map.features, model.features);
  const required = named(minus(on, given), map);
  const disabled = named(common(given, off), map);
  return {
    required: required.names,
    disabled: disabled.names,
    unsaid: { on: required.left, off: disabled.left },
  };
}

/** Features in the map's order whose bits are all there, and the bits that none of them has. */
function named(bits: Bits, map: X86Map): { readonly names: readonly string[]; readonly left: Bits } {
  const names: string[] = [];
  let left = bits;
  for (const feature of map.features.values()) {
    if (!contains(left, feature.bits)) continue;
    names.push(feature.name);
    left = minus(left, feature.bits);
  }
  return { names, left };
}

function descriptionBy(model: X86Model, wanted: Wanted, map: X86Map): Description {
  const { required, disabled, unsaid } = difference(model, wanted, map);
  const said = new Set([...required, ...disabled]);
  const hasVmx = ((wanted.on.get(VMX.word) ?? 0n) & VMX.bit) !== 0n;
  const varying = [...SET_BY_QEMU, ...unlikeQemu(model)].filter((name) => map.features.has(name));
  const besides = [...new Set([...varying, ...model.removed, ...model.added])].filter((name) => {
    const bits = map.features.get(name)?.bits;
    return bits !== undefined && !said.has(name) && (hasVmx || ![...bits.keys()].some((word) => VMX_MSRS.test(word)));
  });
  const held = (bits: Bits): string[] => besides.filter((name) => contains(bits, bitsOf(map.features, [name])));
  const stated = union(wanted.on, wanted.off);
  const open = [...new Set([...varying, ...model.features])].filter((name) => {
    const bits = map.features.get(name)?.bits ?? NO_BITS;
    return bits.size > 0 && common(bits, stated).size === 0;
  });
  const inOrder = (names: readonly string[]): string[] =>
    [...map.features.keys()].filter((name) => names.includes(name));
  return {
    model,
    features: [
      ...inOrder([...required, ...held(wanted.on)]).map((name) => ({ name, policy: 'require' as const })),
      ...inOrder([...disabled, ...held(wanted.off)]).map((name) => ({ name, policy: 'disable' as const })),
      ...inOrder(open).map((name) => ({ name, policy: 'optional' as const })),
    ],
    unsaid,
  };
}

/**
 * Features that QEMU's model of that name has and libvirt's has not, or the other way round, in some version of QEMU. libvirt
 * tells QEMU the model's name, and takes what the guest then has too much or too little for a mistake.
 */
function unlikeQemu({ name, features }: X86Model): readonly string[] {
  const own = QEMU_MODELS.get(name);
  if (own === undefined) return [];
  const always = new Set(own.always.split(' '));
  const sometimes = own.sometimes === '' ? [] : own.sometimes.split(' ');
  return [
    ...sometimes,
    ...[...always].filter((feature) => !features.has(feature)),
    ...[...features].filter((feature) => !always.has(feature)),
  ];
}

/** The bits that a definition of a model and features has on, by the map, whatever the host. */
export function resolved({ model, features }: Pick<Description, 'model' | 'features'>, map: X86Map): Bits {
  const by = (policy: PolicyFeature['policy']): Bits =>
    bitsOf(
      map.features,
      features.filter((each) => each.policy === policy).map(({ name }) => name),
    );
  return minus(minus(union(bitsOf(map.features, model.features), by('require')), by('disable')), by('optional'));
}
