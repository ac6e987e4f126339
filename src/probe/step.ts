/**
 * A probe step: one question, or a few that need the same VM, put to the host. Its answer becomes one section of the
 * surface. Steps are independent of each other: each creates the VMs it needs and closes them before it returns, so
 * that one that hangs or dies costs nothing but its own section.
 */
import type { KvmError, Kvm, Libc, Scratch } from '../kvm/index.ts';
import type { Architecture, Json, Section } from '../model/index.ts';

export interface StepContext {
  readonly libc: Libc;
  readonly kvm: Kvm;
  readonly scratch: Scratch;
  /** Says what is being done now; shown as progress, and named where a deadline ends the step. */
  readonly note: (what: string) => void;
}

export interface Step {
  /** The section's name. */
  readonly name: string;
  /** Where only one architecture has it. */
  readonly architecture?: Architecture;
  /** Seconds after which the step counts as hung, on an unemulated host; the lab multiplies it. */
  readonly seconds: number;
  readonly run: (context: StepContext) => Section;
}

export function measured(data: Json): Section {
  return { outcome: 'measured', data };
}

export function absent(reason: string): Section {
  return { outcome: 'absent', reason };
}

export function failed(error: KvmError): Section {
  return { outcome: 'failed', call: error.call, detail: error.detail, errno: error.errnoName, meaning: error.meaning };
}
