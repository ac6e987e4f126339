/** What becomes of one promised element of an x86 guest under libvirt. What libvirt has no word for is QEMU's own doing. */
import { rowFor } from '../../engine/vmm/rows.ts';
import { extract, fieldMask } from '../../model/index.ts';
import type { Contract, ExportOutcome, Registry, VmmProfile } from '../../model/index.ts';
import type { PromisedField } from '../export.ts';
import { rowOutcome } from '../qemu/export/row.ts';
import { contains } from './bits.ts';
import type { Bits } from './bits.ts';
import type { X86Map } from './cpu-map.ts';
import { namedBits } from './x86-cpu-bits.ts';
import type { Description } from './x86-describe.ts';
import {
  HIDDEN_WORDS,
  HYPERV_SWITCHES,
  HYPERV_VENDOR_WORDS,
  PHYSICAL_BITS_WORD,
  PMU_WORDS,
  SPINLOCKS_WORD,
  TSC_WORD,
  VENDOR_WORDS,
} from './x86-switches.ts';
import type { SwitchRow } from './x86-switches.ts';
import { promisedBits } from './x86-wanted.ts';
import type { Promises } from './x86-wanted.ts';
import { KVM_DEFAULTS } from './x86-write-switches.ts';
import type { Switches } from './x86-write-switches.ts';

export interface X86Export {
  readonly registry: Registry;
  readonly contract: Contract;
  readonly promises: Promises;
  readonly map: X86Map;
  /** What QEMU does without being asked. */
  readonly profile: VmmProfile;
  readonly description: Description;
  readonly switches: Switches;
  /** libvirt's name of the promised vendor, where it has one. */
  readonly vendor: string | null;
  /** Bits of a physical address that are written; null where none are promised. */
  readonly physicalBits: bigint | null;
}

const set = (by: string): ExportOutcome => ({ how: 'set', by });
const inherent = (why: string): ExportOutcome => ({ how: 'inherent', why });
const cannot = (why: string): ExportOutcome => ({ how: 'cannot', why });

const PHYSICAL_BITS_MASK = 0xffn;

export function x86Outcome(made: X86Export, promised: PromisedField): ExportOutcome {
  const { word } = promised;
  if (word.startsWith('hyperv/')) return hypervOutcome(made, promised);
  if (HIDDEN_WORDS.includes(word)) return kvmOutcome(made, promised);
  return ofCpu(made, promised) ?? byName(made, promised) ?? byQemu(made, promised);
}

/** Identity, addresses and rate: elements that have an element of XML each. */
function ofCpu({ vendor, switches, physicalBits }: X86Export, { word, field }: PromisedField): ExportOutcome | null {
  if (VENDOR_WORDS.includes(word)) {
    return vendor === null ? cannot("libvirt's CPU map has no such vendor") : set(`<vendor>${vendor}</vendor>`);
  }
  if (word === PHYSICAL_BITS_WORD && fieldMask(field) === PHYSICAL_BITS_MASK && physicalBits !== null) {
    return set(`<maxphysaddr mode='emulate' bits='${physicalBits}'/>`);
  }
  if (word === TSC_WORD && switches.tsc !== null) return set(`<timer name='tsc' frequency='${switches.tsc}'/>`);
  return null;
}

/** Bits that libvirt has names for. Null: it has none. */
function byName(
  { map, description, promises }: X86Export,
  { word, field, value }: PromisedField,
): ExportOutcome | null {
  const mask = fieldMask(field) & (promises.get(word)?.mask ?? 0n);
  if ((mask & ~(namedBits(map).get(word) ?? 0n)) !== 0n) return null;
  const bits: Bits = new Map([[word, mask]]);
  if (touches(description.unsaid.on, bits) || touches(description.unsaid.off, bits)) {
    return cannot('libvirt has one name for this bit and others, which are promised otherwise');
  }
  const named = description.features.find(({ name }) => touches(map.features.get(name)?.bits ?? new Map(), bits));
  if (named !== undefined) return set(`<feature policy='${named.policy}' name='${named.name}'/>`);
  if (value !== 0n) return set(`<model>${description.model.name}</model>`);
  const varies = [...description.model.added, ...description.model.removed].some((name) =>
    contains(map.features.get(name)?.bits ?? new Map(), bits),
  );
  return varies
    ? inherent('QEMU gives no control of VMX to a guest without VMX')
    : set("check='full': libvirt starts no guest that has more than its definition says");
}

function touches(all: Bits, bits: Bits): boolean {
  for (const [word, mask] of bits) if (((all.get(word) ?? 0n) & mask) !== 0n) return true;
  return false;
}

function hypervOutcome({ switches, promises }: X86Export, { word, field, value }: PromisedField): ExportOutcome {
  if (switches.hyperv.length === 0) {
    return value === 0n
      ? inherent("QEMU gives a guest Hyper-V's leaves only where one of its services is turned on")
      : cannot("no service of Hyper-V's that libvirt has a name for is promised");
  }
  const mask = fieldMask(field) & (promises.get(word)?.mask ?? 0n);
  const written = switches.hyperv.find(({ row }) => holds(row, word, mask));
  if (written !== undefined) return set(switchText(written.row, true));
  if (value === 0n && HYPERV_SWITCHES.some((row) => holds(row, word, mask))) {
    return inherent('QEMU turns on no service of Hyper-V that it is not told of');
  }
  if (word === SPINLOCKS_WORD && switches.spinlocks !== null) return set('<hyperv><spinlocks/></hyperv>');
  if (HYPERV_VENDOR_WORDS.includes(word) && switches.hypervVendor !== null) return set('<hyperv><vendor_id/></hyperv>');
  return cannot("QEMU fills in the rest of Hyper-V's leaves by itself");
}

