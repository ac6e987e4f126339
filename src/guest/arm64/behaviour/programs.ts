/** What the guest does for each row of the table of behaviours, and what the outcome is called. */
import { a64, code, encodingOf, hvc, load, mrs, msr, store } from '../index.ts';
import type { GuestOperation } from '../index.ts';
import type { Outcome } from '../mailbox.ts';
import { FUNCTION } from './calls.ts';
import { FRAME, GICD, GICR } from './frames.ts';
import { availability, callOutcome, instruction, unlessFaulted } from './outcome.ts';
import type { Judged } from './outcome.ts';

export interface BehaviourProgram {
  readonly id: string;
  readonly operations: readonly GuestOperation[];
  /** `outcomes`: as many as there are operations. */
  readonly judge: (outcomes: readonly Outcome[]) => Judged;
  /** What is read differs from run to run. */
  readonly varies?: true;
}

/** Of an instruction that the assembler does not have: Arm ARM C6.2, PACGA X0, X1, X2 and IRG X0, X1. */
const PACGA = 0x9ac2_3020;
const IRG = 0x9adf_1020;

const firstOf =
  (judge: (outcome: Outcome | undefined) => Judged): BehaviourProgram['judge'] =>
  (outcomes) =>
    judge(outcomes[0]);

const reading = (id: string, register: string): BehaviourProgram => ({
  id,
  operations: [mrs(register)],
  judge: firstOf(availability),
});
const calling = (id: string, ...parameters: readonly number[]): BehaviourProgram => ({
  id,
  operations: [hvc(...parameters)],
  judge: firstOf(callOutcome),
});
const running = (id: string, word: number): BehaviourProgram => ({
  id,
  operations: [code(1, () => [word])],
  judge: firstOf(instruction),
});

/** SMCCC: 0 the workaround is there, 1 it is not needed; of workaround 2 also -2, it is not needed. */
const workaround = (number: 1 | 2 | 3): BehaviourProgram => ({
  id: `smccc/workaround-${number}`,
  operations: [hvc(FUNCTION.ARCH_FEATURES, FUNCTION[`ARCH_WORKAROUND_${number}`])],
  judge: (outcomes) =>
    unlessFaulted(outcomes, ([x0 = 0n]) => {
      switch (BigInt.asIntN(32, x0)) {
        case -1n:
          return 'not-supported';
        case 0n:
          return 'required';
        case 1n:
        case -2n:
          return 'not-required';
        default:
          return { why: `the call gave 0x${x0.toString(16)}` };
      }
    }),
});

const LOW_WORD = 0xffff_ffffn;
const GROUPS: GuestOperation = {
  kind: 'try',
  at: { width: 32, address: `0x${(FRAME.distributor + GICD.IGROUPR1).toString(16)}` },
  write: { flip: '0xffffffff' },
};

const GIC: readonly BehaviourProgram[] = [
  {
    id: 'gic/interrupt-groups',
    operations: [GROUPS],
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([before = 0n, after = 0n]) => {
        if (after === before) return 'ignored';
        return after === (before ^ LOW_WORD)
          ? 'changed'
          : { why: `of 0x${before.toString(16)} came 0x${after.toString(16)}` };
      }),
  },
  {
    id: 'gic/redistributor-announces',
    operations: [load(32, FRAME.redistributor + GICR.CTLR)],
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([control = 0n]) => {
        const announced = (control >> 1n) & 3n;
        if (announced === 0n) return 'nothing';
        return announced === 3n ? 'both' : { why: `GICR_CTLR is 0x${control.toString(16)}` };
      }),
  },
  {
    id: 'gic/lpis-off',
    operations: [
      store(32, FRAME.redistributor + GICR.CTLR, 1n),
      load(32, FRAME.redistributor + GICR.CTLR),
      store(32, FRAME.redistributor + GICR.CTLR, 0n),
      load(32, FRAME.redistributor + GICR.CTLR),
    ],
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([on = 0n, off = 0n]) =>
        (on & 1n) === 0n ? 'never-on' : (off & 1n) === 1n ? 'stays-on' : 'goes-off',
      ),
  },
  {
    id: 'gic/pending-by-register',
    operations: [
      store(32, FRAME.distributor + GICD.ISPENDR1, 1n),
      load(32, FRAME.distributor + GICD.ISPENDR1),
      store(32, FRAME.distributor + GICD.ICPENDR1, 1n),
      load(32, FRAME.distributor + GICD.ISPENDR1),
    ],
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([set = 0n, cleared = 0n]) =>
        (set & 1n) === 0n ? 'ignored' : (cleared & 1n) === 1n ? 'stays-set' : 'set-and-cleared',
      ),
  },
  {
    id: 'gic/priority-bits',
    operations: [
      store(32, FRAME.distributor + GICD.IPRIORITYR8, 0xffn),
      load(32, FRAME.distributor + GICD.IPRIORITYR8),
      store(32, FRAME.distributor + GICD.IPRIORITYR8, 0n),
    ],
    judge: (outcomes) => unlessFaulted(outcomes, ([priority = 0n]) => String(ones(priority & 0xffn))),
  },
];

