/**
 * Why a CPU's own answer and libvirt's or QEMU's differ: rules, tried in order, the first that explains a difference
 * counts. A difference that none explains is a fault of a table here or of the decoding.
 *
 * Sources: KVM is arch/x86/kvm of Linux 5.10 to 7.3 (cpuid.c: kvm_set_cpu_caps; vmx.c: vmx_set_cpu_caps; svm.c:
 * svm_set_cpu_caps), QEMU is target/i386 of 10.2 (kvm.c: kvm_arch_get_supported_cpuid; cpu.c: feature_word_info),
 * libvirt is src/cpu and src/cpu_map of 11.3.
 */
import type { Has } from './compare.ts';
import type { Dump } from './corpus.ts';

export interface Place {
  readonly dump: Dump;
  readonly feature: string;
  readonly has: Has;
  readonly says: boolean;
  /** Whether the other side's version knows the name at all. */
  readonly known: boolean;
}

export interface Rule {
  /** The class of the cause, for the table. */
  readonly id: string;
  readonly reason: string;
  readonly source: string;
  readonly explains: (place: Place) => boolean;
}

type Direction = 'only the CPU' | 'only the other' | 'not in the dump';

function rule(
  id: string,
  direction: Direction,
  features: readonly string[] | ((name: string) => boolean),
  reason: string,
  source: string,
  when: (dump: Dump) => boolean = () => true,
): Rule {
  const named =
    typeof features === 'function' ? features : (name: string): boolean => features.includes(name.replaceAll('_', '-'));
  const wanted: Has = direction === 'only the CPU' ? true : direction === 'only the other' ? false : null;
  return {
    id,
    reason,
    source,
    explains: ({ dump, feature, has }) => has === wanted && named(feature) && when(dump),
  };
}

function bit(dump: Dump, word: string, shift: number): boolean {
  return (((dump.words.get(word) ?? 0n) >> BigInt(shift)) & 1n) === 1n;
}

const isAmd = ({ vendor }: Dump): boolean => vendor !== 'GenuineIntel';