function kvmOutcome({ switches, promises }: X86Export, { word, field, value }: PromisedField): ExportOutcome {
  if (switches.hidden) return set("<kvm><hidden state='on'/></kvm>");
  const mask = fieldMask(field) & (promises.get(word)?.mask ?? 0n);
  const written = switches.kvm.find(({ row }) => holds(row, word, mask));
  if (written !== undefined) return set(switchText(written.row, written.on));
  const given = KVM_DEFAULTS.get(word) ?? KVM_LEAF.get(word) ?? 0n;
  return extract(field, given) === value
    ? inherent('QEMU gives it to every guest of a named CPU model')
    : cannot('QEMU has a property for it, and libvirt no way to write it');
}

/** Leaf 0x40000000: the last leaf and KVM's signature (Documentation/virt/kvm/x86/cpuid.rst). */
const KVM_LEAF: ReadonlyMap<string, bigint> = new Map([
  ['cpuid/0x40000000:0/eax', 0x4000_0001n],
  ['cpuid/0x40000000:0/ebx', 0x4b4d_564bn],
  ['cpuid/0x40000000:0/ecx', 0x564b_4d56n],
  ['cpuid/0x40000000:0/edx', 0x4dn],
]);

function holds({ bits }: SwitchRow, word: string, mask: bigint): boolean {
  return bits.some(([named, bit]) => named === word && (mask & ~bit) === 0n);
}

function switchText({ path }: SwitchRow, on: boolean): string {
  const [outer = '', inner = ''] = path.split('/');
  if (outer === 'timer') return `<timer name='${inner}' present='${on ? 'yes' : 'no'}'/>`;
  if (path === 'apic/eoi') return `<apic eoi='${on ? 'on' : 'off'}'/>`;
  const state = `state='${on ? 'on' : 'off'}'`;
  return inner === '' ? `<${outer} ${state}/>` : `<${outer}><${inner} ${state}/></${outer}>`;
}

/** What libvirt has no word for. */
function byQemu(
  { registry, profile, contract, promises, description }: X86Export,
  promised: PromisedField,
): ExportOutcome {
  const { word, field, value } = promised;
  if (word === 'cpuid/0x80000001:0/edx' && isCopied(promises, fieldMask(field), value)) {
    return inherent("QEMU repeats leaf 1's bits there on AMD");
  }
  const row = rowFor(profile, contract.architecture, word);
  const gate = GATED.find(({ words }) => words.test(word));
  if (gate !== undefined && value === 0n && promisedBits(promises, gate.word, gate.bit) === 0n) {
    return inherent('QEMU gives none of it to a guest without the feature that announces it');
  }
  switch (row?.selects.how) {
    case 'bits': {
      const names = row.selects.names;
      const isNamed = Array.from({ length: field.width }, (_, at) => at + field.shift).some(
        (bit) => names[bit] !== undefined,
      );
      return isNamed
        ? cannot("QEMU has a name for the bit, and libvirt's CPU map has none")
        : rowOutcome(registry, profile, contract, promised);
    }
    case 'property':
    case 'off':
      if (PMU_WORDS.includes(word)) {
        return value === 0n
          ? inherent("QEMU's CPU models have no performance counters unless asked for")
          : cannot("<pmu state='on'/> gives the counters of the host, whatever they are");
      }
      if (SWITCHED.test(word) && value === extract(field, registry.neutral(word) ?? -1n)) {
        return inherent('QEMU does it only where a property asks for it, and libvirt asks for none');
      }
      return ofModel(word)
        ? cannot(`it is what QEMU's model ${description.model.name} has; libvirt has no way to write another`)
        : cannot('QEMU has a property for it, and libvirt no way to write it');
    default:
      return rowOutcome(registry, profile, contract, promised);
  }
}

/** What a VMM turns on, and no host shows by itself. */
const SWITCHED = /^(?:switch|quirk|x2apic)\//;

/** Signature, levels, brand string, caches: part of QEMU's models. */
function ofModel(word: string): boolean {
  return /^cpuid\/0x(0:0\/eax|1:0\/eax|2:0|4:|80000000:0\/eax|8000000[2-6]:0|8000001d:)/.test(word);
}

function isCopied(promises: Promises, mask: bigint, value: bigint): boolean {
  // AMD's definition of the bits that the two leaves share (QEMU: CPUID_EXT2_AMD_ALIASES).
  const COPIED = 0x0183_f3ffn;
  if ((mask & ~COPIED) !== 0n) return false;
  const own = promisedBits(promises, 'cpuid/0x1:0/edx', mask);
  return own !== null && (own !== 0n) === (value !== 0n);
}

/** MSRs that QEMU fills from features, and zeroes where CPUID does not announce them (feature_dependencies). */
const GATED: readonly { readonly words: RegExp; readonly word: string; readonly bit: bigint }[] = [
  { words: /^msr\/MSR_IA32_ARCH_CAPABILITIES$/, word: 'cpuid/0x7:0/edx', bit: 1n << 29n },
  { words: /^msr\/MSR_IA32_CORE_CAPS$/, word: 'cpuid/0x7:0/edx', bit: 1n << 30n },
  { words: /^msr\/MSR_IA32_PERF_CAPABILITIES$/, word: 'cpuid/0x1:0/ecx', bit: 1n << 15n },
  { words: /^msr\/MSR_IA32_VMX_/, word: 'cpuid/0x1:0/ecx', bit: 1n << 5n },
];
