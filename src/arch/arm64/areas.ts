/** The parts of an arm64 machine, each measured or not. */
import { isFirmwareRegister, isIdRegister, groupOf, GROUP } from './ids.ts';
import { idOf } from './names.ts';
import { PROMISES } from './promises.ts';
import { observedRegister } from './tables/observed-registers.ts';

/** Area to the probe section that measures it. */
export const AREAS: Readonly<Record<string, string>> = {
  'id-registers': 'vcpus',
  cache: 'vcpus',
  pmu: 'vcpus',
  state: 'vcpus',
  firmware: 'vcpus',
  sve: 'vcpus',
  vcpu: 'vcpus',
  vgic: 'vgic-v3',
  its: 'its',
  timer: 'vcpu-attributes',
  pvtime: 'vcpu-attributes',
  vm: 'vm',
  switch: 'vcpu-attributes',
  capability: 'capabilities',
  observed: 'observed',
  behaviour: 'behaviour',
};

/** Areas that a surface has only where it has the section: older ones say no less of the rest for it. */
export const LATER_AREAS: ReadonlySet<string> = new Set(['observed', 'behaviour']);

const CACHE: ReadonlySet<string> = new Set(['reg/CTR_EL0', 'reg/CLIDR_EL1', 'reg/CCSIDR_EL1', 'reg/CCSIDR2_EL1']);
/** Registers that exist only with a PMU, besides those whose names begin with PM. */
const PMU = /^reg\/PM[A-Z]/;

export function areaOf(word: string): string {
  if (word.startsWith('behaviour/')) return 'behaviour';
  if (observedRegister(word) !== undefined) return 'observed';
  if (word.startsWith('vgic/its/')) return 'its';
  if (word.startsWith('vgic/')) return 'vgic';
  if (word.startsWith('switch/')) return 'switch';
  if (word.startsWith('cache/') || CACHE.has(word)) return 'cache';
  if (PMU.test(word)) return 'pmu';
  const promise = PROMISES.find((row) => row.word === word);
  if (promise !== undefined) return promise.area;
  if (word.startsWith('capability/')) return 'capability';
  const id = idOf(word);
  if (id === null) return 'vm';
  if (isFirmwareRegister(id)) return 'firmware';
  if (groupOf(id) === GROUP.sve) return 'sve';
  return isIdRegister(id) ? 'id-registers' : 'state';
}
