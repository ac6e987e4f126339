/**
 * What a guest reads in words that no property is for, given the settings: cpu_x86_cpuid and kvm_msr_entry_add_vmx, as far as
 * they do not ask the host.
 */
import { qemuLegacyCache } from '../../../../arch/vmm/qemu-caches.ts';
import { isSince } from '../../../../arch/vmm/qemu-version.ts';
import type { WordPath } from '../../../../model/index.ts';
import type { Promises } from '../promise.ts';
import { BASE_MODEL, isAmd } from './settings.ts';
import type { X86Settings } from './settings.ts';

export interface Computed {
  /** Null: it is the host's, and no argument changes it. */
  readonly value: bigint | null;
  readonly why: string;
  /** Bits of a known value that are the host's all the same. */
  readonly hosts?: bigint;
}

/** Null where another rule is about the word. */
export function computed(settings: X86Settings, promises: Promises, word: WordPath): Computed | null {
  return (
    besideNumbers(settings, word) ??
    processorState(settings, word) ??
    whileOn(settings, word) ??
    caches(settings, promises, word) ??
    repeated(settings, promises, word) ??
    ownLeaves(settings, word)
  );
}

const bit = (settings: X86Settings, word: WordPath, number: number): boolean =>
  (((settings.features.get(word)?.value ?? 0n) >> BigInt(number)) & 1n) === 1n;

const known = (value: bigint, why: string): Computed => ({ value, why });
const host = (why: string): Computed => ({ value: null, why });

/** The rest of words of which properties give some bits. */
function besideNumbers(settings: X86Settings, word: WordPath): Computed | null {
  if (word === 'cpuid/0x1:0/eax') return known(0n, 'QEMU leaves reserved bits 0');
  if (word !== 'cpuid/0x80000008:0/eax') return null;
  // cpu_x86_virtual_addr_width, of CPUs with long mode.
  const long = bit(settings, 'cpuid/0x80000001:0/edx', 29);
  const wide = bit(settings, 'cpuid/0x7:0/ecx', 16);
  return known(long ? (wide ? 57n : 48n) << 8n : 0n, 'the width of virtual addresses follows from la57');
}

/** XCR0's components and the features that bring them: x86_ext_save_areas, x86_cpu_enable_xsave_components. */
const COMPONENTS: readonly (readonly [components: bigint, word: WordPath, bit: number])[] = [
  [0x4n, 'cpuid/0x1:0/ecx', 28], // AVX
  [0x18n, 'cpuid/0x7:0/ebx', 14], // MPX
  [0xe0n, 'cpuid/0x7:0/ebx', 16], // AVX-512
  [0x200n, 'cpuid/0x7:0/ecx', 3], // PKU
  [0x6_0000n, 'cpuid/0x7:0/edx', 24], // AMX
];

function processorState(settings: X86Settings, word: WordPath): Computed | null {
  const [, subleaf, register] = /^cpuid\/0xd:([0-9a-f]+)\/(e[a-d]x)$/.exec(word) ?? [];
  if (subleaf === undefined || register === undefined) return null;
  if (!bit(settings, 'cpuid/0x1:0/ecx', 26)) return known(0n, 'without xsave the leaf is 0');
  const components = COMPONENTS.reduce(
    (all, [some, from, number]) => all | (bit(settings, from, number) ? some : 0n),
    3n,
  );
  switch (`${subleaf}/${register}`) {
    case '0/eax':
      return known(components, 'XCR0 follows from the features');
    case '0/edx':
    case '1/edx':
      return known(0n, 'XCR0 and XSS follow from the features');
    case '1/ecx':
      return supervisorState(settings);
    case '0/ebx':
    case '0/ecx':
    case '1/ebx':
      return host("places of processor state are those of the host's CPU");
    default:
      return component(Number.parseInt(subleaf, 16), register, components);
  }
}

/** Bytes of each component: x86_ext_save_areas; QEMU ends where the host has another size (kvm_cpu_xsave_init). */
const SIZES: Readonly<Record<number, bigint>> = {
  2: 256n,
  3: 64n,
  4: 64n,
  5: 64n,
  6: 512n,
  7: 1024n,
  9: 8n,
  17: 64n,
  18: 8192n,
};

/** ESA_FEATURE_ALIGN64_MASK and ESA_FEATURE_XFD_MASK: as the host says. */
const ALIGNED_AND_XFD = 0x6n;

function component(number: number, register: string, components: bigint): Computed {
  // XSS has none but architectural LBRs' (15), which is the host's.
  if (number === 15) return host("places of processor state are those of the host's CPU");
  if (((components >> BigInt(number)) & 1n) === 0n) return known(0n, 'the features do not bring this component');
  switch (register) {
    case 'eax':
      return known(SIZES[number] ?? 0n, 'the size of a component is fixed');
    case 'ebx':
      return host("places of processor state are those of the host's CPU");
    case 'ecx':
      return {
        value: 0n,
        hosts: ALIGNED_AND_XFD,
        why: "alignment and XFD of processor state are those of the host's CPU",
      };
    default:
      return known(0n, 'QEMU leaves reserved bits 0');
  }
}

/** XSS: architectural LBRs; what CET adds, which only 11.1 has, was not read. */
function supervisorState(settings: X86Settings): Computed {
  const cet = bit(settings, 'cpuid/0x7:0/ecx', 7) || bit(settings, 'cpuid/0x7:0/edx', 20);
  if (cet) return host('XSS with CET was not read');
  const lbr = settings.pmu && bit(settings, 'cpuid/0x7:0/edx', 19) && bit(settings, 'cpuid/0xd:1/eax', 3);
  return known(lbr ? 0x8000n : 0n, 'XSS follows from the features');
}

