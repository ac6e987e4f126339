/** Lets the witness do a number of rounds and stops it in between. */
import { describeExit } from '../../exit.ts';
import type { GuestMachine } from '../../machine.ts';
import type { GuestMemory } from '../../memory.ts';
import { runVcpus } from '../../run.ts';
import type { WitnessEnd, WitnessRunOptions } from '../../witness.ts';
import { DOORBELL } from '../address-space.ts';
import type { GuestHost } from '../run-table.ts';
import { storedTo } from '../run-table.ts';
import { roundsOf } from './report.ts';

/**
 * Runs until every vCPU has done `rounds` rounds from now on, and goes on to the end of the turn of whichever vCPU is
 * interrupted next, so that it stops where nobody chose. The others may stand at a doorbell, which rings again where that
 * store is not finished before their state is saved.
 */
export function runWitness(
  { libc }: Pick<GuestHost, 'libc'>,
  machine: GuestMachine,
  memory: GuestMemory,
  { rounds, deadline }: WitnessRunOptions,
): WitnessEnd {
  const before = roundsOf(memory);
  const done = (): boolean => roundsOf(memory).every((count, vcpu) => count - (before[vcpu] ?? 0) >= rounds);
  let exited: WitnessEnd = { how: 'rounds' };
  const ran = runVcpus(libc, machine.vcpus, {
    deadline,
    onExit(exit) {
      if (storedTo(exit, DOORBELL.round) !== null || storedTo(exit, DOORBELL.wait) !== null) return 'yield';
      if (storedTo(exit, DOORBELL.pause) !== null) return 'continue';
      if (exit.reason === 'mmio' && !exit.write) {
        // A device that this machine does not have reads as nothing; that it read otherwise before is a change.
        exit.data.fill(0);
        return 'continue';
      }
      exited = { how: 'exit', what: describeExit(exit) };
      return 'stop';
    },
    onTurn: () => (done() ? 'stop' : 'continue'),
  });
  if (ran.how === 'deadline') return { how: 'deadline' };
  if (ran.how === 'error') return { how: 'error', what: `${ran.error.call}: ${ran.error.errnoName}` };
  return exited;
}
