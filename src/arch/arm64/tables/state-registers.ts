/**
 * Registers that hold a guest's state: what each is, and the value at which a guest is served as well by a host that does
 * not have it. Facts: Arm ARM (DDI 0487) D24, B1.2 and D8; KVM's own: arch/arm64/include/uapi/asm/kvm.h. Where no neutral
 * value is named, none is known: any value may be in use.
 */
import { RESET_UNKNOWN } from '../volatile.ts';

export interface Neutral {
  readonly value: bigint;
  readonly reason: string;
  readonly source: string;
}

export interface StateRow {
  readonly names: RegExp;
  readonly description: string;
  readonly source: string;
  readonly neutral: Neutral | null;
}

const ARM = 'Arm ARM D24';
const SYS_REGS = 'arch/arm64/kvm/sys_regs.c';

const state = (names: RegExp, description: string, neutral: Neutral | null = null, source: string = ARM): StateRow => ({
  names,
  description,
  source,
  neutral,
});

const zero = (reason: string, source: string = ARM): Neutral => ({ value: 0n, reason, source });

/** A control register of a feature that its ID register gates; the architecture's reset value turns nothing on. */
const off = (feature: string): Neutral => zero(`nothing of ${feature} is turned on`);
/** The indexed registers of a feature that another register, which is neutral too, turns on. */
const unused = (feature: string): Neutral => zero(`all permissions and addresses of ${feature} are as at reset`);

/**
 * 6.5 to 6.12 list these whether or not the guest has the feature. Without it a guest cannot write them, and they keep what
 * KVM filled them with.
 */
const filled: Neutral = {
  value: RESET_UNKNOWN,
  reason: 'the value that KVM fills in at reset: the guest never wrote it',
  source: `${SYS_REGS}, reset_unknown`,
};

/** KVM resets counters to a constant (reset_pmevcntr); a guest clears one before it uses it. */
const idle: Neutral = zero('it counted nothing');

