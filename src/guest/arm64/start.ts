/** Puts a program into memory and every vCPU at its entry. The machine is made, its vGIC initialized. */
import type { KvmError, Scratch } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { finishExit } from '../finish-exit.ts';
import type { RunnableVcpu } from '../machine.ts';
import type { GuestMemory } from '../memory.ts';
import { addressOf } from './assembler/index.ts';
import type { Assembled } from './assembler/index.ts';
import { translationRegisters } from './address-space.ts';
import { setRegister } from './set-register.ts';
import { EL1H_MASKED } from './vectors.ts';

/** Bytes of each vCPU's stack, at the end of memory. */
export const STACK_BYTES = 4096;

/**
 * The memory's first bytes become the program's, the rest becomes zeros, and the end of it holds so many stacks. A program
 * that is too long for that is a bug and throws.
 */
export function loadProgram(memory: GuestMemory, program: Assembled, stacks: number): void {
  const room = memory.bytes.length - stacks * STACK_BYTES;
  if (program.bytes.length > room) {
    throw new RangeError(`the program takes ${program.bytes.length} bytes and the guest has ${room}`);
  }
  memory.bytes.set(program.bytes);
  memory.bytes.fill(0, program.bytes.length);
}

/**
 * Sets the registers with which a vCPU begins at the label `entry`, at EL1 with interrupts masked and the MMU on, and goes
 * on at `then`. `others`: registers that begin with the address of a label. Every vCPU has all of these registers, so that
 * a refusal says that something else is wrong.
 */
export function startVcpu(
  scratch: Scratch,
  vcpu: RunnableVcpu,
  memory: GuestMemory,
  program: Assembled,
  then: string,
  others: Readonly<Record<string, string>> = {},
): Result<void, KvmError> {
  const finished = finishExit(vcpu);
  if (!finished.ok) return finished;
  const { id, fd } = vcpu;
  const top = Number(memory.base) + memory.bytes.length - id * STACK_BYTES;
  const at = (name: string): bigint => BigInt(addressOf(program, name));
  const core: readonly (readonly [string, bigint])[] = [
    ['X0', BigInt(id)],
    ['X1', BigInt(program.base)],
    ['X2', at('code-end')],
    ['X3', at(then)],
    ...Object.entries(others).map(([name, label]): readonly [string, bigint] => [name, at(label)]),
    ['SP_EL1', BigInt(top)],
    ['PSTATE', EL1H_MASKED],
    ['PC', at('entry')],
  ];
  for (const [name, value] of core) {
    const set = setRegister(fd, scratch, `reg/${name}`, value);
    if (!set.ok) return set;
  }
  for (const [name, value] of translationRegisters(
    addressOf(program, 'translation-table'),
    addressOf(program, 'vectors'),
  )) {
    const set = setRegister(fd, scratch, `reg/${name}`, value);
    if (!set.ok) return set;
  }
  return ok(undefined);
}
