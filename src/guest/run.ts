/**
 * Runs the vCPUs of a guest by turns on one thread. A periodic SIGALRM ends KVM_RUN with EINTR: then the next vCPU has
 * its turn, and a guest that spins is ended at its deadline. With the interrupt controller in the kernel that is enough
 * for timers and IPIs; real parallelism is the one thing that such a guest does not see.
 */
import { KVM_RUN } from '../kvm/index.ts';
import type { KvmError, Libc } from '../kvm/index.ts';
import { readExit } from './exit.ts';
import type { Exit } from './exit.ts';
import type { RunnableVcpu } from './machine.ts';

export interface RunOptions {
  /** Milliseconds after which the guest counts as hung. */
  readonly deadline: number;
  /** Milliseconds of one vCPU's turn. Default: 5. */
  readonly slice?: number;
  /**
   * Called at each exit; `vcpu` is its place in the list. Nothing is answered for it: that is done in here. `yield`: the
   * rest of its turn is the next vCPU's, and `onTurn` is not called, for the vCPU stands at an exit.
   */
  readonly onExit: (exit: Exit, vcpu: number) => 'continue' | 'stop' | 'yield';
  /**
   * Called at the end of each turn, when a vCPU was interrupted wherever it was: `stop` leaves the guest there, at an
   * instruction of nobody's choice.
   */
  readonly onTurn?: (vcpu: number) => 'continue' | 'stop';
}

export type RunEnd =
  | { readonly how: 'stopped' }
  | { readonly how: 'deadline' }
  /** KVM_RUN itself failed. */
  | { readonly how: 'error'; readonly vcpu: number; readonly error: KvmError };

/** A handler must be there; what Node then does with the signal does not matter. */
const ignore = (): void => undefined;

export function runVcpus(libc: Libc, vcpus: readonly RunnableVcpu[], options: RunOptions): RunEnd {
  const end = performance.now() + options.deadline;
  process.on('SIGALRM', ignore);
  libc.intervalTimer(Math.round((options.slice ?? 5) * 1000));
  try {
    for (let turn = 0; ; turn++) {
      const at = turn % vcpus.length;
      const vcpu = vcpus[at];
      if (vcpu === undefined) throw new RangeError('a guest without vCPUs');
      const ended = oneTurn(vcpu, at, options, end);
      if (typeof ended === 'object') return ended;
      if (ended === 'interrupted' && options.onTurn?.(at) === 'stop') return { how: 'stopped' };
      if (performance.now() >= end) return { how: 'deadline' };
    }
  } finally {
    libc.intervalTimer(0);
    process.off('SIGALRM', ignore);
  }
}

function oneTurn(
  { fd, run }: RunnableVcpu,
  at: number,
  options: RunOptions,
  end: number,
): RunEnd | 'interrupted' | 'yielded' {
  for (;;) {
    const ran = fd.integer(KVM_RUN, 0);
    if (!ran.ok) {
      if (ran.error.errnoName === 'EINTR') return 'interrupted';
      // A vCPU that was not started yet waits; EAGAIN is how KVM says that it was woken for nothing.
      if (ran.error.errnoName === 'EAGAIN') return 'interrupted';
      return { how: 'error', vcpu: at, error: ran.error };
    }
    const answer = options.onExit(readExit(run), at);
    if (answer === 'stop') return { how: 'stopped' };
    if (answer === 'yield') return 'yielded';
    if (performance.now() >= end) return { how: 'deadline' };
  }
}
