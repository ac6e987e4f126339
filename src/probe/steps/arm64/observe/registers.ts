/** Which registers a guest reads, and how a section says what came of it. */
import { GROUP, registerId, sysregId } from '../../../../arch/arm64/ids.ts';
import type { Read } from '../../../../arch/arm64/observed-sections.ts';
import { OBSERVED_REGISTERS } from '../../../../arch/arm64/tables/observed-registers.ts';
import { faultName } from '../../../../guest/arm64/behaviour/index.ts';
import { encodingOf, genericName, mrs, msr } from '../../../../guest/arm64/index.ts';
import type { GuestOperation, Outcome } from '../../../../guest/arm64/index.ts';
import { hex } from '../../../../model/index.ts';

/** op0 3, op1 0, CRn 0, CRm 1 to 7: the ID registers proper, whether named or not (Arm ARM D24.1). */
const ID_SPACE: readonly number[] = Array.from({ length: 56 }, (_, at) => 0xc008 + at);

/** Others that identify the machine, and those of the PMU, of timers and of the CPU interface that do not change. */
const NAMED: readonly string[] = [
  ...['MIDR_EL1', 'MPIDR_EL1', 'REVIDR_EL1', 'AIDR_EL1', 'CTR_EL0', 'CLIDR_EL1', 'CCSIDR2_EL1', 'OSLSR_EL1'],
  ...['PMCR_EL0', 'PMMIR_EL1', 'PMUSERENR_EL0', 'CNTKCTL_EL1'],
  ...['ICC_CTLR_EL1', 'ICC_SRE_EL1', 'ICC_PMR_EL1', 'ICC_BPR0_EL1', 'ICC_BPR1_EL1', 'ICC_IGRPEN0_EL1'],
  ...['ICC_IGRPEN1_EL1', 'ICC_RPR_EL1', 'ICC_HPPIR1_EL1'],
];

/** Caches that CLIDR_EL1 can name: CSSELR_EL1, which is also the number in KVM's register id. */
const CACHES: readonly number[] = Array.from({ length: 14 }, (_, selector) => selector);

interface Row {
  readonly id: bigint;
  readonly operations: readonly GuestOperation[];
}

/** The value is what the last operation of a row reads. */
const ROWS: readonly Row[] = [
  ...[...ID_SPACE, ...[...NAMED, ...OBSERVED_REGISTERS.map(({ name }) => name)].map(encodingOf)].map(
    (encoding): Row => ({ id: sysregId(encoding), operations: [mrs(genericName(encoding))] }),
  ),
  ...CACHES.map((selector): Row => ({
    id: registerId(GROUP.demux, 4, selector),
    operations: [msr('CSSELR_EL1', BigInt(selector)), { kind: 'isb' }, mrs('CCSIDR_EL1')],
  })),
];

export const REGISTER_TABLE: readonly GuestOperation[] = ROWS.flatMap(({ operations }) => operations);

/** `outcomes`: of `REGISTER_TABLE`. */
export function registersRead(outcomes: readonly Outcome[]): (readonly [id: string, value: Read])[] {
  let at = 0;
  return ROWS.map(({ id, operations }) => {
    at += operations.length;
    return [hex(id), read(outcomes[at - 1])];
  });
}

/** The value, or how it faulted. */
export function read(outcome: Outcome | undefined, index: number = 0): Read {
  switch (outcome?.kind) {
    case undefined:
    case 'not-reached':
      return 'the guest did not come to it';
    case 'begun':
      return 'the guest ended in it';
    case 'values':
      return hex(outcome.values[index] ?? 0n);
    case 'fault':
      return faultName(outcome.exception, outcome.exceptionClass);
  }
}
