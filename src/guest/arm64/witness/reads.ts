/** What the witness reads, by the words of surfaces and contracts, and by names of its own for what no surface has. */
import { decodeSysreg, GROUP, groupOf, restOf, sysregId } from '../../../arch/arm64/ids.ts';
import { idOf, wordOf } from '../../../arch/arm64/names.ts';
import { SYSTEM_REGISTERS } from '../../../arch/arm64/tables/system-registers.ts';
import { GIC_REGISTERS } from '../../../arch/arm64/vgic.ts';
import type { WordPath } from '../../../model/index.ts';
import type { WitnessRead } from '../../witness.ts';
import { ISB, movz, mrs as mrsWord, msr as msrWord, rdvl } from '../assembler/index.ts';
import type { Width } from '../assembler/index.ts';
import type { GuestOperation } from '../operation.ts';
import { code, hvc, load, mrs } from '../operations.ts';
import { encodingOf, genericName } from '../system-register.ts';
import { DISTRIBUTOR, REDISTRIBUTOR } from './interrupts.ts';
import { ITS } from './its.ts';

type Read = WitnessRead<GuestOperation>;

/**
 * The call that shows a guest what a firmware pseudo-register chose. Function ids: SMCCC 1.5 (Arm DEN0028), PSCI 1.3
 * (DEN0022), TRNG (DEN0098), stolen time (DEN0057), and KVM's own (Documentation/virt/kvm/arm/hypercalls.rst).
 */
const FIRMWARE: Readonly<Record<string, GuestOperation>> = {
  KVM_REG_ARM_PSCI_VERSION: call(1, 0x8400_0000),
  KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1: call(1, 0x8000_0001, 0x8000_8000),
  KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2: call(1, 0x8000_0001, 0x8000_7fff),
  KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3: call(1, 0x8000_0001, 0x8000_3fff),
  KVM_REG_ARM_STD_BMAP: call(1, 0x8400_0050),
  KVM_REG_ARM_STD_HYP_BMAP: call(1, 0xc500_0020, 0xc500_0021),
  KVM_REG_ARM_VENDOR_HYP_BMAP: call(4, 0x8600_0000),
  KVM_REG_ARM_VENDOR_HYP_BMAP_2: call(4, 0x8600_0000),
};

/** Calls that no register chooses, or not alone. */
const CALLS: readonly (readonly [path: string, operation: GuestOperation])[] = [
  ['hvc/SMCCC_VERSION', call(1, 0x8000_0000)],
  ['hvc/SMCCC_ARCH_SOC_ID', call(1, 0x8000_0001, 0x8000_0002)],
  ['hvc/VENDOR_HYP_UID', call(4, 0x8600_ff01)],
  ['hvc/PSCI_MIGRATE_INFO_TYPE', call(1, 0x8400_0006)],
  ...(
    [
      ['SMCCC_VERSION', 0x8000_0000],
      ['CPU_SUSPEND', 0xc400_0001],
      ['CPU_ON', 0xc400_0003],
      ['AFFINITY_INFO', 0xc400_0004],
      ['SYSTEM_RESET2', 0xc400_0012],
      ['SYSTEM_SUSPEND', 0xc400_000e],
      ['SYSTEM_OFF2', 0xc400_0015],
    ] as const
  ).map(([name, id]) => [`hvc/PSCI_FEATURES/${name}`, call(1, 0x8400_000a, id)] as const),
  ['hvc/TRNG_FEATURES/TRNG_RND', call(1, 0x8400_0051, 0xc400_0053)],
];

function call(results: number, ...parameters: readonly number[]): GuestOperation {
  const operation = hvc(...parameters);
  return operation.kind === 'call' ? { ...operation, results } : operation;
}

/** Bits of a register in memory, where they are fewer than the attribute that shows it to the host. */
const MMIO_WIDTH: Readonly<Record<string, Width>> = { GICR_TYPER: 64, GITS_TYPER: 64 };
const FRAME: Readonly<Record<'v3' | 'its', readonly [number, number]>> = {
  v3: [DISTRIBUTOR, REDISTRIBUTOR],
  its: [ITS, ITS],
};

/** CCSIDR_EL1 of the cache that `index`, a value of CSSELR_EL1, selects. */
function cache(index: number): GuestOperation {
  return code(1, () => [
    movz(0, index),
    msrWord(encodingOf('CSSELR_EL1'), 0),
    ISB,
    mrsWord(0, encodingOf('CCSIDR_EL1')),
  ]);
}

/** The longest vector, bytes. Shorter ones cannot be asked for without spoiling what longer registers hold. */
const VECTOR_LENGTH: GuestOperation = code(1, () => [rdvl(0)]);

/** How a guest reads a word, or null where it is nothing that a guest can read: a capability, a switch, core state. */
export function readOf(path: WordPath): Read | null {
  const operation = operationOf(path);
  if (operation === null) return null;
  const masks = MASKS[path];
  return masks === undefined ? { path, operation } : { path, operation, masks };
}