export const QEMU_RULES: readonly Rule[] = [
  rule(
    'withheld by KVM',
    'only the CPU',
    ['ds-cpl', 'smx', 'est', 'tm2', 'xtpr', 'dca', 'acpi', 'tm', 'pbe', 'ds', 'dtes64'],
    'power, heat and debug store of the host: KVM gives them to no guest (the last two from 6.0 on where PEBS is given)',
    'kvm_set_cpu_caps, CPUID_1_ECX and CPUID_1_EDX; vmx_set_cpu_caps',
  ),
  rule(
    'withheld by KVM',
    'only the CPU',
    ['extapic', 'ibs', 'skinit', 'wdt', 'lwp', 'nodeid-msr', 'perfctr-nb', 'tce'],
    "AMD's extended APIC space, sampling, secure launch, watchdog, profiling, node id, northbridge counters and translation cache extension: KVM gives them to no guest",
    'kvm_set_cpu_caps, CPUID_8000_0001_ECX',
  ),
  rule(
    'nested SVM',
    'only the CPU',
    ['svm-lock', 'decodeassists', 'lbrv', 'tsc-scale', 'vmcb-clean', 'flushbyasid', 'pause-filter', 'pfthreshold'],
    'of SVM a guest gets what KVM does for its own guests: NPT and NRIPS up to 5.10, others later, the first two never',
    'svm_set_cpu_caps',
    isAmd,
  ),
  rule(
    'nested virtualization off',
    'only the CPU',
    ['vmx', 'svm'],
    'KVM gives it where its module has nested=1, which kvm_intel had by default only later',
    'vmx_set_cpu_caps, svm_set_cpu_caps',
  ),
  rule(
    "the VMM's choice",
    'only the CPU',
    ['monitor'],
    'a guest gets MONITOR where the VMM disables the exits of MWAIT (QEMU: -overcommit cpu-pm=on)',
    'kvm_arch_get_supported_cpuid, enable_cpu_pm',
  ),
  rule(
    "the VMM's choice",
    'only the CPU',
    ['ht', 'topoext'],
    "topology is the VMM's: QEMU sets HT with more than one thread, TOPOEXT where it is asked to",
    'feature_word_info, no_autoenable_flags',
  ),
  rule(
    "the VMM's choice",
    'only the CPU',
    ['invtsc'],
    'QEMU leaves out what cannot migrate to a host of another frequency (migratable=on is the default)',
    'feature_word_info, unmigratable_flags',
  ),
  rule(
    "the VMM's choice",
    'only the CPU',
    ['pdcm'],
    'belongs to the virtual PMU, which is off (pmu=off) in every one of these expansions that tells',
    'x86_cpu_expand_features',
    ({ qemu }) => qemu?.get('pmu') !== true,
  ),
  rule(
    "KVM's parameter",
    'only the CPU',
    ['intel-pt'],
    'KVM gives Processor Trace with kvm_intel.pt_mode=1 alone, and the default is 0',
    'vmx_set_cpu_caps',
  ),
  rule(
    "the host's kernel",
    'only the CPU',
    ['pku'],
    'KVM gives protection keys where the host uses them itself, and its CR4.PKE is off: OSPKE is 0 in the dump',
    'kvm_set_cpu_caps',
    (dump) => !bit(dump, 'cpuid/0x7:0/ecx', 4),
  ),
  rule(
    "the host's kernel",
    'only the CPU',
    ['rdtscp', 'xsaves', 'sha-ni', 'stibp', 'perfctr-core'],
    'KVM of 5.10 gives it; the kernel of the machine where QEMU was asked (the files do not name it) did not yet',
    'kvm_set_cpu_caps of 5.10',
  ),
  rule(
    'from the CR4 of the moment',
    'only the CPU',
    ['osxsave', 'ospke'],
    "the CPU shows what its operating system switched on; a guest's is the guest's own doing",
    'Intel SDM volume 2, CPUID',
  ),
  rule(
    'QEMU answers for itself',
    'only the CPU',
    ['arat'],
    'QEMU takes this bit from its own emulation of the APIC timer, not from the CPU; two of its older versions said no',
    'kvm_arch_get_supported_cpuid, leaf 6',
  ),
  rule(
    'QEMU answers for itself',
    'only the other',
    ['arat', 'hypervisor', 'tsc-deadline'],
    "QEMU's or KVM's own doing, whatever the CPU has",
    'kvm_arch_get_supported_cpuid, leaves 1 and 6',
  ),
  rule(
    'emulated by KVM',
    'only the other',
    ['x2apic', 'tsc-adjust', 'arch-capabilities', 'umip'],
    'KVM does it in software, or (UMIP) by exits of the descriptor-table instructions',
    'kvm_set_cpu_caps; vmx_set_cpu_caps, vmx_umip_emulated',
  ),
  rule(
    "the other vendor's bit",
    'only the other',
    ['ibpb', 'amd-stibp', 'amd-ssbd'],
    "KVM shows what this Intel CPU has against speculation under AMD's bits too",
    'kvm_set_cpu_caps, CPUID_8000_0008_EBX',
    (dump) => !isAmd(dump) && bit(dump, 'cpuid/0x7:0/edx', 26),
  ),
  rule(
    "the other vendor's bit",
    'only the other',
    ['spec-ctrl', 'stibp', 'ssbd'],
    "KVM shows what this AMD CPU has against speculation under Intel's bits too",
    'kvm_set_cpu_caps, CPUID_7_EDX',
    (dump) => isAmd(dump) && bit(dump, 'cpuid/0x80000008:0/ebx', 14),
  ),
  rule(
    'emulated by KVM',
    'only the other',
    ['virt-ssbd'],
    'KVM offers an MSR of its own where the host can switch off store bypass by LS_CFG or SPEC_CTRL',
    'svm_set_cpu_caps',
    isAmd,
  ),
  rule(
    'emulated by KVM',
    'only the other',
    ['pschange-mc-no'],
    'KVM works around that erratum for its guests, or the host has none, so it says so to all',
    'kvm_get_arch_capabilities',
  ),
  rule(
    'paravirtual',
    'not in the dump',
    (name) => name.startsWith('kvm'),
    "a leaf of KVM's, which no CPU has",
    'KVM API document, KVM CPUID bits',
  ),
  rule(
    'not in the dump',
    'not in the dump',
    (name) => name.startsWith('vmx-'),
    "an MSR of VMX's capabilities: libvirt's dumps hold none of them, and with nested virtualization KVM makes them up",
    'the dump; vmx/nested.c, nested_vmx_setup_ctls_msrs',
  ),
  rule(
    'not in the dump',
    'not in the dump',
    ['skip-l1dfl-vmentry'],
    'a bit of ARCH_CAPABILITIES, which the dump does not hold and KVM makes up (it flushes L1D for its guests)',
    'kvm_get_arch_capabilities',
  ),
];

export const HOST_RULES: readonly Rule[] = [
  {
    id: 'a name that libvirt 11.3 did not have yet',
    reason: 'the table of names is of libvirt 12.8',
    source: 'cpu_map/x86_features.xml of both',
    explains: ({ has, says, known }) => has === true && !says && !known,
  },
];

/** Names of one property besides its own (x86_cpu_initfn), where they are not the same with `_` for `-`. */
export const QEMU_ALIASES: Readonly<Record<string, string>> = {
  sse3: 'pni',
  pclmuldq: 'pclmulqdq',
  'sse4-1': 'sse4.1',
  'sse4-2': 'sse4.2',
  sse4_1: 'sse4.1',
  sse4_2: 'sse4.2',
  xd: 'nx',
  ffxsr: 'fxsr-opt',
  i64: 'lm',
};

/** Boolean properties of QEMU's CPUs that stand for no bit of CPUID or of an MSR. */
export const QEMU_SWITCHES: readonly string[] = [
  'check',
  'cpuid-0xb',
  'enforce',
  'fill-mtrr-mask',
  'full-cpuid-auto-level',
  'host-phys-bits',
  'kvm',
  'kvm-no-smi-migration',
  'l3-cache',
  'legacy-cache',
  'lmce',
  'pmu',
  'realized',
  'tcg-cpuid',
  'vmware-cpuid-freq',
  'x-force-features',
  'x-intel-pt-auto-level',
  'x-migrate-smi-count',
];

/** Properties that QEMU 11.1 no longer has and that no table gives a bit. */
export const QEMU_GONE: readonly string[] = ['arch-facilities'];

export function isQemuSwitch(property: string): boolean {
  return QEMU_SWITCHES.includes(property) || QEMU_GONE.includes(property) || /^(x-)?hv-/.test(property);
}
