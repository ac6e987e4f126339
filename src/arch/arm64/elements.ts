/** The elements of every word that an arm64 surface can have. Together they cover the word, each bit once. */
import type { Element, Kind } from '../../model/index.ts';
import { behaviourElements } from '../behaviour.ts';
import { registerFields } from './fields.ts';
import type { RegisterField } from './fields.ts';
import { FIRMWARE_REGISTERS } from './firmware.ts';
import type { FirmwareRegister } from './firmware.ts';
import { GROUP, groupOf, isIdRegister, MIDR_EL1, MPIDR_EL1, PMCR_EL0, SVE_VLS } from './ids.ts';
import { idOf, registerName } from './names.ts';
import { PROMISES } from './promises.ts';
import { behaviourTest } from './tables/behaviours.ts';
import { CAPABILITY_ROWS } from './tables/capabilities.ts';
import { gicMeaning } from './tables/gic-meanings.ts';
import { meaningOf } from './tables/id-meanings.ts';
import { EVENT_NAMES, observedRegister } from './tables/observed-registers.ts';
import type { ObservedRegisterRow } from './tables/observed-registers.ts';
import { stateRow } from './tables/state-registers.ts';
import { switchRow } from './tables/switches.ts';
import { GIC_REGISTERS } from './vgic.ts';

/** ID-register fields that are sizes or counts and not features. */
const LIMITS: ReadonlySet<string> = new Set([
  ...['PARANGE', 'PARange', 'ASIDBITS', 'ASIDBits', 'VARange', 'VMIDBits', 'BRPs', 'WRPs', 'CTX_CMPs', 'BS', 'N'],
  ...['IminLine', 'DminLine', 'TminLine', 'ERG', 'CWG', 'PMG_MAX', 'PARTID_MAX', 'VPMR_MAX'],
]);

const SOURCES: Readonly<Record<RegisterField['source'], string>> = {
  linux: 'arch/arm64/kernel/cpufeature.c',
  kvm: 'kvm_arm64_ftr_safe_value, arch/arm64/kvm/sys_regs.c',
  scheme: 'Arm ARM, principles of the ID scheme',
  number: 'Arm ARM D24.2 and D24.5',
  unnamed: 'Arm ARM, principles of the ID scheme',
};

/** Of PMCR_EL0 a guest was promised the counters; the rest is its state: what counts, and how. */
const PMCR_PROMISED: ReadonlySet<string> = new Set(['N', 'IDCODE', 'IMP']);

const UNNAMED = 'no table names it';
const UNKNOWN_REGISTER = 'a register that no table names';
const ARM_ID = 'Arm ARM D24.2';

const cache = new Map<string, readonly Element[]>();

