/** Words of the registers of one recorded vCPU: values from `vcpus`, latitude from the sections that tried. */
import { fromHex, isHex } from '../../model/index.ts';
import type { MeasuredWord, Mechanism, Operation, Surface, WordLatitude } from '../../model/index.ts';
import { FIRMWARE_REGISTERS } from './firmware.ts';
import { GROUP, groupOf, isFirmwareRegister, isIdRegister, PMCR_EL0, PSTATE, SVE_VLS } from './ids.ts';
import { bitmapLatitude, idLatitude, stateLatitude, valueLatitude } from './latitude.ts';
import { widthOf, wordOf } from './names.ts';
import { dataOf, idTrial, implementationTrial } from './read-sections.ts';
import type { ReadRegister, ResolvedVcpu } from './read-sections.ts';
import type { FirmwareSection, IdRegistersSection, StateSection, SveSection } from './sections.ts';
import { isVolatile, RESET_UNKNOWN } from './volatile.ts';

interface Trials {
  readonly id: IdRegistersSection | null;
  readonly firmware: FirmwareSection | null;
  readonly state: StateSection | null;
  readonly sve: SveSection | null;
}

export function registerWords(surface: Surface, vcpu: ResolvedVcpu): MeasuredWord[] {
  const trials: Trials = {
    id: dataOf(surface, 'id-registers'),
    firmware: dataOf(surface, 'firmware'),
    state: dataOf(surface, 'state'),
    sve: dataOf(surface, 'sve'),
  };
  return [...vcpu.registers].map(([text, read]) => {
    const id = BigInt(text);
    return {
      path: wordOf(id),
      width: widthOf(id),
      value: valueOf(text, read),
      latitude: latitudeOf(text, id, read, trials),
      mechanism: mechanismOf(text, id, trials.id),
      ...declaredOf(text, id, trials.id),
      evidence: read.pointer,
    };
  });
}

/** The masks speak of the feature ID space alone; a register of it that they do not list is not writable. */
function declaredOf(text: string, id: bigint, trials: IdRegistersSection | null): Pick<MeasuredWord, 'declared'> {
  if (trials === null || !('masks' in trials.declared)) return {};
  if (!isIdRegister(id) || isFirmwareRegister(id) || groupOf(id) !== GROUP.sysreg) return {};
  const mask = trials.declared.masks.find(([candidate]) => candidate === text)?.[1] ?? '0x0';
  return isHex(mask) ? { declared: { mask: fromHex(mask), by: 'KVM_ARM_GET_REG_WRITABLE_MASKS' } } : {};
}

function valueOf(id: string, { value }: ReadRegister): bigint | null {
  if (!isHex(value) || isVolatile(id)) return null;
  const number = fromHex(value);
  return number === RESET_UNKNOWN ? null : number;
}

/** What was tried was tried on a vCPU with every feature; it holds for another one whose register reads the same. */
function latitudeOf(text: string, id: bigint, read: ReadRegister, trials: Trials): WordLatitude {
  const unknown = (why: string): WordLatitude => ({ kind: 'unknown', why });
  if (id === SVE_VLS) {
    if (trials.sve === null) return unknown('no set of vector lengths was tried');
    return valueLatitude(trials.sve.trials, 'KVM_SET_ONE_REG');
  }
  if (isFirmwareRegister(id)) {
    const row = trials.firmware?.registers.find((candidate) => candidate.id === text);
    if (row === undefined || !isHex(row.value)) return unknown('no write was tried');
    const form = FIRMWARE_REGISTERS.find((register) => register.id === id)?.form ?? 'bitmap';
    return form === 'bitmap'
      ? bitmapLatitude(fromHex(row.value), row.trials, 'KVM_SET_ONE_REG')
      : valueLatitude(row.trials, 'KVM_SET_ONE_REG');
  }
  if (isIdRegister(id) || id === PMCR_EL0) {
    const trial = trials.id === null ? undefined : idTrial(trials.id, text);
    if (trial === undefined) return unknown('no write was tried');
    if (trial.value !== read.value) return unknown('writes were tried only on a vCPU where it reads otherwise');
    return idLatitude(trial);
  }
  if (trials.state === null) return unknown('no write was tried');
  // All bits were flipped at once, which makes a mode that there is not.
  if (id === PSTATE) return unknown('no other state of the processor was tried');
  const row = trials.state.limited.find(([candidate]) => candidate === text);
  if (row !== undefined) return stateLatitude(isHex(read.value) ? fromHex(read.value) : null, row);
  return trials.state.free.includes(text) ? stateLatitude(null, null) : unknown('no write was tried');
}

/**
 * KVM_SET_ONE_REG: ID and firmware registers, and PMCR_EL0.N, until the first KVM_RUN of any vCPU, vector lengths until
 * the vCPU is finalized (api.rst, KVM_SET_ONE_REG and KVM_ARM_VCPU_FINALIZE).
 */
function mechanismOf(text: string, id: bigint, trials: IdRegistersSection | null): Mechanism {
  const until =
    id === SVE_VLS
      ? 'vcpu-created'
      : isFirmwareRegister(id) || isIdRegister(id) || id === PMCR_EL0
        ? 'before-first-run'
        : 'any-time';
  const operation = { call: 'KVM_SET_ONE_REG', id } as const;
  return trials === null || implementationTrial(trials, text) === undefined
    ? { operation, until }
    : { operation, until, needs: WRITABLE_IMPLEMENTATION };
}

/** Enabled before the first vCPU (api.rst, 7.42). */
const WRITABLE_IMPLEMENTATION: Operation = {
  call: 'KVM_ENABLE_CAP',
  on: 'vm',
  capability: 'KVM_CAP_ARM_WRITABLE_IMP_ID_REGS',
  argument: 0,
  bit: 0n,
  set: 1n,
};
