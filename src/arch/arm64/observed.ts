/**
 * What a guest read of an arm64 host beside what KVM says of the same machine, and the differences that are none. Facts: Arm
 * ARM (DDI 0487) D19.5.11 and D24; files below arch/arm64/kvm of Linux 7.3.
 */
import { fromHex, hex, isHex } from '../../model/index.ts';
import type { Observation, ObservationRule, Reading, Surface, WordPath } from '../../model/index.ts';
import { gicWord } from './elements.ts';
import { registerName, wordOf } from './names.ts';
import type { ObservedSection } from './observed-sections.ts';
import { dataOf, DEFAULT_VCPU, resolveVcpu } from './read-sections.ts';
import type { GicSection, VcpusSection } from './sections.ts';
import { observedRegister } from './tables/observed-registers.ts';
import { isVolatile } from './volatile.ts';
import { GIC_REGISTERS } from './vgic.ts';

/** What a guest read of a word. */
export interface WordReading {
  readonly word: WordPath;
  readonly width: number;
  readonly observed: Reading;
  /** JSON pointer into the section's data. */
  readonly at: string;
}

const SECTION = '/sections/observed/data';

/** Every word that KVM declares of the default vCPU and a guest of it read. */
export function observations(surface: Surface): Observation[] {
  const observed = dataOf<ObservedSection>(surface, 'observed');
  const vcpus = dataOf<VcpusSection>(surface, 'vcpus');
  if (observed === null || vcpus === null) return [];
  const declared = new Map([...declaredRegisters(vcpus), ...declaredFrames(surface)]);
  return readings(observed).map(({ at, ...reading }) => ({
    ...reading,
    declared: declared.get(reading.word) ?? null,
    evidence: `${SECTION}${at}`,
  }));
}

function declaredRegisters(vcpus: VcpusSection): [WordPath, bigint][] {
  const found = resolveVcpu(vcpus, DEFAULT_VCPU)?.registers ?? new Map<string, { readonly value: string }>();
  return [...found].flatMap(([id, { value }]): [WordPath, bigint][] =>
    isHex(value) && !isVolatile(id) ? [[wordOf(BigInt(id)), fromHex(value)]] : [],
  );
}

function declaredFrames(surface: Surface): [WordPath, bigint][] {
  return (['vgic-v3', 'its'] as const).flatMap((section) =>
    (dataOf<GicSection>(surface, section)?.registers ?? []).flatMap(({ name, after }): [WordPath, bigint][] =>
      isHex(after) ? [[gicWord(section === 'its' ? 'its' : 'v3', name), fromHex(after)]] : [],
    ),
  );
}

/** Registers, frames and calls as words; the registers of the CPU interface belong to the vGIC. */
export function readings(observed: ObservedSection): WordReading[] {
  return [...registers(observed), ...frames(observed), ...calls(observed)];
}

function registers(observed: ObservedSection): WordReading[] {
  const rows = observed.registers.map(([id, value], at) => {
    const word = wordOf(BigInt(id));
    return reading(word, word.startsWith('cache/') ? 32 : 64, value, `/registers/${at}/1`);
  });
  return [...rows, reading('sve/vector-lengths', 512, observed.vectorLengths, '/vectorLengths')];
}

function frames(observed: ObservedSection): WordReading[] {
  const own: readonly (readonly [name: string, value: string, at: string])[] = [
    ...observed.frames.map(([name, value], at) => [name, value, `/frames/${at}/1`] as const),
    ...observed.registers.map(([id, value], at) => [registerName(BigInt(id)), value, `/registers/${at}/1`] as const),
  ];
  return GIC_REGISTERS.flatMap(({ device, name, width, part }): WordReading[] => {
    const found = own.find(([candidate]) => candidate === name);
    if (device === 'v2' || found === undefined) return [];
    const [, value, at] = found;
    const low = part === 'low' && isHex(value) ? hex(fromHex(value) & 0xffff_ffffn) : value;
    return [reading(gicWord(device, name), width, low, at)];
  });
}

function reading(word: WordPath, width: number, value: string, at: string): WordReading {
  const observed: Reading = isHex(value) ? { kind: 'value', value: fromHex(value) } : { kind: 'fault', text: value };
  return { word, width, observed, at };
}

/** What a call's answer is as the value of the firmware register that decides it (fw-pseudo-registers.rst). */
interface CallRule {
  readonly call: string;
  readonly parameter: string;
  readonly word: WordPath;
  readonly value: (x0: bigint, others: readonly bigint[]) => bigint | null;
}

