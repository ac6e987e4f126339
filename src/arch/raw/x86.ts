/** What the members of the x86 sections mean. Types: arch/x86/sections.ts. */
import { isHex } from '../../model/index.ts';
import type { Json } from '../../model/index.ts';
import { hostWord } from '../x86/host-cpu.ts';
import { idleMsrs } from '../x86/measure/idle-msrs.ts';
import { msrWord } from '../x86/msr-names.ts';
import { LAPIC_REGISTERS, QUIRKS, X2APIC_FLAGS } from '../x86/tables/words.ts';
import { isObject, KEY, list, measurement, record, row, textOf, unit, word } from './meaning.ts';
import type { Here, Mapped, Meaning } from './meaning.ts';
import { BEHAVIOUR, CAPABILITIES, ORDERING } from './shared.ts';

const number = (text: string): number => (isHex(text) ? Number(text) : Number.NaN);

/** One register of a CPUID row. */
const register = (area: string, otherwise: string | null): Meaning =>
  unit('CPUID register', ({ parents, keys }) => {
    const leaf = number(textOf(parents[0], 'leaf')).toString(16);
    const subleaf = number(textOf(parents[0], 'subleaf')).toString(16);
    return word(`${area}/0x${leaf}:${subleaf}/${keys[0] ?? ''}`, otherwise);
  });

const cpuidRows = (area: string, otherwise: string | null = null): Meaning => {
  const one = register(area, otherwise);
  return list(record({ leaf: KEY, subleaf: KEY, flags: KEY, eax: one, ebx: one, ecx: one, edx: one }));
};

const MSR_MEMBERS = ['index', 'fresh', 'value', 'write', 'system', 'vcpu', 'takes', 'ignored', 'holds'] as const;

const msr = (what: string, otherwise: (here: Here, index: number) => string | null): Meaning =>
  row(what, MSR_MEMBERS, (here) => {
    const index = number(textOf(here.value, 'index'));
    return word(msrWord(index), otherwise(here, index));
  });

function whyListedIsNoWord({ value, context }: Here, index: number): string | null {
  if (isObject(value) && value['value'] === null) return 'listed, and KVM_GET_MSRS does not read it';
  if (textOf(value, 'holds') === 'nothing')
    return 'listed, and whatever was written to it reads as 0: it holds nothing';
  return idleMsrs(context.surface)(index) ? 'listed for a unit that the guest does not have' : null;
}

const unreadable = ({ value }: Here): string | null =>
  isObject(value) && value['vcpu'] === null ? 'a feature MSR that a vCPU does not read' : null;

interface FlagRow {
  readonly bit: number;
  readonly name: string;
}

/** One bit of a mask that was tried. The highest bit that is tried is one that no kernel knows. */
const flag = (what: string, area: string, rows: readonly FlagRow[], members: readonly string[]): Meaning =>
  row(what, members, ({ value }): Mapped => {
    const flags = textOf(value, 'flags');
    const bit = isHex(flags) ? BigInt(flags).toString(2).length - 1 : -1;
    const name = rows.find((candidate) => candidate.bit === bit)?.name ?? `bit${bit}`;
    if (bit >= 62) return word(`${area}/${name}`, 'a bit that no kernel knows, tried to see that it is refused');
    const refused = textOf(value, 'outcome') !== 'accepted';
    return word(`${area}/${name}`, refused ? 'the kernel refuses the bit: it does not have it' : null);
  });

const flagTrials = (why: string): Meaning => list(record({ flags: KEY, outcome: measurement(why) }));

const LATITUDE = 'a trial: it is in the latitude of the words that it names';
const CPUID_TRIAL: Meaning = record({
  differs: list(record({ word: KEY, wrote: KEY, reads: measurement(LATITUDE) })),
  refused: list(record({ word: KEY, wrote: KEY, errno: measurement(LATITUDE), takes: measurement(LATITUDE) })),
  sets: measurement('how the probe searched'),
});
const OBSERVATION: Meaning = record({
  ended: measurement('how the guest that read CPUID ended'),
  differs: list(record({ word: KEY, wrote: KEY, reads: measurement('what a guest read: the value of the word') })),
});

const fact = (path: string): Meaning => unit('host fact', () => word(path));
const optionalFact = (path: string, otherwise: string): Meaning => unit('host fact', () => word(path, otherwise));

/** `tsc/faster` and `tsc/slower`: the trial that doubles and the one that halves. */
const tscTrial: Meaning = row('host fact', ['factor', 'wrote', 'outcome', 'reads'], ({ value }) =>
  word(textOf(value, 'factor') === '2' ? 'tsc/faster' : 'tsc/slower'),
);

const lapicRegister: Meaning = row('APIC register', ['offset', 'value'], ({ value }) => {
  const offset = textOf(value, 'offset');
  return word(`lapic/${LAPIC_REGISTERS[number(offset)] ?? offset}`);
});

const switchRow: Meaning = row('switch', ['name', 'announced', 'trials', 'invalid'], ({ value }) => {
  const there = textOf(value, 'announced') !== '0x0' || accepted(isObject(value) ? value['trials'] : undefined);
  return word(`switch/${textOf(value, 'name')}`, there ? null : 'the kernel does not have the capability');
});

