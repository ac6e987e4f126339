/** What the members of the arm64 sections mean. Types: arch/arm64/sections.ts. */
import { isHex } from '../../model/index.ts';
import type { Json } from '../../model/index.ts';
import { gicWord } from '../arm64/elements.ts';
import { wordOf } from '../arm64/names.ts';
import { GIC_REGISTERS } from '../arm64/vgic.ts';
import { isObject, KEY, list, measurement, record, row, textOf, tuple, unit, word } from './meaning.ts';
import type { Here, Mapped, Meaning } from './meaning.ts';
import { BEHAVIOUR, CAPABILITIES, ORDERING } from './shared.ts';

const TRIAL = 'a trial: it is in the latitude of the word';
const TRIALS: Meaning = measurement(TRIAL);

const byId = (text: Json | undefined, otherwise: string | null = null): Mapped =>
  word(typeof text === 'string' && isHex(text) ? wordOf(BigInt(text)) : 'no register', otherwise);

/** `[id, value]`; the value's pointer is the word's evidence. */
const registerRows: Meaning = list(
  tuple(
    KEY,
    unit('register', ({ parents }) => byId(Array.isArray(parents[0]) ? (parents[0][0] as Json) : undefined)),
  ),
);
/** Registers that a combination lacks, by id. */
const registerIds: Meaning = list(unit('register', ({ value }) => byId(value)));

const registerTrial = (members: readonly string[], otherwise: string | null = null): Meaning =>
  row('trial of a register', members, ({ value }) => byId(isObject(value) ? value['id'] : undefined, otherwise));

const ID_MEMBERS = ['id', 'value', 'same', 'fields', 'fixed', 'together'] as const;

const combination: Meaning = record({
  name: KEY,
  base: KEY,
  outcome: KEY,
  features: list(unit('vCPU feature', ({ value }) => word(`vcpu/${typeof value === 'string' ? value : ''}`))),
  registers: registerRows,
  added: registerRows,
  removed: registerIds,
  changed: registerRows,
  call: measurement('the call that refused this combination'),
  errno: measurement('the errno that refused this combination'),
  capability: measurement('the capability that this combination needs and the host lacks'),
});

function gicRegister(device: 'v2' | 'v3' | 'its'): Meaning {
  return row('interrupt-controller register', ['name', 'offset', 'before', 'after', 'trialsBefore', 'trials'], (here) =>
    word(gicWord(device, textOf(here.value, 'name')), whyNoGic(device, here)),
  );
}

/** A vGICv2 is another guest's, where the host has a vGICv3. */
function whyNoGic(device: 'v2' | 'v3' | 'its', { value, context }: Here): string | null {
  const named = GIC_REGISTERS.some((known) => known.device === device && known.name === textOf(value, 'name'));
  const hasV3 = context.surface.sections['vgic-v3']?.outcome === 'measured';
  return named && device === 'v2' && hasV3 ? "a register of the vGICv2, which is another machine's" : null;
}

/** What a VMM uses an attribute for, where no guest observes it. */
const TOOLS: readonly (readonly [prefix: string, why: string])[] = [
  ['KVM_VGIC_', 'an address of the interrupt controller, which the VMM places'],
  ['KVM_DEV_ARM_VGIC_', 'a control of the interrupt controller: what a guest sees of it are its registers'],
  ['KVM_DEV_ARM_ITS_', 'a control of the ITS: what a guest sees of it are its registers'],
  ['KVM_ARM_VCPU_PMU_V3_', "a control of the PMU: what a guest sees of it are the PMU's registers"],
  ['KVM_ARM_VCPU_TIMER_IRQ_H', 'an interrupt of the timers of EL2, which only a guest with EL2 has'],
  ['KVM_ARM_VM_SMCCC_', 'a control of hypercalls, which is written and never read'],
  ['KVM_ARM_SET_COUNTER_OFFSET', 'an offset of the counters, which is written and never read'],
];

const attribute: Meaning = row('attribute', ['attribute', 'name', 'has', 'reads', 'trials'], ({ value }) => {
  const name = textOf(value, 'name');
  const has = isObject(value) ? value['has'] : undefined;
  const tool = TOOLS.find(([prefix]) => name.startsWith(prefix))?.[1];
  return word(`vcpu-attribute/${name}`, tool ?? (has === true ? null : 'the kernel does not have the attribute'));
});

const gic = (device: 'v2' | 'v3' | 'its'): Meaning =>
  record({
    device: KEY,
    setUp: list(tuple(KEY, measurement('how the device was set up'))),
    registers: list(gicRegister(device)),
    attributes: list(attribute),
  });

const firecrackerRegisters: Meaning = list(
  row('register', ['id', 'value'], ({ value }) => byId(isObject(value) ? value['id'] : undefined)),
);

