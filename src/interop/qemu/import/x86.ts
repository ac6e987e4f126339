/**
 * An x86 guest's view as words with the bits that are known: feature-words are what cpu_x86_cpuid gives the guest, less what
 * follows from run-time state or topology; numbers come from the properties that they were set with.
 */
import { QEMU_HYPERV, QEMU_HYPERV_NUMBERS } from '../../../arch/vmm/qemu-hyperv.ts';
import { msrs } from '../../../arch/vmm/patterns.ts';
import { QEMU_NAMES } from '../../../arch/x86/tables/qemu-names.ts';
import { CPUID_REGISTERS, cpuidWord } from '../../../arch/x86/paths.ts';
import { err, ok } from '../../../model/index.ts';
import type { Json, Result, WordPath } from '../../../model/index.ts';
import { HYPERV_VENDOR, hypervWords } from '../export/x86/hyperv.ts';
import { isObject } from '../qmp/index.ts';
import { printed } from './ask.ts';
import type { GuestView, ImportFault, Vcpu } from './ask.ts';
import type { KnownWord } from './known.ts';
import { numberOf, registersOf, rowsOf, switchOf, textOf, unsigned } from './values.ts';

const NUMBERS = [
  'level',
  'level-func7',
  'xlevel',
  'family',
  'model',
  'stepping',
  'phys-bits',
  'guest-phys-bits',
  'ucode-rev',
  'tsc-frequency',
] as const;
const TEXTS = ['vendor', 'model-id', 'hv-vendor-id'] as const;
const SWITCHES = ['pmu', 'kvm', 'kvm-pv-enforce-cpuid', 'hv-enforce-cpuid'] as const;

/** Names of bits of feature MSRs; the bits of CPUID are in feature-words. */
const MSR_NAMES = QEMU_NAMES.filter(({ word, qemu }) => qemu !== null && word.startsWith('msr/'));

export const X86_EACH: readonly string[] = ['feature-words', 'filtered-features'];

export const X86_FIRST: readonly string[] = [
  ...X86_EACH,
  ...NUMBERS,
  ...TEXTS,
  ...SWITCHES,
  ...new Set(MSR_NAMES.flatMap(({ qemu }) => qemu ?? [])),
  ...QEMU_HYPERV.map(({ name }) => name),
  ...QEMU_HYPERV_NUMBERS.map(({ name }) => name),
];

export type Words = ReadonlyMap<WordPath, bigint>;

/** The guest's CPUID feature words, and what was asked for and the host did not give. */
export function featureWords(vcpu: Vcpu, property: 'feature-words' | 'filtered-features'): Result<Words, ImportFault> {
  const listed = vcpu.properties.get(property);
  const rows = rowsOf(listed);
  if (rows === null) return err(`${vcpu.path}: ${property} is ${printed(listed)}: a list is expected`);
  const words = new Map<WordPath, bigint>();
  for (const row of rows) {
    const word = featureWord(row);
    if (word === null) return err(`${vcpu.path}: ${property} has ${printed(row)}, which is no feature word`);
    words.set(word.path, word.value);
  }
  return ok(words);
}

/** qapi/misc-target.json, X86CPUFeatureWordInfo. */
function featureWord(row: Json): { readonly path: WordPath; readonly value: bigint } | null {
  if (!isObject(row)) return null;
  const register = CPUID_REGISTERS.find((name) => name.toUpperCase() === row['cpuid-register']);
  const leaf = unsigned(row['cpuid-input-eax']);
  const subleaf = row['cpuid-input-ecx'] === undefined ? 0n : unsigned(row['cpuid-input-ecx']);
  const value = unsigned(row['features']);
  if (register === undefined || leaf === null || subleaf === null || value === null) return null;
  if (leaf > 0xffff_ffffn || subleaf > 0xffff_ffffn || value > 0xffff_ffffn) return null;
  return { path: cpuidWord(Number(leaf), Number(subleaf), register), value };
}

/** Hyper-V's leaves are not those of KVM, although 5.2 lists them with the same numbers. */
const HYPERV_LEAF = /^cpuid\/0x4000000[3-9a]:/;

