/**
 * Standard traits of x86 CPUs: os-traits (os_traits/hw/cpu/x86/), read in October 2026, with the libvirt features that each
 * stands for. `reported`: nova's libvirt driver gives it to a host that has the feature (nova/virt/libvirt/utils.py,
 * CPU_TRAITS_MAPPING, which goes by libvirt's names). A flavor that requires a trait that nobody reports finds no host.
 */
export interface TraitRow {
  readonly trait: string;
  /** libvirt's names; all of them. Empty where libvirt has none. */
  readonly features: readonly string[];
  readonly reported: boolean;
  readonly note?: string;
}

const reported = (trait: string, feature: string): TraitRow => ({
  trait: `HW_CPU_X86_${trait}`,
  features: [feature],
  reported: true,
});
const known = (trait: string, features: readonly string[], note?: string): TraitRow => ({
  trait: `HW_CPU_X86_${trait}`,
  features,
  reported: false,
  ...(note === undefined ? {} : { note }),
});

export const TRAITS: readonly TraitRow[] = [
  reported('3DNOW', '3dnow'),
  reported('ABM', 'abm'),
  reported('AESNI', 'aes'),
  reported('AVX', 'avx'),
  reported('AVX2', 'avx2'),
  reported('AVX512BITALG', 'avx512bitalg'),
  reported('AVX512BW', 'avx512bw'),
  reported('AVX512CD', 'avx512cd'),
  reported('AVX512DQ', 'avx512dq'),
  reported('AVX512ER', 'avx512er'),
  reported('AVX512F', 'avx512f'),
  reported('AVX512GFNI', 'gfni'),
  reported('AVX512IFMA', 'avx512ifma'),
  reported('AVX512PF', 'avx512pf'),
  reported('AVX512VAES', 'vaes'),
  reported('AVX512VBMI', 'avx512vbmi'),
  reported('AVX512VBMI2', 'avx512vbmi2'),
  reported('AVX512VL', 'avx512vl'),
  reported('AVX512VNNI', 'avx512vnni'),
  reported('AVX512VPCLMULQDQ', 'vpclmulqdq'),
  reported('AVX512VPOPCNTDQ', 'avx512-vpopcntdq'),
  reported('BMI', 'bmi1'),
  reported('BMI2', 'bmi2'),
  reported('CLMUL', 'pclmuldq'),
  reported('F16C', 'f16c'),
  reported('FMA3', 'fma'),
  reported('FMA4', 'fma4'),
  reported('MMX', 'mmx'),
  reported('MPX', 'mpx'),
  reported('SHA', 'sha-ni'),
  reported('SSE', 'sse'),
  reported('SSE2', 'sse2'),
  known('SSE3', ['pni'], 'nova looks for a feature sse3, which libvirt calls pni'),
  reported('SSE41', 'sse4.1'),
  reported('SSE42', 'sse4.2'),
  reported('SSE4A', 'sse4a'),
  reported('SSSE3', 'ssse3'),
  reported('SVM', 'svm'),
  reported('AMD_SVM', 'svm'),
  reported('TBM', 'tbm'),
  reported('VMX', 'vmx'),
  reported('INTEL_VMX', 'vmx'),
  reported('XOP', 'xop'),
  known('AMD_IBPB', ['ibpb']),
  known('AMD_NO_SSB', ['amd-no-ssb']),
  known('AMD_SSBD', ['amd-ssbd']),
  known('AMD_VIRT_SSBD', ['virt-ssbd']),
  known('ASF', [], 'an AMD proposal of which no CPU was made'),
  known('INTEL_MD_CLEAR', ['md-clear']),
  known('INTEL_PCID', ['pcid']),
  known('INTEL_SPEC_CTRL', ['spec-ctrl']),
  known('INTEL_SSBD', ['ssbd']),
  known('INTEL_TDX', [], 'no CPU feature of a guest'),
  known('AMD_SEV', [], 'no CPU feature of a guest; nova reports it of hosts that can encrypt'),
  known('AMD_SEV_ES', [], 'no CPU feature of a guest'),
  known('PDPE1GB', ['pdpe1gb']),
  known('SGX', ['sgx']),
  known('STIBP', ['stibp']),
  known('TSX', ['hle', 'rtm']),
];

/** What placement takes for a trait (placement, schemas/trait.py): names of one's own begin with CUSTOM_. */
export const CUSTOM_TRAIT: RegExp = /^CUSTOM_[A-Z0-9_]{1,248}$/;
