/**
 * The libc calls of the lab's first program: what init(8), modprobe(8) and kexec(8) would do on a machine that had them.
 * Each throws with the errno's name; the kernel then panics, and the console says why.
 */
import koffi from 'koffi';
import { errnoName } from '../../kvm/errno.ts';

/** A piece of memory for the next kernel. */
export interface Segment {
  /** Of this process. */
  readonly address: bigint;
  /** Bytes; a multiple of the page size of either kernel. */
  readonly length: number;
  /** Physical address. */
  readonly at: bigint;
}

export interface System {
  mount(type: string, target: string): void;
  /** A disk's file system, read-only. */
  mountDisk(device: string, type: string, target: string): void;
  /** Inserts a module from an open file (finit_module(2)), without parameters. */
  insertModule(fd: number, name: string): void;
  /** Has the kernel read the next one from a file of a file system (kexec_file_load(2)), without an initramfs. */
  loadKernelFile(fd: number, commandLine: string): void;
  /** Gives the kernel the next one as it is to lie in memory (kexec_load(2)). */
  loadKernel(entry: bigint, segments: readonly Segment[]): void;
  /** Starts the kernel that was loaded; does not return. */
  startNextKernel(): void;
  /** Ends the machine at once (reboot(2)); does not return. */
  powerOff(): void;
}

/** glibc has no wrappers. asm-generic/unistd.h for arm64, arch/x86/entry/syscalls/syscall_64.tbl. */
const NUMBERS = {
  finitModule: { x64: 313, arm64: 273 },
  kexecLoad: { x64: 246, arm64: 104 },
  kexecFileLoad: { x64: 320, arm64: 294 },
} as const;
/** include/uapi/linux/mount.h, MS_RDONLY. */
const READ_ONLY = 1;
/** include/uapi/linux/reboot.h: LINUX_REBOOT_CMD_POWER_OFF, LINUX_REBOOT_CMD_KEXEC. */
const POWER_OFF = 0x4321fedc;
const KEXEC = 0x45584543;
/** include/uapi/linux/kexec.h, KEXEC_FILE_NO_INITRAMFS. */
const NO_INITRAMFS = 4n;

export function openSystem(architecture: 'x64' | 'arm64'): System {
  const library = koffi.load(null);
  const mount = library.func('int mount(const char *, const char *, const char *, unsigned long, const void *)');
  const reboot = library.func('int reboot(int)');
  const insert = library.func('syscall', 'long', ['long', 'long', 'const char *', 'long']);
  const loadFile = library.func('syscall', 'long', ['long', 'int', 'int', 'ulong', 'const char *', 'ulong']);
  const load = library.func('syscall', 'long', ['long', 'uint64_t', 'ulong', 'const void *', 'ulong']);
  const check = (returned: number, what: string): void => {
    if (returned < 0) throw new Error(`${what}: ${errnoName(koffi.errno())}`);
  };
  return {
    mount: (type, target) => check(mount(type, target, type, 0, null), `mount ${type} on ${target}`),
    mountDisk(device, type, target) {
      check(mount(device, target, type, READ_ONLY, null), `mount ${device} on ${target}`);
    },
    insertModule: (fd, name) => check(insert(NUMBERS.finitModule[architecture], fd, '', 0), `insert module ${name}`),
    loadKernelFile(fd, commandLine) {
      const length = BigInt(Buffer.byteLength(commandLine) + 1);
      const returned = loadFile(NUMBERS.kexecFileLoad[architecture], fd, -1, length, commandLine, NO_INITRAMFS);
      check(returned, 'kexec_file_load');
    },
    loadKernel(entry, segments) {
      // struct kexec_segment: buf, bufsz, mem, memsz.
      const array = BigUint64Array.from(
        segments.flatMap(({ address, length, at }) => [address, BigInt(length), at, BigInt(length)]),
      );
      check(load(NUMBERS.kexecLoad[architecture], entry, segments.length, array, 0), 'kexec_load');
    },
    startNextKernel: () => check(reboot(KEXEC), 'start the next kernel'),
    powerOff: () => check(reboot(POWER_OFF), 'power off'),
  };
}
