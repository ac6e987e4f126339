/**
 * Save and restore on one kernel, over and over: a guest is stopped in mid-run, its state and memory are put onto a new
 * machine of the same plan, that one is saved at once, and the guest runs on in it to the next stop. What the kernel does
 * not give back unchanged is in the reports.
 */
import { openMemory } from '../guest/memory.ts';
import { openRuns } from '../guest/machine.ts';
import type { Plan, Result, SavedState } from '../model/index.ts';
import { err, ok } from '../model/index.ts';
import { measured } from '../probe/index.ts';
import type { Step, StepContext } from '../probe/index.ts';
import { build } from '../settings/index.ts';
import { restoreState, saveState } from '../snapshot/index.ts';
import type { RestoreOptions, RestoreReport } from '../snapshot/index.ts';
import { load, memoryOf, run } from './state-guests.ts';
import type { StateGuest, StateGuestReport } from './state-guests.ts';
import { preset } from './state-presets.ts';
import type { Opened, Preset } from './state-presets.ts';

export interface StateRequest {
  readonly kind: 'state';
  readonly plan: Plan;
  readonly vcpus: number;
  readonly guest: StateGuest;
  /** For each move, from the first on, what is made of the stopped guest before it is saved. */
  readonly presets: readonly (readonly Preset[])[];
  /** How often the guest moves to a new machine. */
  readonly moves: number;
  readonly options: RestoreOptions;
}

export type StateMove = {
  readonly state: SavedState;
  readonly report: RestoreReport;
  /** Saved from the new machine before it ran. */
  readonly again: SavedState;
  /** After it ran. */
  readonly guest: StateGuestReport;
  readonly milliseconds: { readonly save: number; readonly restore: number };
};

export type StateResult = {
  /** Presets that the kernel refused, by move and place in its list, with the errno. */
  readonly notTaken: readonly (readonly [move: number, index: number, errno: string])[];
  /** Before the first move. */
  readonly guest: StateGuestReport;
  readonly moves: readonly StateMove[];
};

export function stateStep(request: StateRequest): Step {
  return {
    name: 'state',
    architecture: 'arm64',
    seconds: 60,
    run(context) {
      const done = moveAbout(context, request);
      if (done.ok) return measured(done.value);
      return { outcome: 'failed', call: done.error, detail: '', errno: '', meaning: 'the step ended there' };
    },
  };
}

/** The error is a sentence. */
function moveAbout(context: StepContext, request: StateRequest): Result<StateResult, string> {
  using cleanup = new DisposableStack();
  const opened = open(context, request, cleanup);
  if (!opened.ok) return opened;
  const loaded = load(context, opened.value, request.guest);
  if (!loaded.ok) return loaded;
  const guest = run(context, opened.value, request.guest);
  const notTaken: StateResult['notTaken'][number][] = [];
  const moves: StateMove[] = [];
  let from = opened.value;
  while (moves.length < request.moves) {
    context.note(`move ${moves.length + 1}`);
    const refused = preset(context, from, request.presets[moves.length] ?? []);
    notTaken.push(...refused.map(([index, errno]) => [moves.length, index, errno] as const));
    const to = open(context, request, cleanup);
    if (!to.ok) return to;
    const moved = move(context, request, from, to.value);
    if (!moved.ok) return moved;
    moves.push(moved.value);
    from = to.value;
  }
  return ok({ notTaken, guest, moves });
}

function move(
  context: StepContext,
  { guest, options }: StateRequest,
  from: Opened,
  to: Opened,
): Result<StateMove, string> {
  const begun = performance.now();
  const saved = save(context, from);
  if (!saved.ok) return saved;
  to.memory.bytes.set(from.memory.bytes);
  const middle = performance.now();
  const report = restoreState(context, to.machine, saved.value, options);
  const end = performance.now();
  const again = save(context, to);
  if (!again.ok) return again;
  return ok({
    state: saved.value,
    report,
    again: again.value,
    guest: run(context, to, guest),
    milliseconds: { save: Math.round(middle - begun), restore: Math.round(end - middle) },
  });
}

function save(context: StepContext, { machine }: Opened): Result<SavedState, string> {
  const saved = saveState(context, machine);
  if (saved.ok) return saved;
  const { unit, call, detail, errno } = saved.error;
  return err(`${unit}: ${call}(${detail}): ${errno}`);
}

function open(
  context: StepContext,
  { plan, vcpus, guest }: StateRequest,
  cleanup: DisposableStack,
): Result<Opened, string> {
  const { libc, kvm } = context;
  // Undone in reverse: kvm_run, then the fds, then the memory.
  const mappings = cleanup.use(new DisposableStack());
  const { machine, steps, besides } = build(context, plan, { vcpus });
  cleanup.use(machine);
  const refused = steps.findIndex(({ outcome }) => outcome !== 'done');
  if (refused >= 0) return err(`step ${refused} of the plan: ${JSON.stringify(steps[refused])}`);
  const [failed] = besides;
  if (failed !== undefined) return err(`${failed.call}(${failed.detail}): ${failed.errnoName}`);
  if (machine.vm === null) return err('the plan makes no VM');
  const memory = openMemory(libc, machine.vm, memoryOf(guest, vcpus), mappings);
  if (!memory.ok) return err(`${memory.error.call}: ${memory.error.errnoName}`);
  const runs = cleanup.use(new DisposableStack());
  const opened = openRuns(libc, kvm, machine, runs);
  return opened.ok ? ok({ machine: opened.value, memory: memory.value }) : err(opened.error.call);
}