export const STATE_REGISTERS: readonly StateRow[] = [
  state(/^X([12]?\d|30)$/, 'general-purpose register', null, 'Arm ARM B1.2.1'),
  state(/^PC$/, 'program counter', null, 'Arm ARM B1.2.1'),
  state(/^PSTATE$/, 'process state: condition flags, masks, exception level', null, 'Arm ARM D1.4'),
  state(/^SP_EL0$/, 'stack pointer of programs'),
  state(/^SP_EL1$/, 'stack pointer of the kernel'),
  state(/^SP_EL2$/, 'stack pointer of a hypervisor in the guest'),
  state(/^ELR_EL1$/, 'return address of exceptions to EL1'),
  state(/^SPSR_EL1$/, 'process state saved by exceptions to EL1'),
  state(
    /^SPSR_(abt|und|irq|fiq)$/,
    'process state saved by an AArch32 mode',
    zero('nothing of AArch32 was ever saved: KVM resets it to 0', 'arch/arm64/kvm/reset.c, kvm_reset_vcpu'),
  ),
  state(/^V([12]?\d|3[01])$/, 'vector and floating-point register of 128 bits', null, 'Arm ARM B1.2.2'),
  state(/^Z([12]?\d|3[01])$/, 'scalable vector register; its low 128 bits are V', null, 'Arm ARM B1.2.3'),
  state(/^P(\d|1[0-5])$/, 'predicate register of scalable vectors', null, 'Arm ARM B1.2.3'),
  state(/^FFR$/, 'first-fault register of scalable vectors', null, 'Arm ARM B1.2.3'),
  state(/^FPSR$/, 'floating-point status: cumulative exceptions'),
  state(/^FPCR$/, 'floating-point control: rounding, default NaN, flushing to zero'),
  state(/^FPMR$/, 'modes of 8-bit floating point', off('FEAT_FPMR')),
  state(/^SVCR$/, 'streaming mode and the ZA array turned on', off('FEAT_SME')),

  state(/^SCTLR_EL1$/, 'system control: MMU, caches, alignment checks'),
  state(/^SCTLR2_EL1$/, 'system control, second register', off('FEAT_SCTLR2')),
  state(/^ACTLR_EL1$/, 'auxiliary control of the implementer; KVM shows few of its bits'),
  state(/^CPACR_EL1$/, 'access of programs and kernel to vectors, floating point and tracing'),
  state(/^(SCTLR|SCTLR2|ACTLR|CPACR|TCR|TCR2)MASK_EL1$/, 'bits that EL1 may not write', off('FEAT_SRMASK')),
  state(/^ZCR_EL1$/, 'vector length of EL1 and EL0', zero('the smallest length: the guest set no other')),
  state(/^SMCR_EL1$/, 'streaming vector length of EL1 and EL0', off('FEAT_SME')),
  state(/^SMPRI_EL1$/, 'priority of streaming execution', off('FEAT_SME')),
  state(/^RGSR_EL1$/, 'seed of random memory tags', off('FEAT_MTE')),
  state(/^GCR_EL1$/, 'which memory tags are generated', off('FEAT_MTE')),
  state(/^TFSR(E0)?_EL1$/, 'asynchronous tag check faults', zero('no fault is pending')),
  state(/^TRFCR_EL1$/, 'trace filter of EL1', off('FEAT_TRF')),

  state(/^TTBR[01]_EL1$/, 'base of the translation tables'),
  state(/^TCR_EL1$/, 'translation control: granules and sizes'),
  state(/^TCR2_EL1$/, 'translation control, second register', off('FEAT_TCR2')),
  state(/^MAIR_EL1$/, 'memory attributes by index'),
  state(/^MAIR2_EL1$/, 'memory attributes by index, second half', unused('FEAT_AIE')),
  state(/^AMAIR2?_EL1$/, 'memory attributes of the implementer', zero('the implementer gives no attributes')),
  state(/^PIR_EL1$/, 'permissions of the kernel by index', filled),
  state(/^PIRE0_EL1$/, 'permissions of programs by index', filled),
  state(/^POR_EL1$/, 'permission overlays of the kernel', filled),
  state(/^POR_EL0$/, 'permission overlays of programs, the protection keys of Linux', filled),
  state(/^RCWS?MASK_EL1$/, 'bits that read-check-write instructions may change', unused('FEAT_THE')),
  state(/^PAR_EL1$/, 'result of an address translation'),
  state(/^CONTEXTIDR_EL1$/, 'identity of the process, for debugging'),
  state(/^GCSCR(E0)?_EL1$/, 'control of guarded control stacks', off('FEAT_GCS')),
  state(/^GCSPR_EL[01]$/, 'pointer to the guarded control stack', off('FEAT_GCS')),
  state(/^AP[DI][AB]KEY(LO|HI)_EL1$/, 'key of pointer authentication'),
  state(/^APGAKEY(LO|HI)_EL1$/, 'key of generic pointer authentication'),

  state(/^ESR_EL1$/, 'syndrome of the last exception to EL1'),
  state(/^FAR_EL1$/, 'address of the last fault'),
  state(/^PFAR_EL1$/, 'physical address of the last fault', off('FEAT_PFAR')),
  state(/^AFSR[01]_EL1$/, 'fault status of the implementer'),
  state(/^VBAR_EL1$/, 'vector base: where exceptions go'),
  state(/^ISR_EL1$/, 'pending interrupts'),
  state(/^V?DISR_EL[12]$/, 'deferred SError', zero('no error was deferred')),
  state(/^TPIDR(RO)?_EL0$/, 'thread pointer of programs'),
  state(/^TPIDR_EL1$/, 'thread pointer of the kernel'),
  state(/^TPIDR2_EL0$/, 'thread pointer for the ZA array', off('FEAT_SME')),
  state(/^SCXTNUM_EL[01]$/, 'context number for branch prediction', zero('no context was ever numbered')),
  state(/^ACCDATA_EL1$/, 'low bits that ST64BV0 stores', off('FEAT_LS64_ACCDATA')),
  state(/^CSSELR_EL1$/, 'which cache CCSIDR_EL1 describes'),
  state(/^LOR(SA|EA|N|C)_EL1$/, 'limited ordering regions', off('FEAT_LOR')),
  state(/^MPAM(0|1|SM)_EL1$/, 'partitions of memory', off('FEAT_MPAM')),
  state(/^DACR32_EL2$/, 'domains of AArch32 translation', filled),
  state(/^IFSR32_EL2$/, 'instruction fault status of AArch32', filled),
  state(/^FPEXC32_EL2$/, 'floating-point exception control of AArch32', {
    value: 0x700n,
    reason: 'the value at reset: no AArch32 kernel runs',
    source: `${SYS_REGS}, FPEXC32_EL2`,
  }),
  state(/^DBGVCR32_EL2$/, 'vector catch of AArch32', zero('no AArch32 kernel runs')),

  state(/^MDSCR_EL1$/, 'debug control: single step, software breakpoints'),
  state(/^MDSELR_EL1$/, 'which bank of breakpoints is meant', off('FEAT_Debugv8p9')),
  state(/^MDCCINT_EL1$/, 'interrupts of the debug channel', off('the debug channel')),
  state(/^MDCCSR_EL0$/, 'status of the debug channel', off('the debug channel')),
  state(/^DBGDTR(TX|RX)?_EL0$|^OSDTR[RT]X_EL1$/, 'data of the debug channel', off('the debug channel')),
  state(/^OSLSR_EL1$/, 'status of the OS lock', {
    value: 8n,
    reason: 'unlocked, which older kernels always show',
    source: `${SYS_REGS}, OSLSR_EL1`,
  }),
  state(/^OSLAR_EL1$/, 'the OS lock; writes only'),
  state(/^(OSDLR|DBGPRCR|OSECCR)_EL1$/, 'power control for debugging'),
  state(/^DBGCLAIM(SET|CLR)_EL1$/, 'tags that debuggers claim'),
  state(/^DBGAUTHSTATUS_EL1$/, 'what debugging the firmware allows'),
  state(/^DBG[BW]VR\d+_EL1$/, 'address of a breakpoint or watchpoint', off('breakpoints')),
  state(/^DBG[BW]CR\d+_EL1$/, 'control of a breakpoint or watchpoint', off('breakpoints')),

  state(/^KVM_REG_ARM_TIMER_CNT$|^CNTVCT_EL0$/, 'virtual counter', null, 'arch/arm64/include/uapi/asm/kvm.h'),
  state(/^KVM_REG_ARM_TIMER_CVAL$/, "compare value of EL1's virtual timer", null, 'arch/arm64/include/uapi/asm/kvm.h'),
  state(/^CNTV_(CTL|CVAL)_EL0$/, "EL1's virtual timer: control or compare value"),
  state(/^CNTP_CTL_EL0$/, "control of EL1's physical timer", zero('the timer is off')),
  state(/^CNTP_CVAL_EL0$/, "compare value of EL1's physical timer", zero('the timer was never set')),
  state(/^CNT[PV]CT(SS)?_EL0$/, 'physical counter, or a self-synchronized counter'),
  state(/^CNT[PV]_TVAL_EL0$/, 'time until a timer fires; follows from its compare value'),
  state(/^CNTFRQ_EL0$/, 'frequency of the counters, Hz'),
  state(/^CNTKCTL_EL1$/, 'access of programs to counters and timers'),

  state(/^PMCCNTR_EL0$/, 'cycle counter', idle),
  state(/^PMCCFILTR_EL0$/, 'which cycles are counted', idle),
  state(/^PMEVCNTR\d+_EL0$/, 'event counter', idle),
  state(/^PMEVTYPER\d+_EL0$/, 'what an event counter counts', idle),
  state(/^PMICNTR_EL0$/, 'instruction counter', idle),
  state(/^PMICFILTR_EL0$/, 'which instructions are counted', idle),
  state(/^PMCNTEN(SET|CLR)_EL0$/, 'counters that count', off('counters')),
  state(/^PMINTEN(SET|CLR)_EL1$/, 'counters that interrupt', off('counters')),
  state(/^PMOVS(SET|CLR)_EL0$/, 'counters that overflowed', off('counters')),
  state(
    /^PMSELR_EL0$/,
    'which counter the indirect registers mean',
    zero('counter 0, which the guest must select anyway'),
  ),
  state(/^PMUSERENR_EL0$/, 'access of programs to counters', off('counters')),
  state(/^PMXEV(CNTR|TYPER)_EL0$/, 'the counter that is selected; of no state of its own', idle),
  state(
    /^PMSWINC_EL0$/,
    'increments counters by software; has no state',
    zero('write-only: there is nothing to restore'),
  ),
  state(
    /^PMMIR_EL1$/,
    'parameters of the PMU',
    zero('older kernels show 0 without a register', `${SYS_REGS}, PMMIR_EL1`),
  ),
  state(/^PM(UACR|ECR|IAR)_EL1$/, 'finer control of counters', off('FEAT_PMUv3p9')),
  state(/^PM(ZR|CR)_EL0$/, 'control of all counters'),
  state(/^PMCEID[01]_EL0$/, 'which events can be counted'),
  state(/^PM(S|B)[A-Z0-9]+_EL1$/, 'statistical profiling'),
  state(/^TRB[A-Z0-9]+_EL1$/, 'trace buffer'),
  state(/^BRB[A-Z0-9]+_EL1$/, 'branch records'),
  state(/^SPM[A-Z0-9]+_EL[01]$/, 'system PMU'),
  state(/^TRC[A-Z0-9]+$/, 'trace unit'),
  state(/^ERX?[A-Z0-9]+_EL1$/, 'error records'),
  state(/^IC[CH]_[A-Z0-9_]+_EL[12]$/, 'CPU interface of the interrupt controller', null, 'Arm IHI 0069, 12'),

  state(/^(MDSTEPOP|MDRAR)_EL1$/, 'stepping by a debugger, and the ROM table of debug components'),
  state(/^PM(CC|IC)NTSVR_EL1$/, 'snapshot of a counter'),
  state(/^TRCITECR_EL1$/, 'control of instrumentation trace'),
  state(/^PSTATE_PAN$/, 'no access of the kernel to memory of programs; part of PSTATE'),
  state(/^ALLINT$/, 'interrupts are masked, even those of FEAT_NMI; part of PSTATE'),
  state(/^S2POR_EL1$/, 'permission overlays at stage 2', off('FEAT_S2POE')),
  state(/^(MPAMIDR|LORID)_EL1$/, 'sizes of a feature that KVM hides'),
  state(/^RNDR(RS)?_EL0$/, 'a random number at each read; of no state'),

  state(/^CNTVOFF_EL2$/, "offset of EL1's virtual counter; only a hypervisor in the guest sets it"),
  state(/^CNTPOFF_EL2$/, "offset of EL1's physical counter", zero('no offset')),
  state(/^CNTHCTL_EL2$/, 'what timers trap to a hypervisor in the guest', off('EL2')),
  state(/^CNTH[PV]_[A-Z]+_EL2$/, "EL2's timers", off('EL2')),
  state(/^V(P|MP)IDR_EL2$/, 'identity that a hypervisor in the guest shows its guests'),
  state(/^VNCR_EL2$/, 'page of a nested hypervisor', off('nested virtualization in the guest')),
  state(
    /^(HSTR|HACR|HF[GI].+|HDFG.+|HAFG.+|SCTLR2|TCR2|ZCR|SMCR|SMPRIMAP|TRFCR|MPAM.+|S2PIR|VTCR|VTTBR|VSESR|GCS.+|MAIR2)_EL2$/,
    'control of a hypervisor in the guest over its guests',
    zero('a hypervisor that uses none of it leaves 0'),
  ),
  state(/^[A-Z0-9]+_EL(2|12)$/, 'control or state of a hypervisor in the guest'),
];

/** By name. The first row that fits, so that what is particular stands before what is general. */
export function stateRow(name: string): StateRow | undefined {
  return STATE_REGISTERS.find(({ names }) => names.test(name));
}

/**
 * ISTATUS of a timer's control follows from the counter, also while the timer is off: kernels up to 6.12 show it on a
 * timer that was never used (read_timer_ctl, arch/arm64/kvm/arch_timer.c).
 */
const ISTATUS = 0x4n;

/** Bits that say nothing of what the guest did. */
export function statusBits(name: string): bigint {
  return /^CNT(P|V|HP|HV)_CTL_EL[02]$/.test(name) ? ISTATUS : 0n;
}