export function x86Words({ vcpus, kvm }: GuestView): Result<readonly KnownWord[], ImportFault> {
  const [vcpu] = vcpus;
  const features = featureWords(vcpu, 'feature-words');
  if (!features.ok) return features;
  const words = new Map([...features.value].filter(([word]) => !HYPERV_LEAF.test(word)));
  // Without a PMU the guest reads 0 there, whatever the property says (cpu_x86_cpuid).
  if (switchOf(vcpu, 'pmu') === false) clear(words, 'cpuid/0x1:0/ecx', 15);
  return ok([
    ...[...words].map(([word, value]) => ({ word, width: 32, value, known: ONES })),
    ...identity(vcpu),
    ...addressBits(vcpu, words),
    ...(kvm ? [...underKvm(vcpu, words), ...hyperv(vcpu)] : []),
  ]);
}

const ONES = 0xffff_ffffn;

function clear(words: Map<WordPath, bigint>, word: WordPath, bit: number): void {
  words.set(word, (words.get(word) ?? 0n) & ~(1n << BigInt(bit)));
}

const whole = (word: WordPath, value: bigint): KnownWord => ({ word, width: 32, value, known: ONES });

function identity(vcpu: Vcpu): KnownWord[] {
  const numbers = (
    [
      ['level', 'cpuid/0x0:0/eax'],
      ['level-func7', 'cpuid/0x7:0/eax'],
      ['xlevel', 'cpuid/0x80000000:0/eax'],
    ] as const
  ).flatMap(([name, word]) => {
    const value = numberOf(vcpu, name, 32);
    return value === null ? [] : [whole(word, value)];
  });
  const vendor = named(
    textOf(vcpu, 'vendor'),
    3,
    ['ebx', 'edx', 'ecx'].map((name) => `cpuid/0x0:0/${name}`),
  );
  const brand = ['2', '3', '4'].flatMap((leaf) => CPUID_REGISTERS.map((name) => `cpuid/0x8000000${leaf}:0/${name}`));
  return [...numbers, ...vendor, ...signature(vcpu), ...named(textOf(vcpu, 'model-id'), 12, brand)];
}

function named(text: string | null, count: number, words: readonly WordPath[]): KnownWord[] {
  const registers = text === null ? null : registersOf(text, count);
  return registers === null ? [] : words.map((word, index) => whole(word, registers[index] ?? 0n));
}

/** x86_cpuid_version_set_family and its sisters; leaf 0x80000001 repeats it. */
function signature(vcpu: Vcpu): KnownWord[] {
  const family = numberOf(vcpu, 'family', 9);
  const model = numberOf(vcpu, 'model', 8);
  const stepping = numberOf(vcpu, 'stepping', 4);
  if (family === null || model === null || stepping === null || family > 0x10en) return [];
  const base = family > 0xfn ? 0xf00n | ((family - 0xfn) << 20n) : family << 8n;
  const value = base | ((model & 0xfn) << 4n) | ((model >> 4n) << 16n) | stepping;
  return [whole('cpuid/0x1:0/eax', value), whole('cpuid/0x80000001:0/eax', value)];
}

/** cpu_x86_cpuid, leaf 0x80000008, of CPUs with long mode. */
function addressBits(vcpu: Vcpu, features: Words): KnownWord[] {
  const physical = numberOf(vcpu, 'phys-bits', 8);
  const guest = vcpu.properties.has('guest-phys-bits') ? numberOf(vcpu, 'guest-phys-bits', 8) : 0n;
  const long = ((features.get('cpuid/0x80000001:0/edx') ?? 0n) >> 29n) & 1n;
  if (physical === null || guest === null || long === 0n) return [];
  const linear = ((features.get('cpuid/0x7:0/ecx') ?? 0n) >> 16n) & 1n ? 57n : 48n;
  return [whole('cpuid/0x80000008:0/eax', physical | (linear << 8n) | (guest << 16n))];
}

/** Feature MSRs that a bit of CPUID gives the guest: kvm_init_msrs writes all of them. Of VMX's the rest is the host's. */
const GIVEN_BY: readonly (readonly [index: number, word: WordPath, bit: bigint, rest: boolean])[] = [
  [0x10a, 'cpuid/0x7:0/edx', 29n, true],
  [0xcf, 'cpuid/0x7:0/edx', 30n, true],
  [0x345, 'cpuid/0x1:0/ecx', 15n, true],
  ...[0x480, 0x485, 0x48b, 0x48c, 0x48d, 0x48e, 0x48f, 0x490, 0x491].map(
    (index) => [index, 'cpuid/0x1:0/ecx', 5n, false] as const,
  ),
];

