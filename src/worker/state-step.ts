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
import { registerBytes, setAttribute } from '../kvm/index.ts';
import type { Hex, Plan, PlanDevice, Result, SavedState } from '../model/index.ts';
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
  /** Base64; lies at the beginning of guest memory (0x4000_0000), where every vCPU begins with its number in X0. */
  readonly code: string;
  /** Turns of all vCPUs together before the guest is stopped, and again after the restore; 0: it never runs. */
  readonly turns: number;
  /** What the host does to the stopped guest before it is saved, in this order, for state that no code makes. */
  readonly presets: readonly Preset[];
  /** Guest-physical addresses of 64-bit words that are told after each of both runs. */
  readonly watch: readonly Hex[];
  readonly options: RestoreOptions;
}

export type Preset =
  | { readonly register: Hex; readonly vcpu: number; readonly value: Hex }
  | { readonly on: PlanDevice; readonly group: number; readonly attribute: Hex; readonly value: Hex }
  | { readonly address: Hex; readonly value: Hex };

export type StateResult = {
  /** Indexes of presets that the kernel refused, with the errno. */
  readonly notTaken: readonly (readonly [index: number, errno: string])[];
  readonly first: readonly Hex[];
  readonly state: SavedState;
  readonly report: RestoreReport;
  /** Saved from the second machine before it ran. */
  readonly again: SavedState;
  readonly second: readonly Hex[];
  /** How both runs ended. */
  readonly ended: readonly string[];
  readonly milliseconds: { readonly save: number; readonly restore: number };
};

const MEMORY = { base: 0x4000_0000n, length: 0x10_0000 } as const;
/** Milliseconds. */
const DEADLINE = 8000;

export function stateStep(request: StateRequest): Step {
  return {
    name: 'state',
    architecture: 'arm64',
    seconds: 30,
    run(context) {
      const done = saveAndRestore(context, request);
      if (done.ok) return measured(done.value);
      return { outcome: 'failed', call: done.error, detail: '', errno: '', meaning: 'the step ended there' };
    },
  };
}

/** The error is a sentence. */
function saveAndRestore(context: StepContext, request: StateRequest): Result<StateResult, string> {
  using cleanup = new DisposableStack();
  context.note('the first machine');
  const from = open(context, request, cleanup);
  if (!from.ok) return from;
  const loaded = load(context, from.value, request);
  if (!loaded.ok) return loaded;
  const ended = [run(context, from.value.machine, request.turns)];
  const first = watched(from.value.memory, request.watch);
  const notTaken = preset(context, from.value, request.presets);
  context.note('save');
  const begun = performance.now();
  const saved = saveState(context, from.value.machine);
  const save = performance.now() - begun;
  if (!saved.ok) return err(`${saved.error.unit}: ${saved.error.call}(${saved.error.detail}): ${saved.error.errno}`);
  context.note('the second machine');
  const to = open(context, request, cleanup);
  if (!to.ok) return to;
  to.value.memory.bytes.set(from.value.memory.bytes);
  context.note('restore');
  const middle = performance.now();
  const report = restoreState(context, to.value.machine, saved.value, request.options);
  const restore = performance.now() - middle;
  context.note('save again');
  const again = saveState(context, to.value.machine);
  if (!again.ok) return err(`again: ${again.error.unit}: ${again.error.call}: ${again.error.errno}`);
  ended.push(run(context, to.value.machine, request.turns));
  return ok({
    notTaken,
    first,
    state: saved.value,
    report,
    again: again.value,
    second: watched(to.value.memory, request.watch),
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
  if (refused >= 0) return err(`step ${refused} of the plan: ${JSON.stringify(steps[refused])}`);
  const [failed] = besides;
  if (failed !== undefined) return err(`${failed.call}(${failed.detail}): ${failed.errnoName}`);
  if (machine.vm === null) return err('the plan makes no VM');
  const memory = openMemory(libc, machine.vm, MEMORY, mappings);
  if (!memory.ok) return err(`${memory.error.call}: ${memory.error.errnoName}`);
  const runs = cleanup.use(new DisposableStack());
  const opened = openRuns(libc, kvm, machine, runs);
  return opened.ok ? ok({ machine: opened.value, memory: memory.value }) : err(opened.error.call);
}

function load(context: StepContext, { machine, memory }: Opened, { code }: StateRequest): Result<undefined, string> {
  memory.bytes.set(Buffer.from(code, 'base64'));
  const [pc, x0] = [idOf('reg/PC'), idOf('reg/X0')];
  if (pc === null || x0 === null) throw new Error('PC and X0 have names');
  const starts = machine.vcpus.flatMap(({ id }): Preset[] => [
    { register: hex(pc), vcpu: id, value: hex(MEMORY.base) },
    { register: hex(x0), vcpu: id, value: hex(id) },
  ]);
  const [refused] = preset(context, { machine, memory }, starts);
  return refused === undefined ? ok(undefined) : err(`the guest's start: ${refused[1]}`);
}

function preset(
  { scratch }: StepContext,
  { machine, memory }: Opened,
  presets: readonly Preset[],
): (readonly [number, string])[] {
  return presets.flatMap((each, index) => {
    const value = fromHex(each.value);
    if ('address' in each) {
      memory.view.setBigUint64(Number(fromHex(each.address) - memory.base), value, true);
      return [];
    }
    if ('on' in each) {
      const device = machine.devices.get(each.on);
      if (device === undefined) return [[index, 'no such device'] as const];
      const done = setAttribute(device, scratch, each.group, fromHex(each.attribute), value);
      return done.ok ? [] : [[index, done.error.errnoName] as const];
    }
    const id = fromHex(each.register);
    const bytes = Uint8Array.from({ length: registerBytes(id) }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
    const done = machine.vcpus[each.vcpu]?.fd.setOneReg(scratch, id, bytes);
    if (done === undefined) return [[index, 'no such vCPU'] as const];
    return done.ok ? [] : [[index, done.error.errnoName] as const];
  });
}

function run({ libc, note }: StepContext, machine: GuestMachine, turns: number): string {
  if (turns === 0) return 'never ran';
  note('run');
  let left = turns;
  let exit = '';
  const end = runVcpus(libc, machine.vcpus, {
    deadline: DEADLINE,
    onExit: ({ reason }) => {
      exit = ` by ${reason}`;
      return 'stop';
    },
    onTurn: () => (--left > 0 ? 'continue' : 'stop'),
  });
  return end.how === 'error' ? `${end.error.call}: ${end.error.errnoName}` : `${end.how}${exit}`;
}

function watched({ base, view }: GuestMemory, addresses: readonly Hex[]): Hex[] {
  return addresses.map((address) => hex(view.getBigUint64(Number(fromHex(address) - base), true)));
}