function accepted(trials: Json | undefined): boolean {
  return Array.isArray(trials) && trials.some((trial: Json) => textOf(trial, 'outcome') === 'accepted');
}

const READ = measurement('what a guest read: held against what was declared of the same word');

const OBSERVED: Meaning = record({
  mode: measurement('how the guest ran that read'),
  missing: measurement('what could not be read, and why'),
  cpuid: READ,
  xcr0: READ,
  msrs: READ,
  bits: measurement('which bits of a register the guest can change: no ioctl declares it'),
  apic: READ,
  ioapic: measurement("a device of the VM, which a VMM's machine type decides on"),
  pic: measurement("a device of the VM, which a VMM's machine type decides on"),
  pit: measurement("a device of the VM, which a VMM's machine type decides on"),
  clock: READ,
  pitKhz: READ,
});

export const X86_MEANINGS: Readonly<Record<string, Meaning>> = {
  capabilities: CAPABILITIES,
  behaviour: BEHAVIOUR,
  cpuid: record({
    supported: cpuidRows('cpuid'),
    emulated: cpuidRows('cpuid', 'a leaf that KVM emulates and does not support: what a VMM may set besides'),
    hyperv: cpuidRows('hyperv'),
    missing: measurement('what was asked and not given'),
  }),
  'cpuid-latitude': record({
    base: CPUID_TRIAL,
    cleared: CPUID_TRIAL,
    ones: CPUID_TRIAL,
    values: list(
      record({ word: KEY, shift: KEY, width: KEY, takes: measurement(LATITUDE), refused: measurement(LATITUDE) }),
    ),
  }),
  'cpuid-observed': record({
    mode: measurement('how the guest that read CPUID ran'),
    leaves: measurement('how many leaves the guest read'),
    base: OBSERVATION,
    cleared: OBSERVATION,
  }),
  msr: record({
    list: list(msr('MSR', whyListedIsNoWord)),
    unlisted: list(
      msr('unlisted MSR', () => 'not listed here: whether a restore may bring it is in what the host accepts'),
    ),
    asked: measurement('how many MSRs of other kernels were asked for'),
  }),
  'feature-msr': record({ list: list(msr('feature MSR', unreadable)) }),
  quirk: record({
    call: measurement('which of two capabilities the kernel has'),
    valid: measurement('the mask that the kernel announces; each bit was tried'),
    trials: list(flag('quirk bit', 'quirk', QUIRKS, ['flags', 'outcome'])),
    effects: list(record({ quirk: KEY, shows: KEY, enabled: measurement(LATITUDE), disabled: measurement(LATITUDE) })),
  }),
  x2apic: record({
    system: measurement('the flags that the kernel announces; each was tried'),
    vm: measurement('the flags that the kernel announces for this VM; each was tried'),
    splitIrqchip: measurement('how the VM was made for the trials'),
    trials: list(flag('x2APIC flag', 'x2apic', X2APIC_FLAGS, ['flags', 'outcome', 'split'])),
  }),
  switches: record({ rows: list(switchRow) }),
  xsave: record({
    guestSupported: optionalFact('xfeature', 'the kernel does not say which xfeatures a guest can have'),
    size: fact('xsave/size'),
    before: measurement('the header before CPUID was set'),
    after: measurement('the header after CPUID was set'),
    ungiven: record({
      guest: KEY,
      wrote: KEY,
      outcome: fact('xsave/takes-ungiven'),
      reads: fact('xsave/gives-ungiven'),
    }),
    unknown: record({
      wrote: KEY,
      outcome: fact('xsave/takes-unknown'),
      reads: measurement('what was read after the bit that no CPU has'),
    }),
  }),
  lapic: record({ registers: list(lapicRegister) }),
  tsc: record({
    control: fact('tsc/control'),
    vmControl: measurement('whether KVM_SET_TSC_KHZ works on the VM too'),
    khz: fact('tsc/khz'),
    trials: list(tscTrial),
  }),
  nested: record({
    maximum: fact('nested/maximum'),
    flags: measurement('what state a fresh vCPU says it is in'),
    format: fact('nested/format'),
    size: fact('nested/size'),
    header: list(record({ offset: KEY, value: measurement('the state of a vCPU without a nested guest') })),
  }),
  pmu: record({
    capability: fact('pmu/capability'),
    trials: flagTrials('a trial of KVM_CAP_PMU_CAPABILITY'),
  }),
  'msr-control': record({
    userSpace: measurement('the mask that the kernel announces; each bit was tried'),
    userSpaceTrials: list(row('host fact', ['flags', 'outcome'], () => word('msr-control/user-space'))),
    filterTrials: list(row('host fact', ['flags', 'outcome'], () => word('msr-control/filter'))),
  }),
  ordering: ORDERING,
  observed: OBSERVED,
  'firecracker.cpuid': record({ entries: cpuidRows('cpuid') }),
  'firecracker.msrs': record({ list: list(msr('MSR', () => null)) }),
  // What the CPU itself answers.
  'libvirt.cpuid': record({ entries: cpuidRows('host-cpuid') }),
  'libvirt.msrs': record({
    list: list(row('MSR', ['index', 'value'], ({ value }) => word(hostWord(msrWord(number(textOf(value, 'index'))))))),
  }),
};
