/**
 * A page of memory at a fixed address, for ioctls whose struct holds a pointer (KVM_GET_ONE_REG, device attributes,
 * writable masks). JavaScript's own buffers may move while the kernel looks at them; this one does not.
 */
import { err, ok } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import { kvmError } from './error.ts';
import type { KvmError } from './error.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from './libc.ts';
import type { Libc, Mapping } from './libc.ts';

export interface Scratch {
  /** The address to put into a struct's pointer field. */
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Two pages: the largest user is the 192 masks of KVM_ARM_GET_REG_WRITABLE_MASKS, 1536 bytes; SVE registers take 256. */
const SCRATCH_BYTES = 8192;

export function openScratch(libc: Libc): Result<Scratch & { readonly mapping: Mapping }, KvmError> {
  const mapping = libc.mmap(SCRATCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping === null) return err(kvmError('mmap', 'mmap', `${SCRATCH_BYTES} bytes`, libc.errno()));
  return ok({
    mapping,
    address: mapping.address,
    bytes: new Uint8Array(mapping.memory),
    view: new DataView(mapping.memory),
  });
}
