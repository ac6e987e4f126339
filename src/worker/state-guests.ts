/** The guests of a state request: code of the asker's, or the witness. */
import { idOf } from '../arch/arm64/names.ts';
import { defaultTable, loadWitness, readWitness, runWitness, witnessMemory } from '../guest/arm64/witness/index.ts';
import type { GuestMachine } from '../guest/machine.ts';
import type { GuestMemory } from '../guest/memory.ts';
import { runVcpus } from '../guest/run.ts';
import type { Hex, Json, Result } from '../model/index.ts';
import { err, fromHex, hex, ok } from '../model/index.ts';
import type { StepContext } from '../probe/index.ts';
import { preset } from './state-presets.ts';
import type { Opened, Preset } from './state-presets.ts';

export type StateGuest =
  /**
   * `code`: base64; lies at the beginning of guest memory, where every vCPU begins with its number in X0. `turns`: of all
   * vCPUs together before the guest is stopped; 0: it never runs. `watch`: guest-physical addresses of 64-bit words.
   */
  | { readonly kind: 'code'; readonly code: string; readonly turns: number; readonly watch: readonly Hex[] }
  /** With its default table; stopped after so many rounds of every vCPU. */
  | { readonly kind: 'witness'; readonly rounds: number };

/** What a guest says of itself, and how its last run ended. */
export type StateGuestReport = {
  readonly ended: string;
  readonly words: readonly Hex[];
  /** A WitnessReport; null where the guest is another. */
  readonly witness: Json;
};

const MEMORY = { base: 0x4000_0000n, length: 0x10_0000 } as const;
/** Milliseconds. */
const DEADLINE = 30_000;

export function memoryOf(guest: StateGuest, vcpus: number): { readonly base: bigint; readonly length: number } {
  return guest.kind === 'code' ? MEMORY : witnessMemory(defaultTable(), vcpus);
}

/** The error is a sentence. */
export function load(context: StepContext, opened: Opened, guest: StateGuest): Result<undefined, string> {
  if (guest.kind === 'witness') {
    const loaded = loadWitness(context, opened.machine, opened.memory, defaultTable());
    return loaded.ok ? ok(undefined) : err(`the witness: ${loaded.error.call}: ${loaded.error.errnoName}`);
  }
  opened.memory.bytes.set(Buffer.from(guest.code, 'base64'));
  const [pc, x0] = [idOf('reg/PC'), idOf('reg/X0')];
  if (pc === null || x0 === null) throw new Error('PC and X0 have names');
  const starts = opened.machine.vcpus.flatMap(({ id }): Preset[] => [
    { register: hex(pc), vcpu: id, value: hex(MEMORY.base) },
    { register: hex(x0), vcpu: id, value: hex(id) },
  ]);
  const [refused] = preset(context, opened, starts);
  return refused === undefined ? ok(undefined) : err(`the guest's start: ${refused[1]}`);
}

export function run(context: StepContext, { machine, memory }: Opened, guest: StateGuest): StateGuestReport {
  context.note('run');
  if (guest.kind === 'code')
    return { ended: runCode(context, machine, guest.turns), words: words(memory, guest.watch), witness: null };
  const end = runWitness(context, machine, memory, { rounds: guest.rounds, deadline: DEADLINE });
  return { ended: 'what' in end ? `${end.how}: ${end.what}` : end.how, words: [], witness: reportOf(memory) };
}

/** Plain JSON, by its interfaces' word: what JSON makes of it is the same. */
function reportOf(memory: GuestMemory): Json {
  return JSON.parse(JSON.stringify(readWitness(memory))) as Json;
}

function runCode({ libc }: StepContext, machine: GuestMachine, turns: number): string {
  if (turns === 0) return 'never ran';
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

function words({ base, view }: GuestMemory, addresses: readonly Hex[]): Hex[] {
  return addresses.map((address) => hex(view.getBigUint64(Number(fromHex(address) - base), true)));
}