const VIRTUAL_COUNTER = 0;
const REGISTERS: readonly BehaviourProgram[] = [
  reading('id-registers/unallocated', 'S3_0_C0_C7_7'),
  reading('id-registers/tag-block-size', 'GMID_EL1'),
  reading('id-registers/cache-size-2', 'CCSIDR2_EL1'),
  reading('id-registers/streaming-mode', 'SMIDR_EL1'),
  {
    id: 'id-registers/midr',
    operations: [mrs('MIDR_EL1')],
    judge: (outcomes) => unlessFaulted(outcomes, ([midr]) => (midr === 0x410f_d4f0n ? 'neoverse-v2' : 'other')),
  },
  {
    id: 'cache/levels',
    operations: [mrs('CLIDR_EL1')],
    // Ctype1 to Ctype7, three bits each, 0 from the first level that is not there (Arm ARM D19.2.27).
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([clidr = 0n]) => {
        const types = Array.from({ length: 7 }, (_, level) => (clidr >> BigInt(3 * level)) & 7n);
        const missing = types.indexOf(0n);
        return String(missing < 0 ? types.length : missing);
      }),
  },
  {
    id: 'cache/first-data-cache',
    operations: [msr('CSSELR_EL1', 0n), { kind: 'isb' }, mrs('CCSIDR_EL1')],
    // Associativity and NumSets of the 32-bit form, each less one.
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([ccsidr = 0n]) =>
        ((ccsidr >> 3n) & 0x1ff_ffffn) === 0n ? 'one-set-one-way' : 'shaped',
      ),
  },
];

/** SMCCC_VERSION: the major version in bits 30:16, the minor one below. */
const SMCCC_MINORS = ['1.0', '1.1', '1.2', '1.3', '1.4', '1.5'];

const FIRMWARE: readonly BehaviourProgram[] = [
  calling('psci/features', FUNCTION.PSCI_FEATURES, FUNCTION.PSCI_FEATURES),
  calling('psci/system-reset-2', FUNCTION.PSCI_FEATURES, FUNCTION.SYSTEM_RESET2),
  calling('psci/system-off-2', FUNCTION.PSCI_FEATURES, FUNCTION.SYSTEM_OFF2),
  calling('psci/system-suspend', FUNCTION.PSCI_FEATURES, FUNCTION.SYSTEM_SUSPEND),
  {
    id: 'smccc/version',
    operations: [hvc(FUNCTION.SMCCC_VERSION)],
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([x0 = 0n]) => {
        if (callOutcome(outcomes[0]) === 'not-supported') return 'not-supported';
        const minor = SMCCC_MINORS[Number(x0 & 0xffffn)];
        return x0 >> 16n === 1n && minor !== undefined ? minor : { why: `the call gave 0x${x0.toString(16)}` };
      }),
  },
  workaround(1),
  workaround(2),
  workaround(3),
  calling('smccc/random-numbers', FUNCTION.TRNG_VERSION),
  calling('smccc/stolen-time', FUNCTION.ARCH_FEATURES, FUNCTION.PV_TIME_FEATURES),
  calling('smccc/stolen-time-page', FUNCTION.PV_TIME_FEATURES, FUNCTION.PV_TIME_ST),
  calling('smccc/vendor-features', FUNCTION.VENDOR_FEATURES),
  { ...calling('smccc/host-clock', FUNCTION.VENDOR_PTP, VIRTUAL_COUNTER), varies: true },
  {
    id: 'smccc/implementation-discovery',
    operations: [hvc(FUNCTION.VENDOR_FEATURES)],
    // x2: functions 64 to 95.
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([, , third = 0n]) => {
        if (callOutcome(outcomes[0]) === 'not-supported') return 'not-supported';
        const offered = third & 3n;
        if (offered === 0n) return 'hidden';
        return offered === 3n ? 'offered' : { why: `x2 of the call is 0x${third.toString(16)}` };
      }),
  },
  calling('smccc/filter', FUNCTION.MIGRATE_INFO_TYPE),
];

