/** The self-checking guest on the host's default machine: that it runs, and that nothing changes while it does. */
import { openDefaultMachine } from '../guest/x86/default-machine.ts';
import {
  defaultTable,
  loadWitness,
  readWitness,
  runWitness,
  useXfeature,
  witnessMemory,
} from '../guest/x86/witness/index.ts';
import { openMemory } from '../guest/memory.ts';
import type { WitnessEnd, WitnessReport } from '../guest/witness.ts';
import type { Json } from '../model/index.ts';
import { failed, measured } from '../probe/index.ts';
import type { Step } from '../probe/index.ts';

export interface X86WitnessRequest {
  readonly kind: 'witness-x86';
  readonly vcpus: number;
  readonly rounds: number;
  /** Components to be in use besides x87 and SSE. */
  readonly xfeatures: readonly ('avx' | 'pkru')[];
}

/** The section's data. */
export interface X86WitnessData {
  readonly end: WitnessEnd;
  readonly report: WitnessReport | null;
  readonly milliseconds: number;
  /** Of guest memory. */
  readonly bytes: number;
}

const SECONDS = 60;

export function x86WitnessStep({ vcpus, rounds, xfeatures }: X86WitnessRequest): Step {
  return {
    name: 'witness',
    architecture: 'x86_64',
    seconds: SECONDS,
    run({ libc, kvm }) {
      // Undone in reverse: the VM goes before its memory.
      using mappings = new DisposableStack();
      using cleanup = new DisposableStack();
      const machine = openDefaultMachine(libc, kvm, vcpus, cleanup);
      if (!machine.ok) return failed(machine.error);
      const { setup, reads } = defaultTable();
      const table = { setup: [...setup, ...xfeatures.map(useXfeature)], reads };
      const place = witnessMemory(table, vcpus);
      const memory = openMemory(libc, machine.value.vm, place, mappings);
      if (!memory.ok) return failed(memory.error);
      const loaded = loadWitness({ libc }, machine.value, memory.value, table);
      if (!loaded.ok) return failed(loaded.error);
      const began = performance.now();
      const end = runWitness({ libc }, machine.value, memory.value, { rounds, deadline: (SECONDS * 1000) / 2 });
      const milliseconds = performance.now() - began;
      return measured(plain({ end, report: readWitness(memory.value), milliseconds, bytes: place.length }));
    },
  };
}

/** It is plain JSON; its types are interfaces, which TypeScript does not take for such. */
function plain(data: X86WitnessData): Json {
  return JSON.parse(JSON.stringify(data)) as Json;
}