const ALL = 0xffff_ffff_ffff_ffffn;

function underKvm(vcpu: Vcpu, features: Words): KnownWord[] {
  const found = GIVEN_BY.flatMap(([index, gate, bit, rest]): KnownWord[] => {
    if ((((features.get(gate) ?? 0n) >> bit) & 1n) === 0n) return [];
    return msrs(index).map((word) => {
      const bits = MSR_NAMES.filter((row) => row.word === word).flatMap((row) => {
        const on = row.qemu === null ? null : switchOf(vcpu, row.qemu);
        return on === null ? [] : [{ place: 1n << BigInt(row.bit), on }];
      });
      const value = bits.reduce((all, { place, on }) => (on ? all | place : all), 0n);
      return { word, width: 64, value, known: rest ? ALL : bits.reduce((all, { place }) => all | place, 0n) };
    });
  });
  const revision = numberOf(vcpu, 'ucode-rev', 64);
  const frequency = numberOf(vcpu, 'tsc-frequency', 42);
  const enforced = switchOf(vcpu, 'kvm-pv-enforce-cpuid');
  return [
    ...found,
    ...(revision === null || revision === 0n
      ? []
      : msrs(0x8b).map((word) => ({ word, width: 64, value: revision, known: ALL }))),
    ...(frequency === null || frequency === 0n ? [] : [whole('tsc/khz', frequency / 1000n)]),
    ...(enforced === null ? [] : [flag('switch/ENFORCE_PV_FEATURE_CPUID', enforced)]),
  ];
}

const flag = (word: WordPath, on: boolean): KnownWord => ({ word, width: 1, value: on ? 1n : 0n, known: 1n });

function hyperv(vcpu: Vcpu): KnownWord[] {
  const on = QEMU_HYPERV.map(({ name }) => name).filter(
    (name) => switchOf(vcpu, name) === true || textOf(vcpu, name) === 'on',
  );
  const words = new Set([
    ...QEMU_HYPERV.flatMap(({ bits }) => Object.keys(bits)),
    ...QEMU_HYPERV_NUMBERS.map(({ word }) => word),
    ...HYPERV_VENDOR,
    'hyperv/0x40000000:0/eax',
    'hyperv/0x40000001:0/eax',
  ]);
  const numbers = QEMU_HYPERV_NUMBERS.flatMap(({ name, word, shift, width }) => {
    const value = numberOf(vcpu, name, width);
    return value === null ? [] : [{ word, shift, width, value }];
  });
  // x86_cpu_hyperv_realize: the vendor where nobody named one.
  const text = textOf(vcpu, 'hv-vendor-id');
  const registers = registersOf(text === null || text === '' ? 'Microsoft Hv' : text, 3) ?? [];
  const vendor = HYPERV_VENDOR.map((word, index) => ({ word, value: registers[index] ?? 0n }));
  const given = on.length === 0 ? new Map<WordPath, { value: bigint }>() : hypervWords(on, numbers, vendor);
  const synic = on.includes('hv-synic');
  return [
    ...[...words].map((word) => whole(word, given.get(word)?.value ?? 0n)),
    flag('switch/HYPERV_SYNIC2', synic),
    ...(vcpu.properties.has('hv-enforce-cpuid')
      ? [flag('switch/HYPERV_ENFORCE_CPUID', switchOf(vcpu, 'hv-enforce-cpuid') === true)]
      : []),
  ];
}

/** Why a vCPU is not like the first; null where it is. */
export function differs({ vcpus }: GuestView): Result<ImportFault | null, ImportFault> {
  const [first, ...others] = vcpus;
  const wanted = featureWords(first, 'feature-words');
  if (!wanted.ok) return wanted;
  for (const [index, vcpu] of others.entries()) {
    const found = featureWords(vcpu, 'feature-words');
    if (!found.ok) return found;
    const other = [...found.value].find(([word, value]) => wanted.value.get(word) !== value)?.[0];
    if (other !== undefined)
      return ok(`vCPU ${index + 1} differs from vCPU 0 in ${other}: a contract is of vCPUs that are alike`);
  }
  return ok(null);
}
