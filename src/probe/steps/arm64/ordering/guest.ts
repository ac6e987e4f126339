/**
 * A guest of one instruction: a store to an address outside of memory, which leaves the guest with KVM_EXIT_MMIO. The
 * stage 1 MMU is off in a fresh vCPU, so it needs no page tables.
 */
import { idOf } from '../../../../arch/arm64/names.ts';
import { KVM_RUN, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../../../../kvm/index.ts';
import type { KvmError, Libc, Mapping, Scratch, Vcpu } from '../../../../kvm/index.ts';
import { ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import { Registers } from '../registers.ts';

/** The largest page that an arm64 kernel may have. */
const PAGE = 65536;
/** Guest addresses: the instruction, and what it stores to. */
export const CODE = 0x4000_0000n;
const NOWHERE = 0x0900_0000n;
/** str w0, [x1] */
const STORE = 0xb900_0020;
/** struct kvm_run: `exit_reason`; KVM_EXIT_MMIO. */
const EXIT_REASON = 8;
const MMIO = 6;

/** How a guest ends that did what it should. */
export const LEFT = 'KVM_EXIT_MMIO';

/** Memory with the instruction at its beginning, to be mapped at `CODE`; null where there is none. */
export function guestMemory(libc: Libc): Mapping | null {
  const memory = libc.mmap(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory !== null) new DataView(memory.memory).setUint32(0, STORE, true);
  return memory;
}

/** Runs the vCPU once. Gives `LEFT`, another exit's number, or an errno. Blocks for as long as the guest runs. */
export function runGuest(libc: Libc, scratch: Scratch, vcpu: Vcpu, runBytes: number): Result<string, KvmError> {
  const registers = new Registers(vcpu, scratch);
  for (const [word, value] of [
    ['reg/PC', CODE],
    ['reg/X1', NOWHERE],
  ] as const) {
    const id = idOf(word);
    const refused = id === null ? 'no such register' : registers.set(id, value);
    if (refused !== null) return ok(`${word}: ${refused}`);
  }
  const mapping = vcpu.mapRun(runBytes);
  if (!mapping.ok) return mapping;
  const ran = vcpu.integer(KVM_RUN, 0);
  const reason = new DataView(mapping.value.memory).getUint32(EXIT_REASON, true);
  libc.munmap(mapping.value);
  if (!ran.ok) return ok(ran.error.errnoName);
  return ok(reason === MMIO ? LEFT : `exit reason ${reason}`);
}