export function elementsOf(word: string, width: number): readonly Element[] {
  const key = `${word} ${width}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const elements = derive(word, width);
  cache.set(key, elements);
  return elements;
}

function derive(word: string, width: number): readonly Element[] {
  const seen = observedRegister(word);
  if (seen !== undefined && seen.fields !== true) return observedElements(word, width, seen);
  const behaves = behaviourTest(word);
  if (behaves !== undefined) return behaviourElements(behaves);
  const id = idOf(word);
  if (id !== null) return registerElements(word, id, width);
  const gic = GIC_REGISTERS.find((row) => word === gicWord(row.device, row.name));
  if (gic !== undefined) {
    const named = gic.fields.map(({ name, shift, width: bits, kind, comparison }) =>
      element(
        word,
        name,
        shift,
        bits,
        kind,
        comparison,
        gicText(gic.name, name, gic.description),
        `Arm IHI ${gic.device === 'v2' ? '0048' : '0069'}`,
      ),
    );
    return withUnnamed(word, width, named);
  }
  if (word.startsWith('capability/') && !PROMISES.some((row) => row.word === word)) return capability(word, width);
  const promise = switchRow(word) ?? PROMISES.find((row) => row.word === word);
  return [
    {
      path: word,
      word,
      shift: 0,
      width,
      kind: promise?.kind ?? 'feature',
      comparison: promise?.comparison ?? 'subset',
      signed: false,
      description: promise?.description ?? 'a word that no table names',
      source: promise?.source ?? UNNAMED,
      named: promise !== undefined,
    },
  ];
}

function registerElements(word: string, id: bigint, width: number): readonly Element[] {
  if (id === SVE_VLS) return vectorLengths(word, width);
  const firmware = FIRMWARE_REGISTERS.find((register) => register.id === id);
  if (firmware !== undefined) return firmwareElements(word, width, firmware);
  if (isIdRegister(id) || id === PMCR_EL0) {
    return registerFields(id, width).map((field) => idElement(word, id, field));
  }
  // MPIDR_EL1 says which vCPU this is: the VMM numbers them.
  const kind = id === MPIDR_EL1 ? 'topology' : 'state';
  const row = stateRow(registerName(id));
  const text = kind === 'topology' ? 'which vCPU this is: its affinity' : (row?.description ?? UNKNOWN_REGISTER);
  const whole = element(
    word,
    '',
    0,
    width,
    kind,
    'none',
    text,
    kind === 'topology' ? ARM_ID : (row?.source ?? UNNAMED),
  );
  return [{ ...whole, path: word, named: kind === 'topology' || row !== undefined }];
}

/** KVM_ARM_VCPU_PMU_V3_FILTER apart, which hides events that the VMM names. */
const MORE_EVENTS: NonNullable<Element['harmless']> = {
  when: 'higher',
  reason: 'a guest asks once which events there are, and uses no other',
};

function observedElements(word: string, width: number, row: ObservedRegisterRow): readonly Element[] {
  const { kind, comparison, description, source, events } = row;
  if (events === undefined) {
    return [{ ...element(word, '', 0, width, kind, comparison, description, source), path: word }];
  }
  return Array.from({ length: width }, (_, bit): Element => {
    const number = bit < 32 ? events[0] + bit : events[1] + bit - 32;
    const code = `0x${number.toString(16)}`;
    const name = EVENT_NAMES[number];
    const text = name === undefined ? `event ${code}, which no table names` : `event ${code}, ${name}, can be counted`;
    const one = element(word, name ?? `event_${code}`, bit, 1, kind, comparison, text, source);
    return { ...one, named: name !== undefined, harmless: MORE_EVENTS };
  });
}

/** Facts that other words follow from; none is promised. */
function capability(word: string, width: number): readonly Element[] {
  const row = CAPABILITY_ROWS.get(word.slice('capability/'.length));
  const text = row?.description ?? 'a capability that no table names';
  const follows = row?.word === undefined || row.word === null ? '' : `; what a guest has of it: ${row.word}`;
  const source = row === undefined ? UNNAMED : 'Linux 7.3, KVM API document and uapi/linux/kvm.h';
  const whole = element(word, '', 0, width, 'derived', 'none', `${text}${follows}`, source);
  return [{ ...whole, path: word, named: row !== undefined }];
}

function gicText(register: string, field: string, about: string): string {
  const meaning = gicMeaning(register, field);
  return meaning === null ? `${about}: ${field}` : meaning.text;
}

function idElement(word: string, id: bigint, field: RegisterField): Element {
  const { name, shift, width, rule, signed, source } = field;
  const unnamed = source === 'unnamed';
  const feature = width === 1 && rule === 'lower-safe';
  const path = name === 'Value' ? word : `${word}/${name}`;
  const state = id === PMCR_EL0 && !PMCR_PROMISED.has(name);
  return {
    path,
    word,
    shift,
    width,
    kind: state ? 'state' : kindOf(id, field),
    comparison: state ? 'none' : feature ? 'subset' : rule,
    signed,
    description: idText(id, field),
    source: SOURCES[source],
    named: !unnamed,
  };
}

function idText(id: bigint, { name, source }: RegisterField): string {
  const register = registerName(id);
  const cache = groupOf(id) === GROUP.demux;
  if (source === 'unnamed') return `${register}, bits that no table names`;
  const meaning = meaningOf(cache ? 'CCSIDR_EL1' : register, name);
  return meaning === null ? `${register}.${name}: no table says what it stands for` : meaning.text;
}

function kindOf(id: bigint, { name, source }: RegisterField): Kind {
  if (LIMITS.has(name)) return 'limit';
  return id === MIDR_EL1 || source === 'number' ? 'identity' : 'feature';
}

/**
 * The set of lengths is one element: KVM takes a set or refuses it as a whole (all lengths up to the chosen largest must
 * be there that the host has), so that the lengths have no latitude of their own.
 */
function vectorLengths(word: string, width: number): readonly Element[] {
  const description = 'SVE vector lengths; bit n stands for n + 1 quadwords';
  const source = 'Documentation/virt/kvm/api.rst, KVM_REG_ARM64_SVE_VLS';
  return [{ ...element(word, '', 0, width, 'feature', 'subset', description, source), path: word }];
}

function firmwareElements(word: string, width: number, register: FirmwareRegister): readonly Element[] {
  const source = 'Documentation/virt/kvm/arm/fw-pseudo-registers.rst';
  if (register.form === 'bitmap') {
    const named = Object.entries(register.names).map(([bit, name]) =>
      element(
        word,
        name,
        Number(bit),
        1,
        'paravirtual',
        'subset',
        register.services?.[Number(bit)] ?? register.description,
        source,
      ),
    );
    return withUnnamed(word, width, named, 'paravirtual');
  }
  const names = Object.entries(register.names).map(([value, name]) => `${value} ${name}`);
  const text = names.length === 0 ? register.description : `${register.description}: ${names.join(', ')}`;
  const whole = element(word, '', 0, width, 'paravirtual', 'lower-safe', text, source);
  const { harmless } = register;
  return [{ ...whole, path: word, ...(harmless === undefined ? {} : { harmless }) }];
}

function withUnnamed(
  word: string,
  width: number,
  named: readonly Element[],
  kind: Kind = 'feature',
): readonly Element[] {
  const covered = named.reduce(
    (mask, { shift, width: bits }) => mask | (((1n << BigInt(bits)) - 1n) << BigInt(shift)),
    0n,
  );
  const others = Array.from({ length: width }, (_, bit) => bit)
    .filter((bit) => ((covered >> BigInt(bit)) & 1n) === 0n)
    .map((bit) => ({
      ...element(word, `bit${bit}`, bit, 1, kind, 'subset', 'a bit that no table names', UNNAMED),
      named: false,
    }));
  return [...named, ...others].sort((a, b) => a.shift - b.shift);
}

function element(
  word: string,
  name: string,
  shift: number,
  width: number,
  kind: Kind,
  comparison: Element['comparison'],
  description: string,
  source: string,
): Element {
  return {
    path: `${word}/${name}`,
    word,
    shift,
    width,
    kind,
    comparison,
    signed: false,
    description,
    source,
    named: true,
  };
}

export function gicWord(device: string, name: string): string {
  return device === 'its' ? `vgic/its/${name}` : `vgic/${device}/${name}`;
}
