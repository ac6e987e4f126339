/**
 * QEMU's properties for Hyper-V's interface and the bits that each gives: kvm_hyperv_properties and hyperv_fill_cpuids of
 * target/i386/kvm/kvm.c (5.2: target/i386/kvm.c). Hyper-V's leaves are there where any of them is on.
 */
import type { WordPath } from '../../model/index.ts';
import type { QemuVersion } from './qemu-version.ts';

export interface QemuHyperv {
  readonly name: string;
  readonly since: QemuVersion;
  readonly bits: Readonly<Record<WordPath, bigint>>;
}

const ACCESS = 'hyperv/0x40000003:0/eax';
const FEATURES = 'hyperv/0x40000003:0/edx';
const ADVICE = 'hyperv/0x40000004:0/eax';
const NESTED = 'hyperv/0x4000000a:0/eax';

const row = (name: string, bits: QemuHyperv['bits'], since: QemuVersion = '5.2'): QemuHyperv => ({ name, since, bits });

/** In the order in which QEMU has them. hv-syndbg, a debugging aid that guests are not given, is left out. */
export const QEMU_HYPERV: readonly QemuHyperv[] = [
  row('hv-relaxed', { [ADVICE]: 0x20n }),
  row('hv-vapic', { [ACCESS]: 0x10n }),
  row('hv-time', { [ACCESS]: 0x202n }),
  row('hv-crash', { [FEATURES]: 0x400n }),
  row('hv-reset', { [ACCESS]: 0x80n }),
  row('hv-vpindex', { [ACCESS]: 0x40n }),
  row('hv-runtime', { [ACCESS]: 0x1n }),
  row('hv-synic', { [ACCESS]: 0x4n, 'hyperv/0x40000003:0/ebx': 0x30n }),
  row('hv-stimer', { [ACCESS]: 0x8n }),
  row('hv-frequencies', { [ACCESS]: 0x800n, [FEATURES]: 0x100n }),
  row('hv-reenlightenment', { [ACCESS]: 0x2000n }),
  row('hv-tlbflush', { [ADVICE]: 0x804n }),
  row('hv-evmcs', { [ADVICE]: 0x4000n }),
  row('hv-ipi', { [ADVICE]: 0xc00n }),
  row('hv-stimer-direct', { [FEATURES]: 0x8_0000n }),
  row('hv-avic', { [ADVICE]: 0x200n }, '7.2'),
  row('hv-emsr-bitmap', { [NESTED]: 0x8_0000n }, '7.2'),
  row('hv-xmm-input', { [FEATURES]: 0x10n }, '7.2'),
  row('hv-tlbflush-ext', { [FEATURES]: 0x4000n }, '7.2'),
  row('hv-tlbflush-direct', { [NESTED]: 0x2_0000n }, '7.2'),
  row('hv-no-nonarch-coresharing', { [ADVICE]: 0x4_0000n }),
];

/** HV_HYPERCALL_AVAILABLE and HV_CPU_DYNAMIC_PARTITIONING_AVAILABLE: with any of them. */
export const QEMU_HYPERV_ALWAYS: Readonly<Record<WordPath, bigint>> = { [ACCESS]: 0x20n, [FEATURES]: 0x8n };

/** Numbers that properties are for. */
export const QEMU_HYPERV_NUMBERS: readonly {
  readonly name: string;
  readonly word: WordPath;
  readonly shift: number;
  readonly width: number;
  readonly since: QemuVersion;
}[] = [
  { name: 'hv-spinlocks', word: 'hyperv/0x40000004:0/ebx', shift: 0, width: 32, since: '5.2' },
  { name: 'hv-version-id-build', word: 'hyperv/0x40000002:0/eax', shift: 0, width: 32, since: '7.2' },
  { name: 'hv-version-id-minor', word: 'hyperv/0x40000002:0/ebx', shift: 0, width: 16, since: '7.2' },
  { name: 'hv-version-id-major', word: 'hyperv/0x40000002:0/ebx', shift: 16, width: 16, since: '7.2' },
  { name: 'hv-version-id-spack', word: 'hyperv/0x40000002:0/ecx', shift: 0, width: 32, since: '7.2' },
  { name: 'hv-version-id-snumber', word: 'hyperv/0x40000002:0/edx', shift: 0, width: 24, since: '7.2' },
  { name: 'hv-version-id-sbranch', word: 'hyperv/0x40000002:0/edx', shift: 24, width: 8, since: '7.2' },
];

/** What the leaves have besides: "Hv#1", no limit of virtual processors, 64 logical ones. */
export const QEMU_HYPERV_CONSTANTS: Readonly<Record<WordPath, bigint>> = {
  'hyperv/0x40000001:0/eax': 0x3123_7648n,
  'hyperv/0x40000005:0/eax': 0xffff_ffffn,
  'hyperv/0x40000005:0/ebx': 0x40n,
};
