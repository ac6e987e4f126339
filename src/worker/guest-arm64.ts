/** A table of operations, run by a guest on the machine that a plan makes: the worker's answer to a request for one. */
import { openMemory } from '../guest/memory.ts';
import { openRuns } from '../guest/machine.ts';
import { runTable, TABLE_MEMORY } from '../guest/arm64/index.ts';
import type { Outcome, PlainOperation } from '../guest/arm64/index.ts';
import { hex } from '../model/index.ts';
import type { Json, Plan } from '../model/index.ts';
import { failed, measured } from '../probe/index.ts';
import type { Step } from '../probe/index.ts';
import { build } from '../settings/index.ts';

export interface Arm64GuestRequest {
  readonly kind: 'guest';
  readonly architecture: 'arm64';
  readonly plan: Plan;
  /** How many; only the first runs the table. Default: 1. */
  readonly vcpus?: number;
  readonly operations: readonly PlainOperation[];
}

export function arm64GuestStep({ plan, vcpus = 1, operations }: Arm64GuestRequest): Step {
  return {
    name: 'guest',
    architecture: 'arm64',
    seconds: 15,
    run({ kvm, libc, scratch, note }) {
      using mappings = new DisposableStack();
      using machine = build({ kvm, libc, scratch }, plan, { vcpus, note }).machine;
      using runs = new DisposableStack();
      if (machine.vm === null) return { outcome: 'absent', reason: 'the plan makes no VM on this host' };
      const memory = openMemory(libc, machine.vm, TABLE_MEMORY, mappings);
      if (!memory.ok) return failed(memory.error);
      const runnable = openRuns(libc, kvm, machine, runs);
      if (!runnable.ok) return failed(runnable.error);
      note(`a guest makes ${operations.length} operations`);
      const { ended, outcomes, outside } = runTable({ libc, scratch }, runnable.value, memory.value, operations);
      return measured({
        ended: { ...ended },
        outcomes: outcomes.map(outcomeJson),
        outside: outside === null ? null : outcomeJson(outside),
      });
    },
  };
}

/** Registers as files have them. */
function outcomeJson(outcome: Outcome): Json {
  if (outcome.kind === 'values') return { kind: 'values', values: outcome.values.map((value) => hex(value)) };
  if (outcome.kind !== 'fault') return { kind: outcome.kind };
  const { esr, far, elr, ...fault } = outcome;
  return { ...fault, esr: hex(esr), far: hex(far), elr: hex(elr) };
}
