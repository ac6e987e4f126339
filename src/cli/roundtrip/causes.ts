/**
 * Known causes of disagreements between what is predicted and what is observed: why a word is judged otherwise than the
 * lab shows. A disagreement without a row here is a defect that nobody has looked at.
 */
import type { Architecture, Level } from '../../model/index.ts';
import type { ProofWord } from '../../format/index.ts';

export interface Cause {
  readonly architecture: Architecture;
  /** The words that it is about, whole paths. */
  readonly words: RegExp;
  readonly predicted: readonly Level[];
  readonly observed: ProofWord['observed'];
  /** One or two sentences, with the source of the fact. */
  readonly cause: string;
}

export const CAUSES: readonly Cause[] = [
  {
    architecture: 'arm64',
    words: /^reg\/PMCR_EL0$/,
    predicted: ['same'],
    observed: 'differs',
    cause:
      '5.10 resets bits of PMCR_EL0 to a pattern (reset_pmcr), LP among them, and later kernels keep no LP where the PMU has no long counters: a bit that no guest set is gone. PMCR_EL0 is judged by what is promised of it, and not by what the state in it holds.',
  },
  {
    architecture: 'arm64',
    words: /^reg\/PMCEID0_EL0$/,
    predicted: ['same'],
    observed: 'differs',
    cause:
      'A defect of pins: that a host shows one event more than the pool has is called harmless, for a guest that asked before uses no other. A guest that began on that host asked there, and misses the event (CHAIN) on the others.',
  },
  {
    architecture: 'arm64',
    words: /^reg\/CNTP_CVAL_EL0$/,
    predicted: ['same'],
    observed: 'differs',
    cause:
      '5.10 and 6.1 list no register for the physical timer, and KVM_SET_ONE_REG does not know it (ENOENT): it cannot be saved there, wherever the guest goes. A contract does not know of state that its own host does not save.',
  },
  {
    architecture: 'x86_64',
    words: /^msr\/MSR_IA32_TSC$/,
    predicted: ['same'],
    observed: 'differs',
    cause:
      '5.10 and 6.1 leave the counter as it is where it is written within a second of what the new VM shows (kvm_synchronize_tsc, mended by `user_set_tsc`): a guest younger than that finds its time gone back.',
  },
  {
    architecture: 'x86_64',
    words: /^msr\/MSR_F15H_PERF_CTL0$/,
    predicted: ['same'],
    observed: 'refused',
    cause:
      'On 5.10 the same counter has two names, and a guest whose CPUID has no PERFCTR_CORE is saved under both. Contracts leave the second out, as state of a unit that the guest does not have; later kernels refuse it where it is in use.',
  },
];

export function causeOf(
  architecture: string,
  { word, predicted, observed }: Pick<ProofWord, 'word' | 'predicted' | 'observed'>,
): string | null {
  return (
    CAUSES.find(
      (row) =>
        row.architecture === architecture &&
        row.words.test(word) &&
        row.predicted.includes(predicted) &&
        row.observed === observed,
    )?.cause ?? null
  );
}
