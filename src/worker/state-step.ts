/**
 * Save and restore on one kernel: a guest is stopped in mid-run, its state and memory are put onto a second machine of the
 * same plan, which is saved at once and then runs on. What the kernel does not give back unchanged is in the report.
 */
import { openMemory } from '../guest/memory.ts';
import type { GuestMemory } from '../guest/memory.ts';
import { openRuns } from '../guest/machine.ts';
import type { GuestMachine } from '../guest/machine.ts';
import { runVcpus } from '../guest/run.ts';
import { idOf } from '../arch/arm64/names.ts';
import type { Hex, Json, Plan, Result, SavedState } from '../model/index.ts';
import { err, fromHex, hex, ok } from '../model/index.ts';
import { measured } from '../probe/index.ts';
import type { Step, StepContext } from '../probe/index.ts';
import { build } from '../settings/index.ts';
import { restoreState, saveState } from '../snapshot/index.ts';
import type { RestoreOptions, RestoreReport } from '../snapshot/index.ts';

export interface StateRequest {
  readonly kind: 'state';
  readonly plan: Plan;
  readonly vcpus: number;
  /** Base64; lies at the beginning of guest memory, where every vCPU begins with its number in X0. */
  readonly code: string;
  /** Turns of all vCPUs together before the guest is stopped, and again after the restore. */
  readonly turns: number;
  /** Guest-physical addresses of 64-bit words that are told after each of both runs. */
  readonly watch: readonly Hex[];
  /** Registers of every vCPU that the host changes before the run, for state that the code does not make. */
  readonly preset?: readonly { readonly id: Hex; readonly value: Hex }[];
  readonly options: RestoreOptions;
}

export type StateResult = {
  readonly first: readonly Hex[];
  readonly state: SavedState;
  readonly report: RestoreReport;
  /** Saved from the second machine before it ran. */
  readonly again: SavedState;
  readonly second: readonly Hex[];
  readonly ended: readonly string[];
  readonly milliseconds: { readonly save: number; readonly restore: number };
};

const MEMORY = { base: 0x4000_0000n, length: 0x10_0000 } as const;
/** Milliseconds. */
const DEADLINE = 8000;

export function stateStep(request: StateRequest): Step {
  return {
    name: 'state',
    seconds: 30,
    run(context) {
      const done = saveAndRestore(context, request);
      return done.ok
        ? measured(done.value)
        : { outcome: 'failed', call: done.error, detail: '', errno: '', meaning: 'the step ends here' };
    },
  };
}

function saveAndRestore(context: StepContext, request: StateRequest): Result<StateResult, string> {
  const { libc, scratch, note } = context;
  using cleanup = new DisposableStack();
  note('the first machine');
  const from = open(context, request, cleanup);
  if (!from.ok) return from;
  from.value.memory.bytes.set(Buffer.from(request.code, 'base64'));
  const pc = idOf('reg/PC');
  const x0 = idOf('reg/X0');
  if (pc === null || x0 === null) return err('no names of registers');
  for (const { id, fd } of from.value.machine.vcpus) {
    const preset = (request.preset ?? []).map(
      ({ id: register, value }) => [fromHex(register), fromHex(value)] as const,
    );
    for (const [register, value] of [[pc, MEMORY.base], [x0, BigInt(id)], ...preset] as const) {
      const bytes = Uint8Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
      const set = fd.setOneReg(scratch, register, bytes);
      if (!set.ok) return err(`${set.error.call} ${hex(register)}: ${set.error.errnoName}`);
    }
  }
  const ended = [run(context, from.value.machine, request.turns)];
  const first = watched(from.value.memory, request.watch);
  note('save');
  const before = performance.now();
  const saved = saveState({ ...context, libc }, from.value.machine);
  const save = performance.now() - before;
  if (!saved.ok) return err(`${saved.error.unit}: ${saved.error.call}(${saved.error.detail}): ${saved.error.errno}`);
  note('the second machine');
  const to = open(context, request, cleanup);
  if (!to.ok) return to;
  to.value.memory.bytes.set(from.value.memory.bytes);
  note('restore');
  const middle = performance.now();
  const report = restoreState(context, to.value.machine, saved.value, request.options);
  const restore = performance.now() - middle;
  note('save again');
  const again = saveState(context, to.value.machine);
  if (!again.ok) return err(`again: ${again.error.unit}: ${again.error.call}: ${again.error.errno}`);
  ended.push(run(context, to.value.machine, request.turns));
  const second = watched(to.value.memory, request.watch);
  return ok({
    first,
    state: saved.value,
    report,
    again: again.value,
    second,
    ended,
    milliseconds: { save: Math.round(save), restore: Math.round(restore) },
  });
}

interface Opened {
  readonly machine: GuestMachine;
  readonly memory: GuestMemory;
}

function open(context: StepContext, { plan, vcpus }: StateRequest, cleanup: DisposableStack): Result<Opened, string> {
  const { libc, kvm } = context;
  // Undone in reverse: kvm_run, then the fds, then the memory.
  const mappings = cleanup.use(new DisposableStack());
  const { machine, steps, besides } = build(context, plan, { vcpus });
  cleanup.use(machine);
  const refused = steps.findIndex(({ outcome }) => outcome !== 'done');
  if (refused >= 0) return err(`step ${refused} of the plan: ${JSON.stringify(steps[refused] as Json)}`);
  const [failed] = besides;
  if (failed !== undefined) return err(`${failed.call}(${failed.detail}): ${failed.errnoName}`);
  if (machine.vm === null) return err('the plan makes no VM');
  const memory = openMemory(libc, machine.vm, MEMORY, mappings);
  if (!memory.ok) return err(`${memory.error.call}: ${memory.error.errnoName}`);
  const runs = cleanup.use(new DisposableStack());
  const opened = openRuns(libc, kvm, machine, runs);
  return opened.ok ? ok({ machine: opened.value, memory: memory.value }) : err(opened.error.call);
}

function run({ libc, note }: StepContext, machine: GuestMachine, turns: number): string {
  note('run');
  let left = turns;
  let exit = '';
  const end = runVcpus(libc, machine.vcpus, {
    deadline: DEADLINE,
    onExit: (reason) => {
      exit = ` after ${JSON.stringify(reason, (_, value: unknown) => (typeof value === 'bigint' ? hex(value) : value))}`;
      return 'stop';
    },
    onTurn: () => (--left > 0 ? 'continue' : 'stop'),
  });
  return end.how === 'error' ? `${end.error.call}: ${end.error.errnoName}` : `${end.how}${exit}`;
}

function watched({ base, view }: GuestMemory, addresses: readonly Hex[]): Hex[] {
  return addresses.map((address) => hex(view.getBigUint64(Number(fromHex(address) - base), true)));
}
