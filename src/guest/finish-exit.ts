/**
 * Ends what a vCPU left half done. After KVM_EXIT_MMIO, KVM_EXIT_IO and others of its kind the instruction is finished by
 * the next KVM_RUN, wherever the program counter points by then; until then the registers are of before it and the answer
 * is in kvm_run alone. A KVM_RUN with `immediate_exit` finishes it and comes back with EINTR before the guest does
 * anything else (api.rst, 5: KVM_EXIT_MMIO and the note behind it). To be done before registers are saved or set.
 */
import { KVM_RUN } from '../kvm/index.ts';
import type { KvmError } from '../kvm/index.ts';
import { ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import type { RunnableVcpu } from './machine.ts';

/** struct kvm_run: bytes `immediate_exit` and `exit_reason`. */
const IMMEDIATE_EXIT = 1;
const EXIT_REASON = 8;

/** KVM_EXIT_IO, KVM_EXIT_HYPERCALL, KVM_EXIT_MMIO, KVM_EXIT_X86_RDMSR, KVM_EXIT_X86_WRMSR. */
const UNFINISHED: ReadonlySet<number> = new Set([2, 3, 6, 29, 30]);
/** An access that crosses a page leaves once for each part of at most 8 bytes; the longest instruction stores 64. */
const MOST_PARTS = 16;

/** A vCPU that has not left KVM_RUN with such an exit is not touched: one that never ran still has all its freedoms. */
export function finishExit({ fd, run }: Pick<RunnableVcpu, 'fd' | 'run'>): Result<undefined, KvmError> {
  const view = new DataView(run.memory);
  for (let part = 0; part < MOST_PARTS && UNFINISHED.has(view.getUint32(EXIT_REASON, true)); part++) {
    view.setUint8(IMMEDIATE_EXIT, 1);
    const ran = fd.integer(KVM_RUN, 0);
    view.setUint8(IMMEDIATE_EXIT, 0);
    if (!ran.ok) return ran.error.errnoName === 'EINTR' ? ok(undefined) : ran;
  }
  return ok(undefined);
}
