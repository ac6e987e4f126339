/**
 * The rate of the time stamp counter, and what KVM_SET_TSC_KHZ makes of it. Without scaling by the CPU a higher rate is
 * accepted and only caught up with when the guest exits, and a lower one is refused (set_tsc_khz, arch/x86/kvm/x86.c).
 */
import type { MeasuredWord, Rejection, Surface, WordLatitude } from '../../../model/index.ts';
import type { TscData } from '../sections.ts';
import { areaFrom, readSection } from './reading.ts';
import type { Part } from './reading.ts';
import { hostFact } from './state.ts';

const SET = 'KVM_SET_TSC_KHZ';
const BEYOND: Rejection = { how: 'unknown', why: "only half and twice the host's own rate were tried" };
const CATCH_UP = "the counter still runs at the host's rate, but for what is caught up when the guest exits";

export function measureTsc(surface: Surface): Part {
  const reading = readSection(surface, 'tsc');
  const area = areaFrom('tsc', reading);
  if (reading.kind !== 'measured') return { area, words: [] };
  const { data, pointer } = reading;
  const rate: MeasuredWord = {
    path: 'tsc/khz',
    width: 32,
    value: data.khz === null ? null : BigInt(data.khz),
    latitude: latitude(data),
    mechanism: { operation: { call: SET }, until: 'before-first-run' },
    evidence: `${pointer}/khz`,
  };
  const words = [
    rate,
    hostFact('tsc/control', data.control, `${pointer}/control`),
    ...data.trials.map(({ factor, outcome }, at) =>
      hostFact(factor === '2' ? 'tsc/faster' : 'tsc/slower', outcome === 'taken' ? 1 : 0, `${pointer}/trials/${at}`),
    ),
  ];
  return { area, words };
}

function latitude({ khz, control, trials }: TscData): WordLatitude {
  if (khz === null) return { kind: 'unknown', why: 'the rate was not measured' };
  const [slower, faster] = [side('1/2', control, trials), side('2', control, trials)];
  return {
    kind: 'range',
    min: BigInt(slower.reaches ?? khz),
    max: BigInt(faster.reaches ?? khz),
    below: slower.beyond,
    above: faster.beyond,
  };
}

/** How far the rate can be moved to one side, in kHz, and what happens to one that is further off. */
function side(
  factor: '1/2' | '2',
  control: number,
  trials: TscData['trials'],
): { readonly reaches: number | null; readonly beyond: Rejection } {
  const trial = trials.find((each) => each.factor === factor);
  if (trial === undefined) return { reaches: null, beyond: { how: 'unknown', why: 'no other rate was tried' } };
  switch (trial.outcome) {
    case 'taken':
      if (control !== 0) return { reaches: trial.wrote, beyond: BEYOND };
      return { reaches: null, beyond: { how: 'ignored', call: SET, instead: CATCH_UP } };
    case 'ignored':
    case 'changed':
      return { reaches: null, beyond: { how: 'ignored', call: SET } };
    default:
      return { reaches: null, beyond: { how: 'refused', call: SET, errno: trial.outcome } };
  }
}
