/** A libc that answers every ioctl with a buffer as a test wants; the other calls succeed. No kernel is involved. */
import { openKvm, openScratch } from '../../src/kvm/index.ts';
import type { Kvm, Libc, Mapping, Scratch, Vcpu } from '../../src/kvm/index.ts';

/** What the kernel does with a buffer: a return value, or an errno. */
export type Answer = (buffer: DataView) => { readonly returns: number } | { readonly errno: number };

export interface Fake {
  readonly libc: Libc;
  readonly kvm: Kvm;
  readonly vcpu: Vcpu;
  readonly scratch: Scratch;
  /** Bytes of each buffer that went to an ioctl. */
  readonly sizes: number[];
  readonly closed: number[];
}

export function fake(answer: Answer): Fake {
  const sizes: number[] = [];
  const closed: number[] = [];
  let errno = 0;
  let next = 3;
  const libc: Libc = {
    open: () => next++,
    close(fd) {
      closed.push(fd);
      return 0;
    },
    ioctlInteger: () => next++,
    ioctlBuffer(_fd, _request, buffer) {
      sizes.push(buffer.length);
      const result = answer(new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength));
      if ('returns' in result) return result.returns;
      errno = result.errno;
      return -1;
    },
    mmap: (length): Mapping => ({ address: 0x1000n, length, memory: new ArrayBuffer(length) }),
    munmap: () => 0,
    intervalTimer: () => 0,
    errno: () => errno,
  };
  const kvm = valueOf(openKvm(libc));
  const vcpu = valueOf(valueOf(kvm.createVm()).createVcpu(0));
  return { libc, kvm, vcpu, scratch: valueOf(openScratch(libc)), sizes, closed };
}

function valueOf<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T {
  if (!result.ok) throw new Error('the fake always opens');
  return result.value;
}
