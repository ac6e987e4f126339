/**
 * The smallest guest that can be saved in mid-run and tell afterwards whether it is still itself: real mode, no interrupts,
 * every vCPU for itself. For hosts that run nothing else (PVM), where the witness cannot be. Each round counts in a
 * register and in memory and holds the two against each other, and writes one word of a page of which it knows what stood
 * there before. The report is the witness's, with nothing in it of what this guest does not do.
 */
import { KVM_SET_MP_STATE } from '../../../kvm/index.ts';
import type { KvmError, Libc } from '../../../kvm/index.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { describeExit } from '../../exit.ts';
import type { GuestMachine } from '../../machine.ts';
import type { GuestMemory } from '../../memory.ts';
import { runVcpus } from '../../run.ts';
import type { WitnessCheck, WitnessEnd, WitnessReport, WitnessRunOptions, WitnessVcpu } from '../../witness.ts';
import { Assembler, at, dword, indexed } from '../assembler/index.ts';
import { BLOCK, GUEST_BYTES, HEADER, SLOTS, vcpuBlock } from '../layout.ts';
import { startVcpu } from '../start.ts';

/** In the vCPU's own part of its block: 32-bit words. */
const ROUNDS: number = BLOCK.own;
const FAILURES: number = BLOCK.own + 4;
/** Of the first failure: round, where, what was wanted, what was found. */
const FIRST: number = BLOCK.own + 8;
/** The page that changes: where stacks would be, of which this guest has none. */
const PAGE: number = BLOCK.userStackTop;
const WORDS = 1024;
/** Where the guest's header says how many vCPUs there are. */
const VCPUS = HEADER;
const CODE = SLOTS;

export function counterMemory(): { readonly base: bigint; readonly length: number } {
  return { base: 0n, length: GUEST_BYTES };
}

/**
 * EBX: the round. EBP is 0, and SS is the vCPU's own block, so that all that is addressed by EBP is its own (SDM volume 1,
 * 3.7.4: the default segment of EBP is SS).
 */
function program(): Uint8Array {
  const code = new Assembler(16, CODE);
  const own = (offset: number): ReturnType<typeof dword> => dword(at('ebp', offset));
  const round = code.bind(code.label('round'));
  const [known, failed, more] = [code.label('known'), code.label('failed'), code.label('more')];
  code.inc('ebx');
  code.inc(own(ROUNDS));
  // The round in the register is that in memory.
  code.mov('ecx', 'ebx');
  code.mov('edx', own(ROUNDS));
  code.mov('esi', ROUNDS);
  code.cmp('ecx', 'edx');
  code.jump('ne', failed);
  // The word of the page holds the round in which it was written last, one page of words ago; 0 in the first ones.
  code.mov('edi', 'ebx');
  code.and('edi', WORDS - 1);
  code.mov('ecx', 0);
  code.cmp('ebx', WORDS);
  code.jump('be', known);
  code.mov('ecx', 'ebx');
  code.sub('ecx', WORDS);
  code.bind(known);
  code.lea('esi', indexed(null, 'edi', 4, PAGE));
  code.mov('edx', dword(indexed('ebp', 'edi', 4, PAGE)));
  code.cmp('ecx', 'edx');
  code.jump('ne', failed);
  code.mov(dword(indexed('ebp', 'edi', 4, PAGE)), 'ebx');
  code.jmp(round);
  // ESI: where, ECX: wanted, EDX: found. The first is kept, and the round goes on from what memory says.
  code.bind(failed);
  code.inc(own(FAILURES));
  code.cmp(own(FAILURES), 1);
  code.jump('ne', more);
  code.mov(own(FIRST), 'ebx');
  code.mov(own(FIRST + 4), 'esi');
  code.mov(own(FIRST + 8), 'ecx');
  code.mov(own(FIRST + 12), 'edx');
  code.bind(more);
  code.mov('ebx', own(ROUNDS));
  code.jmp(round);
  return code.finish();
}

/** KVM_MP_STATE_RUNNABLE: a second vCPU waits for INIT and SIPI otherwise, which nobody sends here. */
const RUNNABLE = 0;

/** Into zeroed memory at address 0. */
export function loadCounter({ vcpus }: GuestMachine, memory: GuestMemory): Result<undefined, KvmError> {
  memory.bytes.set(program(), CODE);
  memory.view.setUint32(VCPUS, vcpus.length, true);
  for (const [index, { fd }] of vcpus.entries()) {
    const state = fd.structReturning(KVM_SET_MP_STATE, { mp_state: RUNNABLE }, 'runnable');
    if (!state.ok) return state;
    const started = startVcpu(fd, { mode: 'real', vcpu: index, vcpus: vcpus.length, entry: CODE, codeBase: CODE });
    if (!started.ok) return started;
  }
  return ok(undefined);
}

/**
 * Until every vCPU has done so many rounds from now on; then it is wherever its turn ended. The count has 32 bits, which
 * is minutes of the fastest host.
 */
export function runCounter(
  libc: Libc,
  { vcpus }: GuestMachine,
  memory: GuestMemory,
  { rounds, deadline }: WitnessRunOptions,
): WitnessEnd {
  const begun = vcpus.map((_, vcpu) => roundsOf(memory, vcpu));
  let exit = '';
  const done = (): boolean => begun.every((before, vcpu) => roundsOf(memory, vcpu) - before >= rounds);
  const end = runVcpus(libc, vcpus, {
    deadline,
    onExit: (reason) => {
      exit = describeExit(reason);
      return 'stop';
    },
    onTurn: () => (done() ? 'stop' : 'continue'),
  });
  switch (end.how) {
    case 'stopped':
      return exit === '' ? { how: 'rounds' } : { how: 'exit', what: exit };
    case 'deadline':
      return { how: 'deadline' };
    case 'error':
      return { how: 'error', what: `${end.error.call}: ${end.error.errnoName}` };
  }
}

export function readCounter(memory: GuestMemory): WitnessReport {
  const vcpus = memory.view.getUint32(VCPUS, true);
  return { vcpus: Array.from({ length: vcpus }, (_, vcpu) => vcpuReport(memory, vcpu)) };
}

function vcpuReport(memory: GuestMemory, vcpu: number): WitnessVcpu {
  const word = (offset: number): number => memory.view.getUint32(vcpuBlock(vcpu) + offset, true);
  const failures = word(FAILURES);
  const first =
    failures === 0
      ? null
      : { round: word(FIRST), at: hex(word(FIRST + 4)), expected: hex(word(FIRST + 8)), found: hex(word(FIRST + 12)) };
  const check: WitnessCheck = { name: 'memory', failures, first };
  return {
    rounds: word(ROUNDS),
    timerTicks: 0,
    ipis: 0,
    unanswered: 0,
    strayInterrupts: 0,
    checks: [check],
    setup: [],
    first: [],
    changes: [],
    changesNotKept: 0,
  };
}

function roundsOf(memory: GuestMemory, vcpu: number): number {
  return memory.view.getUint32(vcpuBlock(vcpu) + ROUNDS, true);
}
