/** Lets the witness do a number of rounds and stops it in between. */
import type { Libc } from '../../../kvm/index.ts';
import { describeExit } from '../../exit.ts';
import type { Exit } from '../../exit.ts';
import type { GuestMachine } from '../../machine.ts';
import type { GuestMemory } from '../../memory.ts';
import { runVcpus } from '../../run.ts';
import type { WitnessEnd, WitnessRunOptions } from '../../witness.ts';
import { BLOCK, PORT, vcpuBlock } from '../layout.ts';
import { describeFault } from '../describe-fault.ts';
import { StaleVectoring } from '../vectoring.ts';
import { OWN } from './layout.ts';
import { addXfeatures } from './vectors.ts';

/**
 * Runs until every vCPU has done `rounds` rounds from now on, and goes on until one of them is interrupted where nobody
 * chose. The others may stand behind a doorbell's OUT, which the next KVM_RUN ends.
 */
export function runWitness(
  { libc }: { readonly libc: Libc },
  machine: GuestMachine,
  memory: GuestMemory,
  { rounds, deadline }: WitnessRunOptions,
): WitnessEnd {
  const done = (vcpu: number): bigint => memory.view.getBigUint64(vcpuBlock(vcpu) + OWN.rounds, true);
  const wanted = machine.vcpus.map((_, vcpu) => done(vcpu) + BigInt(rounds));
  let ended: WitnessEnd = { how: 'rounds' };
  const vectoring = new StaleVectoring();
  const ran = runVcpus(libc, machine.vcpus, {
    deadline,
    onExit(exit, vcpu) {
      if (vectoring.mends(exit)) return 'continue';
      const rung = portOf(exit);
      if (rung === PORT.doorbell) return 'yield';
      if (rung === PORT.host) {
        const asked = machine.vcpus[vcpu];
        if (asked !== undefined) addXfeatures(asked.fd, componentsOf(exit));
        return 'continue';
      }
      if (rung === null && isAnswered(exit)) return 'continue';
      ended = { how: 'exit', what: rung === PORT.end ? strayText(memory.view, vcpu) : describeExit(exit) };
      return 'stop';
    },
    onTurn: () => (wanted.every((count, vcpu) => done(vcpu) >= count) ? 'stop' : 'continue'),
  });
  if (ran.how === 'deadline') return { how: 'deadline' };
  if (ran.how === 'error') return { how: 'error', what: `${ran.error.call}: ${ran.error.errnoName}` };
  return ended;
}

/** The port of the guest's own that an OUT went to, or null. */
function portOf(exit: Exit): number | null {
  if (exit.reason !== 'io' || exit.direction !== 'out') return null;
  return OWN_PORTS.includes(exit.port) ? exit.port : null;
}

const OWN_PORTS: readonly number[] = [PORT.doorbell, PORT.end, PORT.host];

/** EAX of an OUT. */
function componentsOf(exit: Exit): number {
  if (exit.reason !== 'io' || exit.data.length < 4) return 0;
  return new DataView(exit.data.buffer, exit.data.byteOffset, 4).getUint32(0, true);
}

/** An access that no device in the kernel answers: as a PC's bus does, loads are all ones. */
function isAnswered(exit: Exit): boolean {
  if (exit.reason !== 'io' && exit.reason !== 'mmio') return false;
  if (exit.reason === 'io' ? exit.direction === 'in' : !exit.write) exit.data.fill(0xff);
  return true;
}

function strayText(view: DataView, vcpu: number): string {
  const word = (field: number): bigint => view.getBigUint64(vcpuBlock(vcpu) + field, true);
  const fault = describeFault({ vector: Number(word(BLOCK.strayVector)), errorCode: word(BLOCK.strayError) });
  return `${fault} at 0x${word(BLOCK.strayAddress).toString(16)} of vCPU ${vcpu}, outside any operation`;
}
