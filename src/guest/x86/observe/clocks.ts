/** A guest's clocks: KVM's paravirtual one, and the time stamp counter beside the PIT. */
import type { KvmError } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { SCRATCH, runTable } from '../index.ts';
import type { GuestOperation, X86Guest } from '../index.ts';

/** struct pvclock_vcpu_time_info and struct pvclock_wall_clock (Documentation/virt/kvm/x86/msr.rst). */
export interface ParavirtualClock {
  readonly version: number;
  readonly tscTimestamp: bigint;
  /** Nanoseconds. */
  readonly systemTime: bigint;
  readonly multiplier: number;
  /** Two's complement: to the left where positive. */
  readonly shift: number;
  readonly flags: number;
  /** Of the wall clock; odd or 0: it was not written. */
  readonly wallVersion: number;
}

const MSR_KVM_WALL_CLOCK_NEW = 0x4b56_4d00;
const MSR_KVM_SYSTEM_TIME_NEW = 0x4b56_4d01;
const ENABLED = 1n;
/** Both structures must be aligned to four bytes. */
const CLOCK = SCRATCH + 0x100;
const WALL = SCRATCH + 0x200;
const CLOCK_WORDS = 8;

/** A text: how a write of one of the two MSRs, or the guest, ended. */
export function paravirtualClock(guest: X86Guest): Result<ParavirtualClock | string, KvmError> {
  const load = (address: number): GuestOperation => ({ do: 'load', address: BigInt(address), bytes: 4 });
  const words = Array.from({ length: CLOCK_WORDS }, (_, word) => load(CLOCK + 4 * word));
  const run = runTable(guest, [
    { do: 'wrmsr', index: MSR_KVM_SYSTEM_TIME_NEW, value: BigInt(CLOCK) | ENABLED },
    { do: 'wrmsr', index: MSR_KVM_WALL_CLOCK_NEW, value: BigInt(WALL) },
    ...words,
    load(WALL),
    { do: 'wrmsr', index: MSR_KVM_SYSTEM_TIME_NEW, value: 0n },
  ]);
  if (!run.ok) return run;
  const [set, , ...reads] = run.value.outcomes;
  if (set?.outcome === 'fault') return ok(`WRMSR of MSR_KVM_SYSTEM_TIME_NEW: exception ${set.vector}`);
  const values = reads.flatMap((read) => (read.outcome === 'values' ? read.values.slice(0, 1) : []));
  const word = (index: number): bigint => values[index] ?? 0n;
  if (values.length <= CLOCK_WORDS) return ok(`the guest ended with ${run.value.ended}`);
  return ok({
    version: Number(word(0)),
    tscTimestamp: word(2) | (word(3) << 32n),
    systemTime: word(4) | (word(5) << 32n),
    multiplier: Number(word(6)),
    shift: Number(BigInt.asIntN(8, word(7))),
    flags: Number((word(7) >> 8n) & 0xffn),
    wallVersion: Number(word(CLOCK_WORDS)),
  });
}

/** kHz of the counter that makes nanoseconds by `multiplier` / 2^32 after the shift. */
export function khzOf({ multiplier, shift }: ParavirtualClock): number | null {
  if (multiplier === 0) return null;
  const scaled = (1_000_000n << 32n) / BigInt(multiplier);
  return Number(shift < 0 ? scaled << BigInt(-shift) : scaled >> BigInt(shift));
}

/** Hertz of the PIT (Intel 82C54, as in every PC), and counts of some ten milliseconds. */
const PIT_HERTZ = 1_193_182n;
const PIT_COUNTS = 12_000;
const PIT_COMMAND = 0x43;
const PIT_CHANNEL0 = 0x40;
/** Channel 0, low byte then high byte, rate generator; and its latch. */
const RATE_GENERATOR = 0x34;
const LATCH = 0x00;

/**
 * Channel 0 counts down from 65536 while the guest reads the counter before and behind: `before` and `after` of the PIT,
 * ticks of the TSC between. Interrupts stay off.
 */
const PIT_AND_TSC: GuestOperation = {
  do: 'code',
  name: 'the TSC beside the PIT',
  values: ['counts', 'ticks'],
  assemble(code, context) {
    const again = code.label('again');
    const latched = (): void => {
      code.mov('eax', LATCH);
      code.out(PIT_COMMAND, 'al');
      code.xor('eax', 'eax');
      code.in('al', PIT_CHANNEL0);
      code.mov('rbx', 'rax');
      code.xor('eax', 'eax');
      code.in('al', PIT_CHANNEL0);
      code.shift('shl', 'rax', 8);
      code.or('rbx', 'rax');
      code.instruction('rdtsc');
      code.shift('shl', 'rdx', 32);
      code.or('rax', 'rdx');
    };
    code.mov('eax', RATE_GENERATOR);
    code.out(PIT_COMMAND, 'al');
    code.xor('eax', 'eax');
    code.out(PIT_CHANNEL0, 'al');
    code.out(PIT_CHANNEL0, 'al');
    // The counter is loaded with the next clock; the first read behind it may still be the old one.
    latched();
    latched();
    code.mov('r12', 'rbx');
    code.mov('r13', 'rax');
    code.bind(again);
    latched();
    code.mov('r14', 'r12');
    code.sub('r14', 'rbx');
    code.cmp('r14', PIT_COUNTS);
    code.jump('b', again);
    code.sub('rax', 'r13');
    context.store(0, 'r14');
    context.store(1, 'rax');
  },
};

/** kHz of the time stamp counter as the PIT tells time; a text where the guest has no PIT. */
export function khzByPit(guest: X86Guest): Result<number | string, KvmError> {
  const run = runTable(guest, [PIT_AND_TSC], { deadline: 2000 });
  if (!run.ok) return run;
  if (run.value.exits.length > 0) return ok('KVM does not answer the ports of the PIT');
  const [outcome] = run.value.outcomes;
  if (outcome?.outcome !== 'values') return ok(`the guest ended with ${run.value.ended}`);
  const [counts = 0n, ticks = 0n] = outcome.values;
  return ok(counts === 0n ? 'the PIT does not count' : Number((ticks * PIT_HERTZ) / (counts * 1000n)));
}
