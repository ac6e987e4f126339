/**
 * The guest's addresses. The stage 1 MMU is on from the first instruction, with an identity map of the lowest 4 GiB in
 * one table: exclusive and unaligned accesses are defined for normal memory only, and with the MMU off all of it is
 * device memory (Arm ARM, D8.2.12 and B2.9). Memory, where it is cacheable, is coherent with what the host writes.
 */
import type { Item } from './assembler/index.ts';

/** Where guest memory begins: as on QEMU's virt machine; distributor, redistributors and ITS lie below. */
export const MEMORY_BASE = 0x4000_0000;

/**
 * An address outside of memory: a store there leaves the guest with KVM_EXIT_MMIO. What the store means is its place
 * in this page.
 */
const DOORBELL_PAGE = 0x0900_0000;
export const DOORBELL: Readonly<Record<'end' | 'pause' | 'round' | 'wait', number>> = {
  /** The program is at its end. */
  end: DOORBELL_PAGE,
  /** The host may do something; then the program goes on. The value says what is due. */
  pause: DOORBELL_PAGE + 8,
  /** The witness has finished a round; the value is its number. */
  round: DOORBELL_PAGE + 16,
  /** The witness waits for another vCPU. */
  wait: DOORBELL_PAGE + 24,
};

/** MAIR_EL1: attribute 0 is Device-nGnRE, attribute 1 is normal, write-back, allocating (D19.2.105). */
const MAIR = 0xff04n;

/**
 * TCR_EL1 (D19.2.156): 4 KiB granule, 32-bit addresses (T0SZ 32), so that the walk begins at level 1 with four entries;
 * walks are inner shareable and cacheable; no walks by TTBR1 (EPD1); 32-bit output addresses (IPS 0).
 */
const TCR = 32n | (1n << 8n) | (1n << 10n) | (3n << 12n) | (1n << 23n);

/** SCTLR_EL1 (D19.2.139): M, C, I; SA, SA0, CP15BEN; and bits that are RES1 where their feature is not implemented. */
const SCTLR = [0, 2, 12, 3, 4, 5, 11, 16, 18, 20, 22, 23, 28, 29].reduce((word, bit) => word | (1n << BigInt(bit)), 0n);

/** CPACR_EL1 (D19.2.31): neither FP and SIMD (FPEN) nor SVE (ZEN) trap. */
const CPACR = (3n << 20n) | (3n << 16n);

/** Block descriptors of level 1, 1 GiB each (D8.3.1): valid, accessed, readable and writable at EL1. */
const BLOCK = 1n | (1n << 10n);
const DEVICE = BLOCK | (1n << 53n) | (1n << 54n);
const NORMAL = BLOCK | (1n << 2n) | (3n << 8n) | (1n << 54n);
const GIB = 0x4000_0000n;

/** The translation table of four entries, aligned to 64 bytes as the smallest ones must be (D8.2.5). */
export const TRANSLATION_TABLE: readonly Item[] = [
  { align: 64 },
  ...[DEVICE, NORMAL, DEVICE, DEVICE].map((attributes, gib): Item => ({ quad: attributes | (BigInt(gib) * GIB) })),
];

/** The registers that turn it on; `table` and `vectors` are addresses. */
export function translationRegisters(table: number, vectors: number): readonly (readonly [string, bigint])[] {
  return [
    ['MAIR_EL1', MAIR],
    ['TCR_EL1', TCR],
    ['TTBR0_EL1', BigInt(table)],
    ['VBAR_EL1', BigInt(vectors)],
    ['CPACR_EL1', CPACR],
    ['SCTLR_EL1', SCTLR],
  ];
}
