/** How a guest can run here: in long mode, or, where the KVM module does not run ordinary guests (PVM), in real mode. */
import { PLAIN, openBench } from '../../../../guest/x86/behaviour/index.ts';
import type { CpuidEntry } from '../../../../guest/x86/behaviour/index.ts';
import { runTable } from '../../../../guest/x86/index.ts';
import type { Mode } from '../../../../guest/x86/index.ts';
import type { Kvm, KvmError } from '../../../../kvm/index.ts';
import { ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';

export interface GuestMode {
  /** Null: no guest runs here at all. */
  readonly mode: Mode | null;
  /** Why not in long mode, or why not at all; null where it is in long mode. */
  readonly why: string | null;
}

const known = new WeakMap<Kvm, GuestMode>();

/** Asked of the host once a process: by a guest that does nothing. */
export function guestMode(context: StepContext, cpuid: readonly CpuidEntry[]): Result<GuestMode, KvmError> {
  const before = known.get(context.kvm);
  if (before !== undefined) return ok(before);
  const long = ended(context, cpuid, 'long');
  if (!long.ok) return long;
  const real = long.value === 'finished' ? long : ended(context, cpuid, 'real');
  if (!real.ok) return real;
  const why = long.value === 'finished' ? null : `a guest in long mode ended with ${long.value}`;
  const none = `${why ?? ''}, one in real mode with ${real.value}`;
  const found: GuestMode =
    why === null
      ? { mode: 'long', why }
      : real.value === 'finished'
        ? { mode: 'real', why }
        : { mode: null, why: none };
  known.set(context.kvm, found);
  return ok(found);
}

/** Milliseconds for a guest that does next to nothing. */
const DEADLINE = 2000;

function ended(context: StepContext, cpuid: readonly CpuidEntry[], mode: Mode): Result<string, KvmError> {
  context.note(`a guest in ${mode} mode`);
  using cleanup = new DisposableStack();
  const bench = openBench({ ...context, cpuid, mode }, PLAIN, [], cleanup);
  if (!bench.ok) return bench;
  const run = runTable(bench.value.guest, [{ do: 'cpuid', leaf: 0, subleaf: 0 }], { deadline: DEADLINE });
  if (!run.ok) return ok(`${run.error.call}: ${run.error.errnoName}`);
  const [outcome] = run.value.outcomes;
  if (run.value.ended !== 'finished') return ok(run.value.ended);
  return ok(outcome?.outcome === 'values' ? 'finished' : `CPUID: ${outcome?.outcome ?? 'not reached'}`);
}