/** PMCR_EL0: E, C (the cycle counter begins at 0) and LC; the cycle counter's bit in the enabling registers. */
const PMCR = { E: 1n, C: 4n, LC: 64n } as const;
const CYCLES = 1n << 31n;
const EVENTS = CYCLES - 1n;
/** How often a guest goes round between two looks at a counter: some microseconds, under emulation more. */
const ROUNDS = 20_000;
const CPU_CYCLES = 0x11n;
const PMCCNTR = encodingOf('PMCCNTR_EL0');

const FEATURES: readonly BehaviourProgram[] = [
  reading('pmu/registers', 'PMCR_EL0'),
  {
    id: 'pmu/cycles-counted',
    varies: true,
    operations: [
      msr('PMCCFILTR_EL0', 0n),
      msr('PMCNTENSET_EL0', CYCLES),
      msr('PMCR_EL0', PMCR.E | PMCR.C | PMCR.LC),
      { kind: 'isb' },
      code(2, (unique) => [
        a64.mrs(0, PMCCNTR),
        ...a64.mov(2, ROUNDS),
        a64.label(`${unique}again`),
        a64.subImmediate(2, 2, 1),
        a64.cbnz(2, `${unique}again`),
        a64.ISB,
        a64.mrs(1, PMCCNTR),
      ]),
      msr('PMCNTENCLR_EL0', CYCLES),
      msr('PMCR_EL0', 0n),
    ],
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([before = 0n, after = 0n]) => (after > before ? 'counts' : 'stands'), 'undefined'),
  },
  {
    id: 'pmu/event-filter',
    operations: [mrs('PMCEID0_EL0')],
    judge: (outcomes) =>
      unlessFaulted(
        outcomes,
        ([events = 0n]) => (((events >> CPU_CYCLES) & 1n) === 1n ? 'shown' : 'hidden'),
        'undefined',
      ),
  },
  {
    id: 'pmu/event-counters',
    operations: [
      msr('PMCNTENCLR_EL0', EVENTS),
      mrs('PMCNTENSET_EL0'),
      msr('PMCNTENSET_EL0', EVENTS),
      mrs('PMCNTENSET_EL0'),
      msr('PMCNTENCLR_EL0', EVENTS),
    ],
    // Up to 6.1 bits that KVM filled in at reset stay readable where there is no counter.
    judge: (outcomes) => unlessFaulted(outcomes, ([off = 0n, on = 0n]) => String(ones(on & ~off & EVENTS))),
  },
  reading('pmu/slots', 'PMMIR_EL1'),
  running('sve/instruction', a64.rdvl(0)),
  reading('sve/id-register', 'ID_AA64ZFR0_EL1'),
  { ...running('pointer-authentication/instruction', PACGA), varies: true },
  { ...reading('pointer-authentication/keys', 'APIAKEYLO_EL1'), varies: true },
  reading('memory-tagging/registers', 'GCR_EL1'),
  { ...running('memory-tagging/instruction', IRG), varies: true },
];

/** CNTP_CTL_EL0: ENABLE, IMASK, ISTATUS. */
const TIMER_ON_MASKED = 3n;
const ISTATUS = 4n;

const TIME: readonly BehaviourProgram[] = [
  {
    id: 'timer/counters',
    varies: true,
    operations: [mrs('CNTVCT_EL0'), mrs('CNTPCT_EL0'), mrs('CNTFRQ_EL0')],
    // The host ran for seconds before the VM was made; the two reads are microseconds apart.
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([virtual = 0n, physical = 0n, frequency = 0n]) =>
        BigInt.asUintN(64, physical - virtual) < frequency ? 'together' : 'apart',
      ),
  },
  {
    id: 'timer/physical-timer',
    operations: [
      msr('CNTP_CVAL_EL0', 0n),
      msr('CNTP_CTL_EL0', TIMER_ON_MASKED),
      { kind: 'isb' },
      mrs('CNTP_CTL_EL0'),
      msr('CNTP_CTL_EL0', 0n),
    ],
    judge: (outcomes) =>
      unlessFaulted(outcomes, ([control = 0n]) => ((control & ISTATUS) === 0n ? 'silent' : 'fires'), 'undefined'),
  },
  { ...reading('timer/self-synchronizing', 'CNTVCTSS_EL0'), varies: true },
];

/** In the table's order, but for `mmio/no-syndrome`, which ends the guest (`no-syndrome.ts`). */
export const PROGRAMS: readonly BehaviourProgram[] = [...GIC, ...REGISTERS, ...FIRMWARE, ...FEATURES, ...TIME];

function ones(value: bigint): number {
  return [...value.toString(2)].filter((digit) => digit === '1').length;
}