function operationOf(path: WordPath): GuestOperation | null {
  if (path === 'sve/vector-lengths') return VECTOR_LENGTH;
  const [area, model, name] = path.split('/');
  if (area === 'vgic') return gicOperation(model ?? '', name ?? '');
  if (area === 'hvc') return CALLS.find(([named]) => named === path)?.[1] ?? null;
  const id = idOf(path);
  if (id !== null && groupOf(id) === GROUP.demux) return cache(restOf(id) & 0xf);
  if (area !== 'reg' || model === undefined) return null;
  const firmware = FIRMWARE[model];
  if (firmware !== undefined) return firmware;
  const encoding = SYSTEM_REGISTERS[model] ?? (id !== null && groupOf(id) === GROUP.sysreg ? restOf(id) : null);
  return encoding === null || decodeSysreg(encoding).op0 < 2 ? null : mrs(genericName(encoding));
}

function gicOperation(model: string, name: string): GuestOperation | null {
  if (name.startsWith('ICC_')) return mrs(name);
  if (model !== 'v3' && model !== 'its') return null;
  const row = GIC_REGISTERS.find((candidate) => candidate.device === model && candidate.name === name);
  if (row === undefined) return null;
  const [distributor, redistributor] = FRAME[model];
  return load(MMIO_WIDTH[name] ?? 32, (name.startsWith('GICR') ? redistributor : distributor) + row.offset);
}

/** Registers that say what the machine is, beside the ID space. */
const IDENTITY = [
  'CLIDR_EL1',
  'AIDR_EL1',
  'CTR_EL0',
  'DCZID_EL0',
  'CNTFRQ_EL0',
  'PMCR_EL0',
  'PMCEID0_EL0',
  'PMCEID1_EL0',
  'GMID_EL1',
  'DBGAUTHSTATUS_EL1',
  'PMMIR_EL1',
  'OSLSR_EL1',
] as const;

/** State that the witness' own set-up leaves alone from the first round on. */
const STATE = [
  'SCTLR_EL1',
  'TCR_EL1',
  'MAIR_EL1',
  'TTBR0_EL1',
  'VBAR_EL1',
  'CPACR_EL1',
  'ZCR_EL1',
  'CNTV_CTL_EL0',
  'PMCNTENSET_EL0',
  'PMINTENSET_EL1',
  'ICC_PMR_EL1',
  'ICC_BPR1_EL1',
  'ICC_IGRPEN1_EL1',
] as const;

const WORD = '0xffffffff';

/**
 * Bits that vary by nature: the timer's ISTATUS; GICD_CTLR.RWP; GICR_CTLR.RWP and UWP. The bitmap of KVM's own calls comes in
 * four words, of which each of the two registers chooses two.
 */
const MASKS: Readonly<Record<WordPath, readonly `0x${string}`[]>> = {
  'reg/CNTV_CTL_EL0': ['0x3'],
  'vgic/v3/GICD_CTLR': ['0x7fffffff'],
  'vgic/v3/GICR_CTLR': ['0x7ffffff7'],
  'reg/KVM_REG_ARM_VENDOR_HYP_BMAP': [WORD, WORD, '0x0', '0x0'],
  'reg/KVM_REG_ARM_VENDOR_HYP_BMAP_2': ['0x0', '0x0', WORD, WORD],
};

/** The feature ID space but its first row, of which only three registers are defined: op0 3, op1 0, CRn 0. */
function idSpace(): string[] {
  const names = ['reg/MIDR_EL1', 'reg/MPIDR_EL1', 'reg/REVIDR_EL1'];
  for (let place = 8; place < 64; place++) names.push(wordOf(sysregId(encodingOf('MIDR_EL1') + place)));
  return names;
}

/** Everything that a guest can read of the machine that a contract is about; an ITS that is not there reads as zeros. */
export function defaultReads(): Read[] {
  const caches = Array.from({ length: 7 }, (_, level) => [
    `cache/CCSIDR/L${level + 1}D`,
    `cache/CCSIDR/L${level + 1}I`,
  ]);
  const gic = GIC_REGISTERS.filter(({ device }) => device !== 'v2').map(({ device, name }) => `vgic/${device}/${name}`);
  const paths = [
    ...idSpace(),
    ...IDENTITY.map((name) => `reg/${name}`),
    ...caches.flat(),
    'sve/vector-lengths',
    ...Object.keys(FIRMWARE).map((name) => `reg/${name}`),
    ...CALLS.map(([path]) => path),
    ...gic,
    ...STATE.map((name) => `reg/${name}`),
  ];
  return paths.map((path) => {
    const read = readOf(path);
    if (read === null) throw new RangeError(`no guest reads ${path}`);
    return read;
  });
}
