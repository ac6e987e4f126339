/**
 * QEMU's properties of x86 CPUs and machines that are no feature bits, each with the bits of words that a guest gets from it:
 * x86_cpu_properties and the setters of target/i386/cpu.c. Feature bits are in `qemu-cpuid.ts`, Hyper-V's in
 * `qemu-hyperv.ts`.
 */
import type { WordPath } from '../../model/index.ts';
import { msrs } from './patterns.ts';
import { fieldOf, numberProperty, switchProperty } from './qemu-property.ts';
import type { QemuField, QemuProperty } from './qemu-property.ts';

const CPU = 'target/i386/cpu.c, x86_cpu_properties and cpu_x86_cpuid';
const KVM = 'target/i386/kvm/kvm.c';

const word32 = (word: WordPath): QemuField => ({ word, shift: 0, width: 32 });
const SIGNATURE = 'cpuid/0x1:0/eax';
const signature = (shift: number, width: number): QemuField => ({ word: SIGNATURE, shift, width });

const BASE_MODEL = signature(4, 4);
const BASE_FAMILY = signature(8, 4);
const EXTENDED_MODEL = signature(16, 4);
const EXTENDED_FAMILY = signature(20, 8);

const VENDOR = ['ebx', 'edx', 'ecx'].map((register) => `cpuid/0x0:0/${register}`);
const BRAND = ['2', '3', '4'].flatMap((leaf) =>
  ['eax', 'ebx', 'ecx', 'edx'].map((register) => `cpuid/0x8000000${leaf}:0/${register}`),
);

/** What `-cpu` can carry: it splits at commas, and nothing escapes one (x86_cpu_parse_featurestr). */
const CARRIED = /^[ -+\x2d-~]*$/;

function textOf(words: readonly WordPath[], promised: (word: WordPath) => bigint): string {
  const bytes = words.flatMap((word) => [0n, 8n, 16n, 24n].map((shift) => Number((promised(word) >> shift) & 0xffn)));
  return String.fromCharCode(...bytes);
}

const [UCODE_REV = ''] = msrs(0x8b);

/** x86_cpu_realizefn: from 32 to TARGET_PHYS_ADDR_SPACE_BITS; it ends QEMU otherwise. */
const isPhysBits = (bits: bigint): boolean => bits >= 32n && bits <= 52n;

export const QEMU_X86_PROPERTIES: readonly QemuProperty[] = [
  numberProperty('level', word32('cpuid/0x0:0/eax'), '5.2', CPU),
  {
    name: 'vendor',
    on: 'cpu',
    takes: 'NAME',
    fields: VENDOR.map(word32),
    since: '5.2',
    // x86_cpuid_set_vendor: twelve characters, no more and no fewer.
    write: (promised) => {
      const text = textOf(VENDOR, promised);
      return CARRIED.test(text) ? text : null;
    },
    source: CPU,
  },
  {
    name: 'family',
    on: 'cpu',
    takes: 'N',
    fields: [BASE_FAMILY, EXTENDED_FAMILY],
    since: '5.2',
    // x86_cpuid_version_set_family: the extended family counts from 0xf on.
    write: (promised) => {
      const base = fieldOf(BASE_FAMILY, promised(SIGNATURE));
      const extended = fieldOf(EXTENDED_FAMILY, promised(SIGNATURE));
      return base === 0xfn || extended === 0n ? (base + extended).toString() : null;
    },
    source: CPU,
  },
  {
    name: 'model',
    on: 'cpu',
    takes: 'N',
    fields: [BASE_MODEL, EXTENDED_MODEL],
    since: '5.2',
    write: (promised) =>
      ((fieldOf(EXTENDED_MODEL, promised(SIGNATURE)) << 4n) | fieldOf(BASE_MODEL, promised(SIGNATURE))).toString(),
    source: CPU,
  },
  numberProperty('stepping', signature(0, 4), '5.2', CPU),
  numberProperty('level-func7', word32('cpuid/0x7:0/eax'), '5.2', CPU),
  numberProperty('avx10-version', { word: 'cpuid/0x24:0/ebx', shift: 0, width: 8 }, '10.0', CPU),
  numberProperty('xlevel', word32('cpuid/0x80000000:0/eax'), '5.2', CPU),
  {
    name: 'model-id',
    on: 'cpu',
    takes: 'TEXT',
    fields: BRAND.map(word32),
    since: '5.2',
    // x86_cpuid_set_model_id fills the rest with zeros.
    write: (promised) => {
      const text = textOf(BRAND, promised).replace(/\0+$/, '');
      return CARRIED.test(text) ? text : null;
    },
    source: CPU,
  },
  numberProperty('phys-bits', { word: 'cpuid/0x80000008:0/eax', shift: 0, width: 8 }, '5.2', CPU, isPhysBits),
  numberProperty(
    'guest-phys-bits',
    { word: 'cpuid/0x80000008:0/eax', shift: 16, width: 8 },
    '10.0',
    CPU,
    (bits) => bits === 0n || isPhysBits(bits),
  ),
  switchProperty(
    'cpu',
    'kvm-pv-enforce-cpuid',
    ['switch/ENFORCE_PV_FEATURE_CPUID'],
    '7.2',
    `${KVM}, kvm_arch_init_vcpu`,
  ),
  {
    name: 'ucode-rev',
    on: 'cpu',
    takes: 'N',
    fields: [{ word: UCODE_REV, shift: 0, width: 64 }],
    since: '5.2',
    // 0 stands for KVM's default (x86_cpu_realizefn).
    write: (promised) => (promised(UCODE_REV) === 0n ? null : `0x${promised(UCODE_REV).toString(16)}`),
    source: `${KVM}, kvm_init_msrs, has_msr_ucode_rev`,
  },
  {
    name: 'tsc-frequency',
    on: 'cpu',
    takes: 'HZ',
    fields: [word32('tsc/khz')],
    since: '5.2',
    write: (promised) => (promised('tsc/khz') === 0n ? null : (promised('tsc/khz') * 1000n).toString()),
    source: `${KVM}, kvm_arch_set_tsc_khz`,
  },
  {
    name: 'kernel-irqchip',
    on: 'accel',
    takes: 'on|split',
    fields: [word32('switch/SPLIT_IRQCHIP')],
    since: '5.2',
    // Split: 24 pins for the IOAPIC that is left to QEMU.
    write: (promised) =>
      new Map([
        [0n, 'on'],
        [24n, 'split'],
      ]).get(promised('switch/SPLIT_IRQCHIP')) ?? null,
    source: `${KVM}, kvm_arch_irqchip_create`,
  },
  switchProperty(
    'overcommit',
    'cpu-pm',
    ['MWAIT', 'HLT', 'CSTATE'].map((exit) => `switch/DISABLE_EXITS_${exit}`),
    '5.2',
    `${KVM}, kvm_arch_init, KVM_CAP_X86_DISABLE_EXITS`,
  ),
  switchProperty('accel', 'honor-guest-pat', ['quirk/IGNORE_GUEST_PAT'], '11.1', "the program's list of properties", [
    'on',
    'off',
  ]),
];
