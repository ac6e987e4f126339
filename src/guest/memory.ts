/** Guest memory: anonymous memory of this process, in one slot of the VM. */
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE, kvmError } from '../kvm/index.ts';
import type { KvmError, Libc, Vm } from '../kvm/index.ts';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';

export interface GuestMemory {
  /** Guest-physical address of the first byte. */
  readonly base: bigint;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * Zeroed memory of `length` bytes, a multiple of 64 KiB (the largest page of an arm64 kernel), mapped at `base`. It is
 * unmapped by `cleanup`, which must be disposed of after the VM.
 */
export function openMemory(
  libc: Libc,
  vm: Vm,
  { base, length, slot = 0 }: { readonly base: bigint; readonly length: number; readonly slot?: number },
  cleanup: DisposableStack,
): Result<GuestMemory, KvmError> {
  const mapping = libc.mmap(length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping === null) return err(kvmError('mmap', 'mmap', `${length} bytes of guest memory`, libc.errno()));
  cleanup.defer(() => void libc.munmap(mapping));
  const set = vm.setMemory(slot, base, mapping);
  if (!set.ok) return set;
  return ok({ base, bytes: new Uint8Array(mapping.memory), view: new DataView(mapping.memory) });
}
