/** The guests that a job can load: what a job needs to know of each, by its name and the architecture. */
import type { KvmError, Libc, Scratch } from '../kvm/index.ts';
import * as arm64 from '../guest/arm64/witness/index.ts';
import { msr } from '../guest/arm64/operations.ts';
import type { GuestOperation as Arm64Operation } from '../guest/arm64/operation.ts';
import type { GuestMachine } from '../guest/machine.ts';
import type { GuestMemory } from '../guest/memory.ts';
import type { WitnessEnd, WitnessReport, WitnessRunOptions, WitnessTable } from '../guest/witness.ts';
import { counterMemory, loadCounter, readCounter, runCounter } from '../guest/x86/counter/index.ts';
import type { GuestOperation as X86Operation } from '../guest/x86/index.ts';
import * as x86 from '../guest/x86/witness/index.ts';
import { parseMsrWord } from '../arch/x86/msr-names.ts';
import { err, fromHex, ok } from '../model/index.ts';
import type { Architecture, Result, WordPath } from '../model/index.ts';
import type { Deed, RoundTripJob } from './round-trip.ts';

export interface GuestHost {
  readonly libc: Libc;
  readonly scratch: Scratch;
}

/** A guest that does rounds for ever, and keeps account of them in its memory. */
export interface JobGuest {
  /** What it needs; of a guest that is restored, its snapshot says that. */
  readonly memory: { readonly base: bigint; readonly length: number };
  /** Into zeroed memory; sets the registers of every vCPU. */
  readonly load: (host: GuestHost, machine: GuestMachine, memory: GuestMemory) => Result<unknown, KvmError>;
  readonly run: (host: GuestHost, machine: GuestMachine, memory: GuestMemory, options: WitnessRunOptions) => WitnessEnd;
  /** Null where the memory holds no such guest. */
  readonly read: (memory: GuestMemory) => WitnessReport | null;
}

/** An error says why there is no such guest. */
export function jobGuest(architecture: Architecture, job: RoundTripJob): Result<JobGuest, string> {
  if (job.guest === 'counter') {
    return architecture === 'x86_64' ? ok(COUNTER) : err('the guest "counter" is of x86_64: it runs in real mode');
  }
  const { vcpus } = job;
  const deeds = job.job === 'save' ? job.deeds : [];
  switch (architecture) {
    case 'x86_64': {
      const own = x86.canaries();
      const setup = deedsOf(deeds, x86Deed);
      if (!setup.ok) return setup;
      const table = tableOf(own, job.reads, setup.value, x86.readOf, x86.defaultTable);
      const { readWitness: read, runWitness: run } = x86;
      const load: JobGuest['load'] = (host, machine, memory) => x86.loadWitness(host, machine, memory, table);
      return ok({ memory: x86.witnessMemory(table, vcpus), load, run, read });
    }
    case 'arm64': {
      const own = arm64.canaries();
      const setup = deedsOf(deeds, arm64Deed);
      if (!setup.ok) return setup;
      const table = tableOf(own, job.reads, setup.value, arm64.readOf, arm64.defaultTable);
      const { readWitness: read, runWitness: run } = arm64;
      const load: JobGuest['load'] = (host, machine, memory) => arm64.loadWitness(host, machine, memory, table);
      return ok({ memory: arm64.witnessMemory(table, vcpus), load, run, read });
    }
  }
}

const COUNTER: JobGuest = {
  memory: counterMemory(),
  load: (_, machine, memory) => loadCounter(machine, memory),
  run: ({ libc }, machine, memory, options) => runCounter(libc, machine, memory, options),
  read: readCounter,
};

/** The witness's own canaries, and beside them the words that are wanted, or all that it knows where none is named. */
function tableOf<Operation>(
  own: WitnessTable<Operation>,
  words: readonly WordPath[],
  setup: readonly Operation[],
  readOf: (word: WordPath) => WitnessTable<Operation>['reads'][number] | null,
  defaultTable: () => WitnessTable<Operation>,
): WitnessTable<Operation> {
  if (words.length === 0) {
    const table = defaultTable();
    return { ...table, setup: [...table.setup, ...setup] };
  }
  const known = new Set(own.reads.map(({ path }) => path));
  const reads = words.flatMap((word) => (known.has(word) ? [] : (readOf(word) ?? [])));
  return { setup: [...own.setup, ...setup], reads: [...reads, ...own.reads] };
}

function deedsOf<Operation>(
  deeds: readonly Deed[],
  operationsOf: (deed: Deed) => readonly Operation[] | null,
): Result<readonly Operation[], string> {
  const operations: Operation[] = [];
  for (const deed of deeds) {
    const done = operationsOf(deed);
    if (done === null) return err(`no guest can do ${JSON.stringify(deed)}`);
    operations.push(...done);
  }
  return ok(operations);
}

function x86Deed(deed: Deed): readonly X86Operation[] | null {
  if (deed.do === 'use-xfeature') return [x86.useXfeature(deed.component)];
  const index = parseMsrWord(deed.word);
  return index === null ? null : [{ do: 'wrmsr', index, value: fromHex(deed.value) }];
}

function arm64Deed(deed: Deed): readonly Arm64Operation[] | null {
  if (deed.do !== 'write' || !deed.word.startsWith('reg/')) return null;
  return [msr(deed.word.slice('reg/'.length), fromHex(deed.value))];
}
