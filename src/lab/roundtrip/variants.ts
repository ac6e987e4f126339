/**
 * What is sent on a round trip: a table of guests, good and deliberately bad. Each says what the guest was given (its
 * contract), what it did before it was saved, and what its saved state is made to hold where nothing on an emulated CPU
 * can bring a guest to hold it.
 */
import type { Architecture, ElementPath, Hex, WordPath } from '../../model/index.ts';
import type { Deed } from '../../worker/index.ts';

/** State that the guest has in use: the word's value is as if it had written it. */
export interface Held {
  readonly word: WordPath;
  readonly value: Hex;
}

export interface Variant {
  readonly id: string;
  /** One sentence for people, without its full stop. */
  readonly about: string;
  readonly architectures: readonly Architecture[];
  /** `own`: what A shows by default. `pool`: pinned for as many of the kernels as have a machine in common with A. */
  readonly contract: 'own' | 'pool';
  /** Values that the VMM selects on A instead of the defaults. Where A cannot, there is no such guest. */
  readonly selects?: Readonly<Record<ElementPath, Hex>>;
  /** What B is told that the guest was promised, whatever A is: a guest from a host that is not among the kernels. */
  readonly claims?: Readonly<Record<ElementPath, Hex>>;
  readonly does?: readonly Deed[];
  /** Not brought back: nobody would have let it leave. */
  readonly oneWay?: true;
  /** Put into the saved state. Where A does not carry the word, there is no such guest. */
  readonly holds?: readonly Held[];
  /** Other names of the same state, which a kernel may save as well and restores behind: they hold the same. */
  readonly aliases?: readonly Held[];
}

export const VARIANTS: readonly Variant[] = [
  {
    id: 'default',
    about: "A's default contract, and a guest that uses nothing beyond what it needs to run",
    architectures: ['x86_64', 'arm64'],
    contract: 'own',
  },
  {
    id: 'pool',
    about: 'a contract pinned for every kernel that has a machine in common with A; only between those',
    architectures: ['x86_64', 'arm64'],
    contract: 'pool',
  },
  {
    id: 'foreign-feature',
    about: 'a contract with a feature that the CPU does not have (AVX512F; SM4), as of a guest from other hardware',
    architectures: ['x86_64', 'arm64'],
    contract: 'own',
    oneWay: true,
    claims: { 'cpuid/0x7:0/ebx/avx512f': '0x1', 'reg/ID_AA64ISAR0_EL1/SM4': '0x1' },
  },
  {
    id: 'future-iidr',
    about: 'a GICD_IIDR revision that no kernel has yet',
    architectures: ['arm64'],
    contract: 'own',
    oneWay: true,
    claims: { 'vgic/v3/GICD_IIDR/Revision': '0xf' },
  },
  {
    id: 'last-branch',
    about: 'a last branch record in the saved state (MSR_IA32_LASTBRANCHFROMIP), as of a guest that set DEBUGCTL.LBR',
    architectures: ['x86_64'],
    contract: 'own',
    oneWay: true,
    holds: [
      { word: 'msr/MSR_IA32_LASTBRANCHFROMIP', value: '0xffffffff81000040' },
      { word: 'msr/MSR_IA32_LASTBRANCHTOIP', value: '0xffffffff81000080' },
    ],
  },
  {
    id: 'event-counter',
    about: 'an event counter that counts in the saved state (MSR_K7_EVNTSEL0 = 0x530076: unhalted clocks)',
    architectures: ['x86_64'],
    contract: 'own',
    oneWay: true,
    holds: [{ word: 'msr/MSR_K7_EVNTSEL0', value: '0x530076' }],
    aliases: [{ word: 'msr/MSR_F15H_PERF_CTL0', value: '0x530076' }],
  },
  {
    id: 'tsc-invariant',
    about: 'HV_X64_MSR_TSC_INVARIANT_CONTROL set, as Windows does where it is offered',
    architectures: ['x86_64'],
    contract: 'own',
    oneWay: true,
    holds: [{ word: 'msr/HV_X64_MSR_TSC_INVARIANT_CONTROL', value: '0x1' }],
  },
  {
    id: 'pkru',
    about: 'protection keys in use: XCR0.PKRU set and PKRU not in its initial state',
    architectures: ['x86_64'],
    contract: 'own',
    does: [{ do: 'use-xfeature', component: 'pkru' }],
  },
  {
    id: 'tcr2',
    about: 'TCR2_EL1 in use (PTTWI)',
    architectures: ['arm64'],
    contract: 'own',
    oneWay: true,
    holds: [{ word: 'reg/TCR2_EL1', value: '0x400' }],
  },
  {
    id: 'permission-indirection',
    about: 'PIR_EL1 in use: every index gives read, write and execute',
    architectures: ['arm64'],
    contract: 'own',
    oneWay: true,
    holds: [{ word: 'reg/PIR_EL1', value: '0x7777777777777777' }],
  },
  {
    id: 'physical-timer',
    about: 'the physical timer set by the guest (CNTP_CVAL_EL0)',
    architectures: ['arm64'],
    contract: 'own',
    does: [{ do: 'write', word: 'reg/CNTP_CVAL_EL0', value: '0x7fff123456789abc' }],
  },
  {
    id: 'implementation-versions',
    about: 'KVM_REG_ARM_VENDOR_HYP_BMAP_2 with DISCOVER_IMPL_VER, as a VMM sets it for a pool of different CPUs',
    architectures: ['arm64'],
    contract: 'own',
    selects: { 'reg/KVM_REG_ARM_VENDOR_HYP_BMAP_2/DISCOVER_IMPL_VER': '0x1' },
  },
];

export function variantsOf(architecture: Architecture, only?: readonly string[]): readonly Variant[] {
  return VARIANTS.filter(
    ({ id, architectures }) => architectures.includes(architecture) && (only === undefined || only.includes(id)),
  );
}
