/** Words of a vCPU beside its registers: the components of its XSAVE state, the rate of its time stamp counter. */
import type { Element, WordPath } from '../../model/index.ts';
import { wholeWord } from './fields.ts';

/** Parts per million by which KVM lets a rate differ without scaling: tsc_tolerance_ppm, arch/x86/kvm/x86.c. */
const TSC_TOLERANCE = 250;

/** Null where the word is neither. */
export function vcpuElements(word: WordPath, width: number): readonly Element[] | null {
  if (word === 'tsc/khz') {
    const source = 'Documentation/virt/kvm/api.rst, KVM_SET_TSC_KHZ; tsc_tolerance_ppm in arch/x86/kvm/x86.c';
    return wholeWord(word, width, 'limit', 'exact', 'rate of the time stamp counter, kHz', source).map((element) => ({
      ...element,
      tolerance: TSC_TOLERANCE,
    }));
  }
  if (!word.startsWith('xsave/state/')) return null;
  const name = word.slice('xsave/state/'.length);
  return name === 'ungiven'
    ? state(word, width, 'components that KVM_GET_XSAVE gives and the guest does not have')
    : state(word, width, `the XSAVE component ${name}; 0 while it is in its initial state`);
}

function state(word: WordPath, width: number, description: string): readonly Element[] {
  return wholeWord(word, width, 'state', 'none', description, 'Intel SDM volume 1, 13.1 and 13.6');
}
