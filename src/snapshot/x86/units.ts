/**
 * Every unit of an x86 machine's state, in the order in which it is restored: rule by rule as src/arch/ordering has them,
 * and of each rule all vCPUs, so that what one vCPU is given meets the others as far as they are.
 */
import { cpuid } from './cpuid.ts';
import { clock } from './clock.ts';
import { events, smm } from './events.ts';
import { featureMsrs, msrs } from './msrs.ts';
import { nested } from './nested.ts';
import { registers } from './registers.ts';
import { sregs } from './sregs.ts';
import { debugregs, irqchip, lapic, mpState, pit, regs, xcrs } from './structs.ts';
import { tsc, tscDeadline, tscKhz, tscOffsets } from './tsc.ts';
import { xsave, xsaveLayoutUnit } from './xsave.ts';
import type { Target, X86Unit } from './target.ts';

type Units = (target: Target) => readonly X86Unit[];

/** As they are restored. */
export const RESTORED: readonly Units[] = [
  cpuid,
  xsaveLayoutUnit,
  tscKhz,
  featureMsrs,
  regs,
  sregs,
  debugregs,
  xcrs,
  xsave,
  tsc,
  tscOffsets,
  clock,
  lapic,
  smm,
  nested,
  msrs,
  registers,
  tscDeadline,
  mpState,
  events,
  irqchip,
  pit,
];

/**
 * As they are read. KVM_GET_MP_STATE takes an INIT or SIPI that waits, which changes everything else of the vCPU
 * (arch/x86/kvm/lapic.c, kvm_apic_accept_events); KVM_GET_VCPU_EVENTS takes an NMI or SMI that waits and delivers an
 * exception's payload into DR6 or CR2 (kvm_vcpu_ioctl_x86_get_vcpu_events). Timers run on meanwhile, and one that fires
 * puts its interrupt into the IOAPIC or the local APIC: what it comes from is read before what it goes to, so that one
 * that fires in between is read twice and not lost. What counts is read last and together.
 */
export const READ: readonly Units[] = [
  mpState,
  events,
  regs,
  sregs,
  debugregs,
  xcrs,
  xsave,
  xsaveLayoutUnit,
  cpuid,
  featureMsrs,
  registers,
  msrs,
  nested,
  tscKhz,
  pit,
  irqchip,
  tscDeadline,
  lapic,
  tscOffsets,
  clock,
  tsc,
];

export function unitsOf(target: Target, order: readonly Units[]): readonly X86Unit[] {
  return order.flatMap((units) => units(target));
}
