/**
 * A guest on the host's default machine, for a question put to it alone: a table of operations, or the self-checking guest
 * for a number of rounds.
 */
import { openDefaultMachine } from '../guest/x86/default-machine.ts';
import { describeGuestOperation, openGuest, runTable } from '../guest/x86/index.ts';
import type { Mode } from '../guest/x86/index.ts';
import { operationFromJson, outcomeToJson } from '../guest/x86/operation-json.ts';
import type { GuestOperationJson } from '../guest/x86/operation-json.ts';
import {
  defaultTable,
  disturb,
  loadWitness,
  readWitness,
  runWitness,
  useX2apic,
  useXfeature,
  witnessMemory,
} from '../guest/x86/witness/index.ts';
import { openMemory } from '../guest/memory.ts';
import type { WitnessEnd } from '../guest/witness.ts';
import type { Json, Section } from '../model/index.ts';
import { failed, measured } from '../probe/index.ts';
import type { Step, StepContext } from '../probe/index.ts';

export type X86GuestRequest = {
  readonly kind: 'guest';
  readonly architecture: 'x86_64';
  /** How many; only the first runs a table. Default: 1. */
  readonly vcpus?: number;
} & (
  | { readonly mode: Mode; readonly operations: readonly GuestOperationJson[] }
  /** Its default table, for so many rounds; then, where it is to be disturbed, for as many again. */
  | { readonly witness: WitnessRequest }
);

interface WitnessRequest {
  readonly rounds: number;
  readonly disturb?: boolean;
  /** Components to be in use besides x87 and SSE. */
  readonly xfeatures?: readonly ('avx' | 'pkru')[];
  readonly x2apic?: boolean;
}

const SECONDS = 30;

export function x86GuestStep(request: X86GuestRequest): Step {
  return {
    name: 'guest',
    architecture: 'x86_64',
    seconds: SECONDS,
    run: (context) =>
      'witness' in request
        ? witness(context, request.vcpus ?? 1, request.witness)
        : makeTable(context, request.vcpus ?? 1, request.mode, request.operations),
  };
}

function makeTable(
  { libc, kvm, note }: StepContext,
  vcpus: number,
  mode: Mode,
  operations: readonly GuestOperationJson[],
): Section {
  // Undone in reverse: the VM goes before its memory.
  using mappings = new DisposableStack();
  using cleanup = new DisposableStack();
  const machine = openDefaultMachine(libc, kvm, vcpus, cleanup);
  if (!machine.ok) return failed(machine.error);
  const guest = openGuest(libc, machine.value, mode, mappings);
  if (!guest.ok) return failed(guest.error);
  const table = operations.map(operationFromJson);
  note(`a guest makes ${table.length} operations in ${mode} mode`);
  const ran = runTable(guest.value, table);
  if (!ran.ok) return failed(ran.error);
  const { ended, outcomes, taken, exits } = ran.value;
  return measured({
    ended,
    outcomes: table.map((operation, index) => {
      const outcome = outcomes[index];
      return {
        operation: describeGuestOperation(operation),
        outcome: outcome === undefined ? null : outcomeToJson(outcome),
      };
    }),
    taken: Object.fromEntries([...taken].map(([vector, count]) => [String(vector), count])),
    exits: exits.map(({ operation, exit }) => ({ operation, exit })),
  });
}

/** Milliseconds after which the witness counts as hung: a round takes tens of them under emulation. */
const DEADLINE = 60_000;

function witness(
  { libc, kvm, note }: StepContext,
  vcpus: number,
  { rounds, disturb: disturbed = false, xfeatures = [], x2apic = false }: WitnessRequest,
): Section {
  using mappings = new DisposableStack();
  using cleanup = new DisposableStack();
  const machine = openDefaultMachine(libc, kvm, vcpus, cleanup);
  if (!machine.ok) return failed(machine.error);
  const { setup, reads } = defaultTable();
  const wanted = [...(x2apic ? [useX2apic()] : []), ...xfeatures.map(useXfeature)];
  const table = { setup: [...setup, ...wanted], reads };
  const memory = openMemory(libc, machine.value.vm, witnessMemory(table, vcpus), mappings);
  if (!memory.ok) return failed(memory.error);
  const loaded = loadWitness({ libc }, machine.value, memory.value, table);
  if (!loaded.ok) return failed(loaded.error);
  note(`the witness does ${rounds} rounds`);
  const run = (): WitnessEnd => runWitness({ libc }, machine.value, memory.value, { rounds, deadline: DEADLINE });
  let ended = run();
  if (disturbed && ended.how === 'rounds') {
    const done = disturb(machine.value, memory.value);
    if (!done.ok) return failed(done.error);
    ended = run();
  }
  const report = readWitness(memory.value);
  // Plain JSON; its types are interfaces, which TypeScript does not take for such.
  return measured({ ended: { ...ended }, report: JSON.parse(JSON.stringify(report)) as Json });
}
