/**
 * Known causes of disagreements between what is predicted of a move with QEMU and what is observed. A disagreement without
 * a row here is a defect that nobody has looked at.
 */
import type { Architecture } from '../../model/index.ts';
import type { QemuProofMove, QemuProofWord } from '../../format/index.ts';

export interface QemuCause {
  readonly architecture: Architecture;
  readonly modes: readonly QemuProofMove['mode'][];
  /** The words that it is about, whole paths. */
  readonly words: RegExp;
  readonly observed: QemuProofWord['observed'];
  /** One or two sentences, with the source of the fact. */
  readonly cause: string;
}

export const QEMU_CAUSES: readonly QemuCause[] = [
  {
    architecture: 'arm64',
    modes: ['host', 'exported'],
    words: /^reg\/CTR_EL0$/,
    observed: 'differs',
    cause:
      'Kernels before 6.12 answer KVM_GET_ONE_REG with the sanitized register of the host, and the guest reads the hardware. QEMU saves what it was answered and writes it on a newer kernel, which shows it to the guest: IDC appears. The surface of the older kernel says so as a caution.',
  },
  {
    architecture: 'arm64',
    modes: ['host', 'exported'],
    words: /^reg\/KVM_REG_ARM_VENDOR_HYP_BMAP$/,
    observed: 'differs',
    cause:
      'A guest that began on 5.10 has no vendor hypercalls, and its stream no register for them. QEMU writes no register that is not in the stream, so that the newer kernel offers its own; a VMM that uses all of KVM would write 0. A promise that the older kernel has no register for is none.',
  },
];

export function qemuCauseOf(
  { architecture, mode }: Pick<QemuProofMove, 'architecture' | 'mode'>,
  { word, observed }: Pick<QemuProofWord, 'word' | 'observed'>,
): string | null {
  return (
    QEMU_CAUSES.find(
      (row) =>
        row.architecture === architecture &&
        row.modes.includes(mode) &&
        row.words.test(word) &&
        row.observed === observed,
    )?.cause ?? null
  );
}
