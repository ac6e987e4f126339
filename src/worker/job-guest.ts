/** The guests that a job can load: what a job needs to know of each, by its name and the architecture. */
import type { KvmError, Libc, Scratch } from '../kvm/index.ts';
import type { GuestMachine } from '../guest/machine.ts';
import type { GuestMemory } from '../guest/memory.ts';
import type { WitnessEnd, WitnessReport, WitnessRunOptions } from '../guest/witness.ts';
import { counterMemory, loadCounter, readCounter, runCounter } from '../guest/x86/counter/index.ts';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import type { RoundTripJob } from './round-trip.ts';

export interface GuestHost {
  readonly libc: Libc;
  readonly scratch: Scratch;
}

/** A guest that does rounds for ever, and keeps account of them in its memory. */
export interface JobGuest {
  readonly memory: { readonly base: bigint; readonly length: number };
  /** Into zeroed memory; sets the registers of every vCPU. */
  readonly load: (host: GuestHost, machine: GuestMachine, memory: GuestMemory) => Result<undefined, KvmError>;
  readonly run: (host: GuestHost, machine: GuestMachine, memory: GuestMemory, options: WitnessRunOptions) => WitnessEnd;
  readonly read: (memory: GuestMemory) => WitnessReport;
}

/** An error says why there is no such guest. */
export function jobGuest(architecture: Architecture, { guest = 'witness' }: RoundTripJob): Result<JobGuest, string> {
  if (guest === 'counter') {
    return architecture === 'x86_64' ? ok(COUNTER) : err('the guest "counter" is of x86_64: it runs in real mode');
  }
  return err(`the guest "${guest}" is not there`);
}

const COUNTER: JobGuest = {
  memory: counterMemory(),
  load: (_, machine, memory) => loadCounter(machine, memory),
  run: ({ libc }, machine, memory, options) => runCounter(libc, machine, memory, options),
  read: readCounter,
};
