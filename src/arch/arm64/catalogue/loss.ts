/** What becomes of a guest that loses what an ID-register field stands for, by what it is used for; and who uses it. */
import type { Symptom } from '../../../model/index.ts';
import type { Loss } from '../tables/id-meanings.ts';

/**
 * A running guest does not look again: kernels read these registers at boot and patch their code, programs ask once
 * (Documentation/arch/arm64/cpu-feature-registers.rst).
 */
export const LOSSES: Readonly<Record<Loss, Symptom>> = {
  instruction: {
    severity: 'fatal',
    reason: 'code that was chosen for it at start is undefined: SIGILL in programs, a crash in the kernel',
  },
  control: {
    severity: 'fatal',
    reason: 'the kernel set it up at boot: its registers become undefined, or translations and interrupts go wrong',
  },
  hypervisor: {
    severity: 'fatal',
    reason: 'a hypervisor in the guest relies on it; other guests do not notice',
  },
  aarch32: { severity: 'fatal', reason: 'AArch32 programs stop or get SIGILL; AArch64 ones do not notice' },
  monitor: {
    severity: 'degraded',
    reason: 'profilers count wrongly or fail; a kernel that drives the counters can take an undefined instruction',
  },
  debug: { severity: 'degraded', reason: 'debuggers in the guest lose breakpoints, or set what is not there' },
  mitigation: {
    severity: 'degraded',
    reason: 'the kernel chose its mitigations by it at boot: it is unprotected where it trusts what is gone',
  },
  speed: { severity: 'minor', reason: 'hints: the code runs the same' },
  errors: { severity: 'minor', reason: 'it names the CPU or how errors are told: read at boot, and in reports' },
  firmware: { severity: 'minor', reason: 'only firmware uses it, and a guest of KVM has none at that level' },
  size: {
    severity: 'fatal',
    reason: 'addresses, tables or caches have another size than the kernel laid out at boot',
  },
};

export const USES: Readonly<Record<Loss, string>> = {
  instruction: 'kernels and programs choose code by it: ID register, HWCAP, run-time dispatch',
  control: 'kernels turn it on at boot where every CPU has it',
  hypervisor: 'hypervisors in the guest decide by it what their guests are given',
  aarch32: 'kernels decide by it whether AArch32 programs can run',
  monitor: 'perf and profilers find their counters by it',
  debug: 'kernels and debuggers find out how many breakpoints there are and of which kind',
  mitigation: 'kernels choose mitigations of speculation by it',
  speed: 'compilers and libraries choose hints by it',
  errors: 'kernels choose workarounds by it and print it',
  firmware: 'nothing in a guest',
  size: 'kernels lay out tables, or step through caches, by it',
};
