/**
 * MSRs that hold state and that KVM_GET_MSR_INDEX_LIST leaves to the VMM's knowledge of the CPU. They read and are written
 * like those that it lists. Ranges: Intel SDM volume 4, table 2-2; that KVM keeps them: kvm_set_msr_common and set_msr_mce.
 */
import { readMsrs } from '../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';

interface Unlisted {
  readonly first: number;
  readonly count: number;
  /** What a vCPU is created with; an MSR that still has it is left out, because the destination's has it too. */
  readonly created: bigint;
}

/** IA32_MTRR_PHYSBASE0 to PHYSMASK7, the fixed ranges, IA32_MTRR_DEF_TYPE; IA32_DEBUGCTL, which later kernels list. */
const ALWAYS: readonly Unlisted[] = [
  { first: 0x200, count: 16, created: 0n },
  { first: 0x250, count: 1, created: 0n },
  { first: 0x258, count: 2, created: 0n },
  { first: 0x268, count: 8, created: 0n },
  { first: 0x2ff, count: 1, created: 0n },
  { first: 0x1d9, count: 1, created: 0n },
];

/** IA32_MCG_CAP: banks in bits 7:0, CMCI in bit 10 (Intel SDM volume 3, 17.3.1.1). */
const MCG_CAP = 0x179;
const MCG_CMCI_P = 1n << 10n;
const ALL_ONES = 0xffff_ffff_ffff_ffffn;
const MC0_CTL = 0x400;
const MC0_CTL2 = 0x280;

/** Of each bank CTL, STATUS, ADDR and MISC, and CTL2 where there is CMCI. A bank's CTL is created with all bits set. */
function banks(capabilities: bigint): Unlisted[] {
  const count = Number(capabilities & 0xffn);
  const registers = Array.from({ length: count }, (_, bank): Unlisted[] => [
    { first: MC0_CTL + 4 * bank, count: 1, created: ALL_ONES },
    { first: MC0_CTL + 4 * bank + 1, count: 3, created: 0n },
  ]);
  const cmci = (capabilities & MCG_CMCI_P) === 0n ? [] : [{ first: MC0_CTL2, count, created: 0n }];
  return [...registers.flat(), ...cmci];
}

/** Those that this vCPU has changed, `listed` left out. */
export function unlistedMsrs(fd: Vcpu, listed: ReadonlySet<number>): Result<readonly number[], KvmError> {
  const capabilities = readMsrs(fd, [MCG_CAP]);
  if (!capabilities.ok) return capabilities;
  const wanted = [...ALWAYS, ...banks(capabilities.value[0] ?? 0n)].flatMap(({ first, count, created }) =>
    Array.from({ length: count }, (_, at) => ({ index: first + at, created })),
  );
  const candidates = wanted.filter(({ index }) => !listed.has(index));
  const values = readMsrs(
    fd,
    candidates.map(({ index }) => index),
  );
  if (!values.ok) return values;
  return ok(
    candidates.flatMap(({ index, created }, at) => {
      const value = values.value[at] ?? null;
      return value === null || value === created ? [] : [index];
    }),
  );
}
