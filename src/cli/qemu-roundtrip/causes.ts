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
    words: /^(?:reg\/KVM_REG_ARM_VENDOR_HYP_BMAP|hvc\/VENDOR_HYP_UID|hvc\/TRNG_FEATURES\/TRNG_RND)$/,
    observed: 'differs',
    cause:
      'A guest that began on 5.10 has neither vendor nor random number hypercalls, and its stream no register for them. QEMU writes no register that is not in the stream, so that the newer kernel offers its own; a VMM that uses all of KVM would write 0. A promise that the older kernel has no register for is none.',
  },
  {
    architecture: 'arm64',
    modes: ['host', 'exported'],
    words: /^vgic\/v3\/GICR_CTLR$/,
    observed: 'differs',
    cause:
      'GICR_CTLR says since 6.1 that LPIs can be turned off (IR, CES); those bits follow from the revision of GICD_IIDR, which QEMU does not write (hw/intc/arm_gicv3_kvm.c, kvm_arm_gicv3_put) and which is predicted.',
  },
  {
    architecture: 'arm64',
    modes: ['host', 'exported'],
    words: /^reg\/(?:PMCNTENSET_EL0|PMINTENSET_EL1)$/,
    observed: 'differs',
    cause:
      "No guest set these bits: they are those of KVM's reset pattern (0x1de7ec7edbadc0de, reset_unknown in arch/arm64/kvm/sys_regs.h) that the PMU has counters for, and the load makes them 0. The registry knows the whole pattern for a value that nobody gave, not what is left of it.",
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
