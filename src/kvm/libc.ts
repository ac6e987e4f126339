/**
 * The port to libc: the only functions through which Evenkeel reaches the kernel's KVM interface. `openLibc` is
 * the real one, through koffi; tests hand the wrappers another one that fails where they want.
 *
 * Every function returns what the C function returns; `-1` (or `null` for mmap) comes with `errno`.
 */
import koffi from 'koffi';

export interface Libc {
  open(path: string, flags: number): number;
  close(fd: number): number;
  /** ioctl whose third argument is a plain integer. */
  ioctlInteger(fd: number, request: number, argument: number | bigint): number;
  /** ioctl whose third argument is a pointer to `buffer`, which the kernel may read and write. */
  ioctlBuffer(fd: number, request: number, buffer: Uint8Array): number;
  mmap(length: number, protection: number, flags: number, fd: number, offset: number): Mapping | null;
  munmap(mapping: Mapping): number;
  /**
   * ITIMER_REAL: SIGALRM to this process every so many microseconds, 0 for no more (setitimer(2)). Whoever asks for it has
   * a handler: without one the signal ends the process.
   */
  intervalTimer(microseconds: number): number;
  /** errno of the call that failed last; to be read before anything else is called. */
  errno(): number;
}

/** Memory shared with the kernel: `address` is this process's virtual address, `memory` a view onto it. */
export interface Mapping {
  readonly address: bigint;
  readonly length: number;
  readonly memory: ArrayBuffer;
}

/** asm-generic/fcntl.h and asm-generic/mman-common.h; the same on x86_64 and arm64. */
export const O_RDWR: number = 0o2;
export const O_CLOEXEC: number = 0o2000000;
export const PROT_READ: number = 1;
export const PROT_WRITE: number = 2;
export const MAP_SHARED: number = 1;
export const MAP_PRIVATE: number = 2;
export const MAP_ANONYMOUS: number = 0x20;

/** mmap's failure value, `(void *)-1`, as koffi gives pointers: an unsigned 64-bit integer. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** PR_SET_PDEATHSIG and SIGKILL, prctl(2). */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/** setitimer(2). */
const ITIMER_REAL = 0;

/** Has the kernel kill this process when the thread that started it ends: a probe's VMs never outlive the probe. */
export function dieWithParent(): void {
  const prctl = koffi.load(null).func('int prctl(int option, unsigned long argument)');
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

export function openLibc(): Libc {
  const library = koffi.load(null);
  const open = library.func('int open(const char *path, int flags)');
  const close = library.func('int close(int fd)');
  // ioctl is variadic in C; on x86_64 and arm64 Linux an integer or pointer third argument is passed in the same
  // register either way, so two fixed signatures spare the cost of a variadic call.
  const ioctlInteger = library.func('ioctl', 'int', ['int', 'unsigned long', 'uintptr_t']);
  const ioctlBuffer = library.func('ioctl', 'int', ['int', 'unsigned long', 'void *']);
  const mmap = library.func('void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)');
  const setitimer = library.func('int setitimer(int which, const void *value, void *old)');
  const munmap = library.func('int munmap(void *addr, size_t length)');
  return {
    open: (path, flags) => open(path, flags),
    close: (fd) => close(fd),
    ioctlInteger: (fd, request, argument) => ioctlInteger(fd, request, argument),
    ioctlBuffer: (fd, request, buffer) => ioctlBuffer(fd, request, buffer),
    mmap(length, protection, flags, fd, offset) {
      const address: bigint | null = mmap(null, length, protection, flags, fd, offset);
      if (address === null || BigInt.asUintN(64, address) === MAP_FAILED) return null;
      return { address, length, memory: koffi.view(address, length) };
    },
    munmap: (mapping) => munmap(mapping.address, mapping.length),
    intervalTimer(microseconds) {
      // struct itimerval: interval and first expiry, each seconds and microseconds of 64 bits.
      const seconds = BigInt(Math.floor(microseconds / 1e6));
      const rest = BigInt(microseconds % 1e6);
      return setitimer(ITIMER_REAL, BigInt64Array.of(seconds, rest, seconds, rest), null);
    },
    errno: () => koffi.errno(),
  };
}