/** A register that a guest read: the word of what KVM lists, or of what only a guest can tell. */
function observedRegisterWord(row: readonly Json[]): Mapped {
  const [id, value] = row;
  const faulted = typeof value === 'string' && !isHex(value);
  return byId(id, faulted ? 'the guest cannot read it' : 'KVM does not list it, and it tells nothing of the machine');
}

/** A register of a frame that is among those by which a guest identifies the controller, or only state of it. */
function frameWord(name: Json | undefined): Mapped {
  const found = GIC_REGISTERS.find((known) => known.name === name && known.device !== 'v2');
  const otherwise = 'a register that holds state, at its value after reset';
  return found === undefined ? word('no register', otherwise) : word(gicWord(found.device, found.name), otherwise);
}

const NO_SVE = 'the vCPU has no SVE';

export const ARM64_MEANINGS: Readonly<Record<string, Meaning>> = {
  capabilities: CAPABILITIES,
  vcpus: record({
    target: measurement('what KVM_ARM_PREFERRED_TARGET says; every host says the same'),
    features: measurement('features that KVM_ARM_PREFERRED_TARGET asks for'),
    vgic: measurement('how the VMs were made'),
    combinations: list(combination),
  }),
  'id-registers': record({
    vcpu: measurement('on which vCPU it was tried'),
    registers: list(registerTrial(ID_MEMBERS)),
    declared: measurement('what the host says is writable: held against the trials, never believed'),
    implementation: record({
      registers: list(registerTrial(ID_MEMBERS)),
      absent: measurement('why it was not tried'),
    }),
  }),
  firmware: record({
    vcpu: measurement('on which vCPU it was tried'),
    registers: list(registerTrial(['id', 'value', 'trials'])),
  }),
  state: record({
    vcpu: measurement('on which vCPU it was tried'),
    free: list(unit('trial of a register', ({ value }) => byId(value))),
    limited: list(
      tuple(
        unit('trial of a register', ({ value }) => byId(value)),
        TRIALS,
        TRIALS,
        TRIALS,
      ),
    ),
  }),
  'unlisted-registers': record({
    vcpu: measurement('on which vCPU it was tried'),
    asked: measurement('how many registers of other kernels were asked for'),
    refused: measurement('not listed here: that a restore of it is refused is in what the host accepts'),
    answered: measurement('not listed here: what comes of a restore is in what the host accepts'),
  }),
  sve: record({
    lengths: unit('register', () => word('sve/vector-lengths')),
    trials: TRIALS,
    finalize: measurement('what KVM_ARM_VCPU_FINALIZE came to'),
    afterwards: measurement('what a write came to after KVM_ARM_VCPU_FINALIZE'),
  }),
  'vgic-v2': gic('v2'),
  'vgic-v3': gic('v3'),
  its: gic('its'),
  'vcpu-attributes': record({
    vcpu: measurement('on which vCPU it was tried'),
    pmus: measurement('physical PMUs, by names and numbers of the host'),
    attributes: list(attribute),
  }),
  vm: record({
    ipaMaximum: measurement('the largest size that the host announces; it was tried'),
    ipaSizes: unit('host fact', () => word('vm/ipa-size')),
    enable: list(
      tuple(
        unit('capability', ({ value }) =>
          word(
            `capability/${typeof value === 'string' ? value : ''}`,
            'a capability that asks for exits to the VMM, or opens registers that have latitude of their own',
          ),
        ),
        measurement('what KVM_ENABLE_CAP came to'),
      ),
    ),
  }),
  ordering: ORDERING,
  observed: record({
    vcpu: measurement('on which vCPU the guest ran'),
    gic: measurement('with which interrupt controllers the guest ran'),
    ended: measurement('guests that did not come to the end of their table'),
    registers: list(
      tuple(
        KEY,
        unit('register', ({ parents }) => observedRegisterWord(Array.isArray(parents[0]) ? parents[0] : [])),
      ),
    ),
    frames: list(
      tuple(
        KEY,
        unit('interrupt-controller register', ({ parents }) =>
          frameWord(Array.isArray(parents[0]) ? (parents[0][0] as Json) : undefined),
        ),
      ),
    ),
    writable: list(tuple(KEY, KEY, measurement('what a guest can write: held against what KVM declares'))),
    calls: list(measurement('what a call answers: held against the firmware registers, which decide it')),
    vectorLengths: unit('vector lengths', () => word('sve/vector-lengths', NO_SVE)),
    counters: measurement('the counters against each other, which no register declares'),
  }),
  behaviour: BEHAVIOUR,
  'firecracker.registers': record({ registers: firecrackerRegisters }),
};