const NOT_SUPPORTED = -1n;
const signed = (x0: bigint): bigint => BigInt.asIntN(32, x0);
const offered =
  (bit: bigint): CallRule['value'] =>
  (x0) =>
    signed(x0) === NOT_SUPPORTED ? 0n : bit;

/** ARCH_FEATURES: -1 not there, 0 there and needed, 1 (and of workaround 2 -2) not needed; registers count 0, 1, 2. */
const level = (required: bigint, notRequired: bigint): CallRule['value'] => {
  return (x0) => {
    switch (signed(x0)) {
      case NOT_SUPPORTED:
        return 0n;
      case 0n:
        return required;
      case 1n:
      case -2n:
        return notRequired;
      default:
        return null;
    }
  };
};

const CALLS: readonly CallRule[] = [
  { call: 'PSCI_VERSION', parameter: '', word: 'reg/KVM_REG_ARM_PSCI_VERSION', value: (x0) => x0 },
  ...([1, 2, 3] as const).map((number): CallRule => ({
    call: 'ARCH_FEATURES',
    parameter: `ARCH_WORKAROUND_${number}`,
    word: `reg/KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_${number}`,
    value: number === 2 ? level(2n, 3n) : level(1n, 2n),
  })),
  { call: 'TRNG_VERSION', parameter: '', word: 'reg/KVM_REG_ARM_STD_BMAP', value: offered(1n) },
  {
    call: 'ARCH_FEATURES',
    parameter: 'PV_TIME_FEATURES',
    word: 'reg/KVM_REG_ARM_STD_HYP_BMAP',
    value: offered(1n),
  },
  {
    call: 'VENDOR_FEATURES',
    parameter: '',
    word: 'reg/KVM_REG_ARM_VENDOR_HYP_BMAP',
    value: (x0) => (signed(x0) === NOT_SUPPORTED ? 0n : x0),
  },
  {
    call: 'VENDOR_FEATURES',
    parameter: '',
    word: 'reg/KVM_REG_ARM_VENDOR_HYP_BMAP_2',
    value: (_, [, second = 0n]) => second,
  },
];

function calls(observed: ObservedSection): WordReading[] {
  return CALLS.flatMap(({ call, parameter, word, value }): WordReading[] => {
    const at = observed.calls.findIndex(([name, given]) => name === call && given === parameter);
    const [, , x0 = '', ...others] = observed.calls[at] ?? [];
    if (!isHex(x0)) return [];
    const numbers = others.map((text) => (isHex(text) ? fromHex(text) : 0n));
    const answered = value(fromHex(x0), numbers);
    return answered === null ? [] : [reading(word, 64, hex(answered), `/calls/${at}`)];
  });
}

const field = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const OBSERVATION_RULES: readonly ObservationRule[] = [
  {
    id: 'pmcr-reads-as-zero',
    explains: ({ element }) =>
      element.word === 'reg/PMCR_EL0' && ['P', 'C'].includes(field(element.path))
        ? 'P and C read as zero for a guest, whatever KVM keeps of them (D19.5.11; sys_regs.c, access_pmcr)'
        : null,
  },
  {
    id: 'not-of-this-cpu',
    explains: ({ element, observed, declared }) =>
      element.word === 'reg/PMMIR_EL1' && observed === null && declared === 0n
        ? 'the CPU has no such register before PMUv3 for 8.4, and makes it undefined before KVM is asked; KVM lists it all the same'
        : null,
  },
  {
    id: 'its-there',
    explains: ({ element }) =>
      ['GICR_TYPER/PLPIS', 'GICD_TYPER/LPIS', 'GICD_TYPER/IDbits'].some((path) => element.path.endsWith(path))
        ? 'the guest has an ITS, and the vGIC that was asked by attributes has none'
        : null,
  },
  {
    id: 'nothing-of-it',
    explains: ({ element, declared, observed }) =>
      observedRegister(element.word) !== undefined && observed === null && declared === 0n
        ? 'zero says that there is nothing of it, and now the register is not there'
        : null,
  },
  {
    id: 'harmless',
    explains: ({ element: { harmless }, declared, observed }) =>
      harmless?.when === 'any' || (harmless?.when === 'higher' && observed !== null && observed > declared)
        ? harmless.reason
        : null,
  },
  {
    id: 'guest-state',
    explains: ({ element }) => (element.kind === 'state' ? 'state, which the two machines need not share' : null),
  },
  {
    id: 'topology',
    explains: ({ element }) =>
      element.kind === 'topology' ? 'it follows from how the machine was put together' : null,
  },
];
