/**
 * Does to a witness what a bad restore would do, so that it can be shown to notice: a page with other contents, another
 * vector register, time that goes back, a register that is lost, an instruction that begins to trap. The first vCPU gets
 * the first three, the last one the others.
 */
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import type { KvmError } from '../../../kvm/index.ts';
import type { GuestMachine } from '../../machine.ts';
import type { GuestMemory } from '../../memory.ts';
import type { GuestHost } from '../run-table.ts';
import { setRegister } from '../set-register.ts';
import { AREA, PAGE_BYTES } from './layout.ts';
import { readDescription } from './report.ts';

/** What `disturb` writes into a vector register, every byte of it. */
const BYTE = 0xeen;

export function disturb(
  { scratch }: Pick<GuestHost, 'scratch'>,
  machine: GuestMachine,
  memory: GuestMemory,
): Result<void, KvmError> {
  const description = readDescription(memory);
  const [first, last] = [machine.vcpus[0], machine.vcpus.at(-1)];
  if (description === null || first === undefined || last === undefined) throw new RangeError('there is no witness');
  const area = description.areas;
  // All of it, for the vCPU may be writing the page just now.
  const page = area + description.layout.page;
  for (let at = page; at < page + PAGE_BYTES; at++) memory.view.setUint8(at, memory.view.getUint8(at) ^ 0xff);
  const hasSve = memory.view.getBigUint64(area + AREA.vectorBytes, true) !== 0n;
  const pattern = (bytes: number): bigint =>
    Array.from({ length: bytes }).reduce((sum: bigint) => (sum << 8n) | BYTE, 0n);
  const writes = [
    [first, hasSve ? 'reg/Z7' : 'reg/V7', pattern(hasSve ? 256 : 16)],
    [first, 'reg/KVM_REG_ARM_TIMER_CNT', 0n],
    [last, 'reg/TPIDR_EL0', 0n],
    [last, 'reg/CPACR_EL1', 0n],
  ] as const;
  for (const [vcpu, word, value] of writes) {
    const set = setRegister(vcpu.fd, scratch, word, value);
    if (!set.ok) return set;
  }
  return ok(undefined);
}
