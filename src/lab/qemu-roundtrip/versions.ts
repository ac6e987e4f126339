/**
 * What a guest meets when its QEMU changes, whatever the host: CPUID words that versions make otherwise for the same arguments
 * and that no setting is about, and what the machine type of these guests has otherwise than the newest. Data first.
 */
import type { Architecture, Contract, Reason, Registry, VmmDefault, VmmProfile, WordPath } from '../../model/index.ts';
import { VMM_PROFILES } from '../../arch/vmm/index.ts';
import { isSince } from '../../arch/vmm/qemu-version.ts';
import { hex } from '../../model/index.ts';
import type { QemuVersionName } from '../qemu-version.ts';

/** Of the machine types of these guests (`MACHINE`), with versions that know newer ones. */
const OF_MACHINE: Readonly<Record<Architecture, readonly VmmDefault[]>> = {
  x86_64: [
    {
      words: ['cpuid/0x80000008:0/eax'],
      value: 0n,
      mask: 0xff_0000n,
      source: 'hw/i386/pc.c, pc_compat_9_0: guest-phys-bits=0',
    },
  ],
  arm64: [],
};

interface MadeOtherwise {
  readonly word: WordPath;
  /** Versions before it give this value. */
  readonly before: QemuVersionName;
  readonly value: bigint;
  readonly text: string;
}

const MADE_OTHERWISE: readonly MadeOtherwise[] = [
  {
    word: 'cpuid/0xd:1/ebx',
    before: '7.2',
    value: 0n,
    text: 'QEMU 5.2 leaves the size of the compacted XSAVE area 0, later versions compute it (target/i386/cpu.c, cpu_x86_cpuid, leaf 0xD)',
  },
];

/**
 * SVE vectors travel as d[2] to d[15] (target/arm/machine.c, vmstate_zreg_hi_reg: VMSTATE_UINT64_SUB_ARRAY(d, ARMVectorReg, 2,
 * ARM_MAX_VQ - 2)), where a vector has 2 * ARM_MAX_VQ of them: what lies beyond 1024 bits is not in the stream. The same in 5.2,
 * 7.2, 10.0 and 10.2.2.
 */
const SAVED_VECTOR_QUADWORDS = 8n;
const VECTOR_LENGTHS = 'sve/vector-lengths';

/** State of a guest of this contract that no version saves. */
export function notInStream(registry: Registry, { promises }: Contract): readonly Reason[] {
  const lengths = promises.find(({ word }) => word === VECTOR_LENGTHS)?.value ?? 0n;
  // Bit n stands for vectors of n + 1 quadwords.
  if (lengths >> SAVED_VECTOR_QUADWORDS === 0n) return [];
  return [
    {
      element: 'sve/vectors',
      area: registry.area(VECTOR_LENGTHS),
      level: 'lost',
      rule: 'vmm-does-not-save',
      text: 'the guest may use SVE vectors of more than 1024 bits, of which QEMU saves the first 1024 (target/arm/machine.c, vmstate_zreg_hi_reg)',
      promised: null,
      shows: null,
      evidence: null,
      setting: null,
      obstacle: 'vmm',
    },
  ];
}

/** The profile of a version, for the machine types of these guests. */
export function profileOf(version: QemuVersionName): VmmProfile {
  const known = made.get(version);
  if (known !== undefined) return known;
  const profile = VMM_PROFILES.find(({ name }) => name === `qemu:${version}`);
  if (profile === undefined) throw new Error(`no rows for qemu:${version}`);
  const { x86_64, arm64 } = profile.defaults;
  const defaults = { x86_64: [...OF_MACHINE.x86_64, ...x86_64], arm64: [...OF_MACHINE.arm64, ...arm64] };
  const ours = { ...profile, defaults };
  made.set(version, ours);
  return ours;
}

const made = new Map<QemuVersionName, VmmProfile>();

/** Of words that the guest reads, with the values that it read before. */
export function madeOtherwise(
  registry: Registry,
  source: QemuVersionName,
  destination: QemuVersionName,
  values: ReadonlyMap<WordPath, bigint>,
): readonly Reason[] {
  return MADE_OTHERWISE.flatMap(({ word, before, value, text }): Reason[] => {
    const promised = values.get(word);
    const gives = (version: QemuVersionName): bigint | null => (isSince(version, before) ? null : value);
    if (promised === undefined || gives(source) === gives(destination)) return [];
    return [
      {
        element: word,
        area: registry.area(word),
        level: 'silent',
        rule: 'made-otherwise',
        text: `the guest reads ${hex(promised)}; ${text}`,
        promised,
        shows: gives(destination),
        evidence: null,
        setting: null,
        word,
        obstacle: 'vmm',
      },
    ];
  });
}
