/**
 * An exit that is no fault of the guest's and that the next KVM_RUN mends. Later than 6.12, KVM refuses to emulate an
 * access while an event is being delivered, and tells that by EXITINTINFO's type without asking for its valid bit
 * (svm_check_emulate_instruction, arch/x86/kvm/svm/svm.c of 7.2). QEMU's emulation of SVM, in which the lab runs, clears
 * the valid bit alone, so that the first access to a device's page behind any interrupt or exception ends with
 * KVM_EXIT_INTERNAL_ERROR. The instruction has not been done; made again, it is seen without an event and is emulated.
 */
import type { Exit } from '../exit.ts';

/** KVM_INTERNAL_ERROR_DELIVERY_EV (include/uapi/linux/kvm.h). */
const DELIVERY_OF_EVENT = 3;
/** In succession: of a guest that really cannot go on, the exit is an outcome. */
const MOST = 4;

export class StaleVectoring {
  #times = 0;

  /** True where the guest should simply run on. To be asked of every exit. */
  mends(exit: Exit): boolean {
    const stale = exit.reason === 'internal-error' && exit.suberror === DELIVERY_OF_EVENT;
    this.#times = stale ? this.#times + 1 : 0;
    return stale && this.#times <= MOST;
  }
}
