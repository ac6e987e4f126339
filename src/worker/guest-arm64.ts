/**
 * A guest on the machine that a plan makes, for a question put to it alone: a table of operations, or the witness for a
 * number of rounds.
 */
import { openMemory } from '../guest/memory.ts';
import { openRuns } from '../guest/machine.ts';
import type { GuestMachine } from '../guest/machine.ts';
import type { GuestMemory } from '../guest/memory.ts';
import { runTable, TABLE_MEMORY } from '../guest/arm64/index.ts';
import type { Outcome, PlainOperation } from '../guest/arm64/index.ts';
import {
  defaultTable,
  disturb,
  loadWitness,
  readWitness,
  runWitness,
  witnessMemory,
} from '../guest/arm64/witness/index.ts';
import type { WitnessEnd } from '../guest/witness.ts';
import { hex } from '../model/index.ts';
import type { Json, Plan, Section } from '../model/index.ts';
import { failed, measured } from '../probe/index.ts';
import type { Step, StepContext } from '../probe/index.ts';
import { build } from '../settings/index.ts';

export type Arm64GuestRequest = {
  readonly kind: 'guest';
  readonly architecture: 'arm64';
  readonly plan: Plan;
  /** How many; only the first runs a table. Default: 1. */
  readonly vcpus?: number;
} & (
  | { readonly operations: readonly PlainOperation[] }
  /** Its default table, for so many rounds; then, where it is to be disturbed, for as many again. */
  | { readonly witness: WitnessRequest }
);

interface WitnessRequest {
  readonly rounds: number;
  readonly disturb?: boolean;
}

type Memory = typeof TABLE_MEMORY;
type Use = (machine: GuestMachine, memory: GuestMemory) => Section;

export function arm64GuestStep(request: Arm64GuestRequest): Step {
  return {
    name: 'guest',
    architecture: 'arm64',
    seconds: 15,
    run: (context) =>
      'witness' in request
        ? witness(context, request, request.witness)
        : onMachine(context, request, TABLE_MEMORY, (machine, memory) =>
            makeTable(context, machine, memory, request.operations),
          ),
  };
}

function onMachine(context: StepContext, { plan, vcpus = 1 }: Arm64GuestRequest, size: Memory, use: Use): Section {
  const { kvm, libc, scratch, note } = context;
  using mappings = new DisposableStack();
  using machine = build({ kvm, libc, scratch }, plan, { vcpus, note }).machine;
  using runs = new DisposableStack();
  if (machine.vm === null) return { outcome: 'absent', reason: 'the plan makes no VM on this host' };
  const memory = openMemory(libc, machine.vm, size, mappings);
  if (!memory.ok) return failed(memory.error);
  const runnable = openRuns(libc, kvm, machine, runs);
  return runnable.ok ? use(runnable.value, memory.value) : failed(runnable.error);
}

function makeTable(
  { libc, scratch, note }: StepContext,
  machine: GuestMachine,
  memory: GuestMemory,
  operations: readonly PlainOperation[],
): Section {
  note(`a guest makes ${operations.length} operations`);
  const { ended, outcomes, outside } = runTable({ libc, scratch }, machine, memory, operations);
  return measured({
    ended: { ...ended },
    outcomes: outcomes.map(outcomeJson),
    outside: outside === null ? null : outcomeJson(outside),
  });
}

/** Registers as files have them. */
function outcomeJson(outcome: Outcome): Json {
  if (outcome.kind === 'values') return { kind: 'values', values: outcome.values.map((value) => hex(value)) };
  if (outcome.kind !== 'fault') return { kind: outcome.kind };
  const { esr, far, elr, ...fault } = outcome;
  return { ...fault, esr: hex(esr), far: hex(far), elr: hex(elr) };
}

/** Milliseconds after which the witness counts as hung: seconds for each hundred rounds, under emulation. */
const WITNESS_DEADLINE = 60_000;

function witness(
  context: StepContext,
  request: Arm64GuestRequest,
  { rounds, disturb: disturbed }: WitnessRequest,
): Section {
  const table = defaultTable();
  return onMachine(context, request, witnessMemory(table, request.vcpus ?? 1), (machine, memory) => {
    const { libc, scratch, note } = context;
    const loaded = loadWitness({ libc, scratch }, machine, memory, table);
    if (!loaded.ok) return failed(loaded.error);
    note(`the witness does ${rounds} rounds`);
    const run = (): WitnessEnd => runWitness({ libc }, machine, memory, { rounds, deadline: WITNESS_DEADLINE });
    const ended = run();
    if (disturbed !== true) return measured({ ended: { ...ended }, report: reportOf(memory) });
    const done = disturb({ scratch }, machine, memory);
    if (!done.ok) return failed(done.error);
    note('the witness goes on, disturbed');
    return measured({ ended: { ...run() }, report: reportOf(memory) });
  });
}

/** Plain JSON already: a report holds text, numbers and null. */
function reportOf(memory: GuestMemory): Json {
  const report: unknown = readWitness(memory);
  return report as Json;
}