interface Gate {
  readonly leaf: RegExp;
  readonly word: WordPath;
  readonly bit: number;
  readonly name: string;
  /** What the leaf then has; null: what the host shows. */
  readonly values: Readonly<Record<WordPath, bigint>> | null;
}

const GATES: readonly Gate[] = [
  { leaf: /^cpuid\/0x12:/, word: 'cpuid/0x7:0/ebx', bit: 2, name: 'sgx', values: null },
  {
    leaf: /^cpuid\/0x14:/,
    word: 'cpuid/0x7:0/ebx',
    bit: 25,
    name: 'intel-pt',
    // INTEL_PT_MAX_SUBLEAF, INTEL_PT_MINIMAL_EBX and _ECX, INTEL_PT_MTC_BITMAP and so on.
    values: {
      'cpuid/0x14:0/eax': 0x1n,
      'cpuid/0x14:0/ebx': 0xfn,
      'cpuid/0x14:0/ecx': 0x7n,
      'cpuid/0x14:1/eax': 0x249_0002n,
      'cpuid/0x14:1/ebx': 0x3f_1fffn,
    },
  },
  { leaf: /^cpuid\/0x1c:/, word: 'cpuid/0x7:0/edx', bit: 19, name: 'arch-lbr', values: null },
  {
    leaf: /^cpuid\/0x1[de]:/,
    word: 'cpuid/0x7:0/edx',
    bit: 24,
    name: 'amx-tile',
    // INTEL_AMX_*: Sapphire Rapids'.
    values: {
      'cpuid/0x1d:0/eax': 0x1n,
      'cpuid/0x1d:1/eax': 0x400_2000n,
      'cpuid/0x1d:1/ebx': 0x8_0040n,
      'cpuid/0x1d:1/ecx': 0x10n,
      'cpuid/0x1e:0/ebx': 0x4010n,
    },
  },
  {
    leaf: /^cpuid\/0x8000000a:0\/e[ab]x/,
    word: 'cpuid/0x80000001:0/ecx',
    bit: 2,
    name: 'svm',
    values: { 'cpuid/0x8000000a:0/eax': 0x1n, 'cpuid/0x8000000a:0/ebx': 0x10n },
  },
  { leaf: /^cpuid\/0x80000022:0\/ebx/, word: 'cpuid/0x80000022:0/eax', bit: 0, name: 'perfmon-v2', values: null },
];

/** Of these leaves a contract promises what is no topology. */
const TOPOLOGY = /^cpuid\/0x(?:b|1f|8000001e):|^cpuid\/0x80000008:0\/ecx$/;

function whileOn(settings: X86Settings, word: WordPath): Computed | null {
  if (word.startsWith('cpuid/0xa:')) {
    return settings.pmu ? host("pmu=on shows the host's PMU") : known(0n, 'pmu=off');
  }
  if (word.startsWith('cpuid/0x8000001f:')) return known(0n, 'without a SEV object the leaf is 0');
  if (TOPOLOGY.test(word)) return known(0n, 'QEMU leaves what is not topology 0');
  const gate = GATES.find(({ leaf }) => leaf.test(word));
  if (gate === undefined) return null;
  if (!bit(settings, gate.word, gate.bit)) return known(0n, `without ${gate.name} the leaf is 0`);
  return gate.values === null
    ? host(`${gate.name} shows what the host has`)
    : known(gate.values[word] ?? 0n, `QEMU's constants with ${gate.name}`);
}

function caches({ version, model, cpu }: X86Settings, promises: Promises, word: WordPath): Computed | null {
  const vendorOnly = cpu.some(({ name, value }) => name === 'x-vendor-cpuid-only' && value === 'on');
  const value = qemuLegacyCache(version, { amd: isAmd(promises), vendorOnly }, word);
  if (!/^cpuid\/0x(?:2|4|80000005|80000006|8000001d):/.test(word)) return null;
  if (model === BASE_MODEL && value !== null) return known(value, "QEMU's own caches: the model has none");
  return host(`caches are those of the model ${model}, and were not read`);
}

/** Values that stand twice. */
function repeated({ version }: X86Settings, promises: Promises, word: WordPath): Computed | null {
  const of = (source: WordPath): Computed => known(promises.get(source)?.value ?? 0n, `repeats ${source}`);
  if (word === 'cpuid/0x80000001:0/eax') return of('cpuid/0x1:0/eax');
  const vendor = /^cpuid\/0x80000000:0\/(e[bcd]x)$/.exec(word)?.[1];
  if (vendor === undefined) return null;
  // Intel's CPUs have no vendor there: x-vendor-cpuid-only-v2, since 10.1.
  return isSince(version, '11.1') && !isAmd(promises)
    ? known(0n, 'only AMD has a vendor here')
    : of(`cpuid/0x0:0/${vendor}`);
}

/** "KVMKVMKVM", zero-filled; the highest leaf. */
const KVM_SIGNATURE: Readonly<Record<WordPath, bigint>> = {
  'cpuid/0x40000000:0/eax': 0x4000_0001n,
  'cpuid/0x40000000:0/ebx': 0x4b4d_564bn,
  'cpuid/0x40000000:0/ecx': 0x564b_4d56n,
  'cpuid/0x40000000:0/edx': 0x4dn,
};

function ownLeaves({ kvm }: X86Settings, word: WordPath): Computed | null {
  const signature = KVM_SIGNATURE[word];
  if (signature === undefined) return null;
  return kvm ? known(signature, "KVM's signature, kvm=on") : known(0n, 'kvm=off');
}
