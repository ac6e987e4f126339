/**
 * What goes wrong where another value is found than was promised, for elements that the tables of fields, features and
 * interrupt controllers do not cover or cover too coarsely. By path, an element's own or an outer one.
 */
import type { Symptom } from '../../../model/index.ts';

const fatal = (reason: string): Symptom => ({ severity: 'fatal', reason });
const degraded = (reason: string): Symptom => ({ severity: 'degraded', reason });
const minor = (reason: string): Symptom => ({ severity: 'minor', reason });

const MAINTENANCE = 'the guest steps through memory by this line: larger steps leave lines out, and stale data is seen';
const RARELY_READ = 'hardly anything reads such a register; the kind of exception is another';
const IRQ = 'the guest learnt the number from its firmware tables at boot: the timer no longer fires for it';

export const SYMPTOM_ROWS: Readonly<Record<string, Symptom>> = {
  'reg/CTR_EL0/IminLine': fatal(MAINTENANCE),
  'reg/CTR_EL0/DminLine': fatal(MAINTENANCE),
  'reg/CTR_EL0/TminLine': fatal(MAINTENANCE),
  'reg/CTR_EL0/IDC': fatal('the guest left cache cleaning out for new code, and old instructions run'),
  'reg/CTR_EL0/DIC': fatal('the guest left cache invalidation out for new code, and old instructions run'),
  'reg/CTR_EL0/L1Ip': fatal('aliases in the instruction cache are handled by it'),
  'reg/CTR_EL0/ERG': degraded('locks that share a granule can fail to make progress'),
  'reg/CTR_EL0/CWG': degraded('buffers for DMA are aligned to it; devices of a guest are mostly coherent'),
  'reg/DCZID_EL0/BS': fatal('DC ZVA clears another size than the code was written for: memory is lost'),
  'cache/CCSIDR': minor('it describes the cache for performance; what is needed for maintenance is in CTR_EL0'),
  'reg/CLIDR_EL1': minor('the shape of the caches, for performance; KVM makes maintenance by set and way harmless'),
  'reg/MIDR_EL1': degraded('the guest chose workarounds for errata by it at boot'),
  'reg/REVIDR_EL1': degraded('the guest chose workarounds for errata by it at boot'),
  'reg/AIDR_EL1': minor('hardly anything reads it'),
  'reg/ID_AA64MMFR0_EL1/PARANGE': fatal(
    'tables name physical addresses that the host does not have: address size faults',
  ),
  'reg/ID_AA64PFR0_EL1/GIC': fatal('the system registers of the interrupt controller are undefined'),
  'reg/ID_AA64PFR0_EL1/EL0': fatal('AArch32 programs can no longer run'),
  'reg/ID_AA64PFR0_EL1/EL3': minor(
    'a guest of KVM has no EL3: the field says only that its firmware could have been there',
  ),
  'reg/ID_AA64PFR0_EL1/RAS': degraded('registers of error records and ESB change what they do'),
  'reg/KVM_REG_ARM_PSCI_VERSION': degraded(
    'the guest asked for the version at boot: functions of a later one fail, such as SYSTEM_RESET2; turning CPUs on and off still works',
  ),
  'reg/KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1': degraded(
    'the guest calls it at each context switch: unprotected, or a call for nothing',
  ),
  'reg/KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2': degraded('store bypass stays on where the guest asked for it to be off'),
  'reg/KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3': degraded('the branch history is not cleared: unprotected'),
  'reg/KVM_REG_ARM_STD_BMAP': degraded('calls for random numbers fail; the guest has other sources'),
  'reg/KVM_REG_ARM_STD_HYP_BMAP': degraded('stolen time is no longer told'),
  'reg/KVM_REG_ARM_VENDOR_HYP_BMAP': degraded("calls of KVM's own fail: no clock of the host"),
  'reg/KVM_REG_ARM_VENDOR_HYP_BMAP_2': degraded(
    'the guest cannot learn on which CPUs it may run, and chooses workarounds for one',
  ),
  'sve/vector-lengths': fatal('vectors are cut off: a length that programs chose is not there'),
  'reg/CNTFRQ_EL0': fatal('the guest learnt at boot how long a tick is: its time runs too fast or too slow'),
  'reg/PMCEID0_EL0': degraded('an event that the guest counted is no longer there'),
  'reg/PMCEID1_EL0': degraded('an event that the guest counted is no longer there'),
  'reg/LORID_EL1': minor('hardly anything uses limited ordering regions'),
  'reg/ERRIDR_EL1': degraded('records of errors that the guest looks through are others'),
  'reg/MPAMIDR_EL1': minor('KVM hides partitions from guests'),
  'reg/PMSIDR_EL1': minor('KVM hides statistical profiling from guests'),
  'reg/TRBIDR_EL1': minor('KVM hides the trace buffer from guests'),
  'reg/BRBIDR0_EL1': minor('KVM hides records of branches from guests'),
  'reg/DBGAUTHSTATUS_EL1': minor('hardly anything reads it'),
  'reg/MDRAR_EL1': minor('hardly anything reads it'),
  'behaviour/gic/lpis-off': fatal('a guest that turns LPIs off, to load another kernel, finds them on'),
  'behaviour/gic/pending-by-register': fatal('an interrupt that the guest made pending is lost, or never ends'),
  'behaviour/gic/priority-bits': fatal('priorities that the guest tells apart are one'),
  'behaviour/id-registers/unallocated': fatal('a kernel that reads all ID registers at boot dies'),
  'behaviour/id-registers/tag-block-size': minor(RARELY_READ),
  'behaviour/id-registers/cache-size-2': minor(RARELY_READ),
  'behaviour/id-registers/streaming-mode': minor(RARELY_READ),
  'behaviour/smccc/version': degraded('the guest chose by it how it calls'),
  'behaviour/pmu/cycles-counted': degraded('profilers count nothing'),
  'behaviour/timer/physical-timer': fatal('a guest that uses the physical timer has no ticks'),
  'behaviour/timer/self-synchronizing': fatal('a kernel that found FEAT_ECV at boot reads its clock by it'),
  'vm/ipa-size': fatal('devices or memory lie beyond the guest-physical addresses that the VM can have'),
  'capability/KVM_CAP_ARM_MTE': fatal('tagged memory is not there: instructions are undefined and tags are lost'),
  'vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ_VTIMER': fatal(IRQ),
  'vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ_PTIMER': fatal(IRQ),
  'vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ_HVTIMER': fatal(IRQ),
  'vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ_HPTIMER': fatal(IRQ),
  'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA': degraded(
    'the memory of stolen time no longer changes: the scheduler believes none is stolen',
  ),
  'vcpu-attribute/KVM_ARM_VCPU_PMU_V3_IRQ': degraded('overflows of counters are not told: profilers stop'),
  'switch/NISV_TO_USER': degraded('an access that cannot be emulated ends the guest instead of going to the VMM'),
  'switch/SYSTEM_SUSPEND': minor('the guest cannot suspend to memory, or finds that it can'),
  'switch/SEA_TO_USER': degraded('a memory error of the host ends in another exception'),
  'switch/WRITABLE_IMP_ID_REGS': minor('alone it changes nothing; the registers are words of their own'),
  'switch/SMCCC_FILTER': fatal('hypercalls that the VMM answered go to KVM, which answers otherwise or not at all'),
  'switch/PMU_EVENT_FILTER': degraded('events count that did not, or the reverse'),
  'switch/SET_PMU': degraded('counters are those of another physical PMU, or none on some CPUs'),
  'switch/COUNTER_OFFSET': fatal('both counters jump: timers fire too soon or not for years'),
};
