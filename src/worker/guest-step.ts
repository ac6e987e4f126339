/** A table of operations run on the host's default machine: what a guest there sees, asked for ad hoc. */
import { openDefaultMachine } from '../guest/x86/default-machine.ts';
import { describeGuestOperation, openGuest, runTable } from '../guest/x86/index.ts';
import type { Mode } from '../guest/x86/index.ts';
import { operationFromJson, outcomeToJson } from '../guest/x86/operation-json.ts';
import type { GuestOperationJson } from '../guest/x86/operation-json.ts';
import { failed, measured } from '../probe/index.ts';
import type { Step } from '../probe/index.ts';

export interface X86GuestRequest {
  readonly kind: 'guest-x86';
  readonly mode: Mode;
  readonly operations: readonly GuestOperationJson[];
}

const SECONDS = 20;

export function x86GuestStep({ mode, operations }: X86GuestRequest): Step {
  return {
    name: 'guest',
    architecture: 'x86_64',
    seconds: SECONDS,
    run({ libc, kvm }) {
      // Undone in reverse: the runs and the VM go before the memory.
      using memory = new DisposableStack();
      using cleanup = new DisposableStack();
      const machine = openDefaultMachine(libc, kvm, 1, cleanup);
      if (!machine.ok) return failed(machine.error);
      const guest = openGuest(libc, machine.value, mode, memory);
      if (!guest.ok) return failed(guest.error);
      const table = operations.map(operationFromJson);
      const ran = runTable(guest.value, table);
      if (!ran.ok) return failed(ran.error);
      const { ended, outcomes, taken, exits } = ran.value;
      return measured({
        ended,
        outcomes: outcomes.map((outcome, index) => {
          const operation = table[index];
          return {
            operation: operation === undefined ? '' : describeGuestOperation(operation),
            outcome: outcomeToJson(outcome),
          };
        }),
        taken: Object.fromEntries([...taken].map(([vector, count]) => [String(vector), count])),
        exits: exits.map(({ operation, exit }) => ({ operation, exit })),
      });
    },
  };
}
