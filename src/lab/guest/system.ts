/**
 * The libc calls of the lab's first program: what init(8) and modprobe(8) would do on a machine that had them.
 * Each throws with the errno's name; the kernel then panics, and the console says why.
 */
import koffi from 'koffi';
import { errnoName } from '../../kvm/errno.ts';

export interface System {
  mount(type: string, target: string): void;
  /** Inserts a module from an open file (finit_module(2)), without parameters. */
  insertModule(fd: number, name: string): void;
  /** Ends the machine at once (reboot(2)); does not return. */
  powerOff(): void;
}

/** asm-generic/unistd.h for arm64, arch/x86/entry/syscalls/syscall_64.tbl: glibc has no wrapper for the call. */
const FINIT_MODULE = { x64: 313, arm64: 273 } as const;
/** include/uapi/linux/reboot.h, LINUX_REBOOT_CMD_POWER_OFF. */
const POWER_OFF = 0x4321fedc;

export function openSystem(architecture: 'x64' | 'arm64'): System {
  const library = koffi.load(null);
  const mount = library.func('int mount(const char *, const char *, const char *, unsigned long, const void *)');
  const reboot = library.func('int reboot(int)');
  const syscall = library.func('syscall', 'long', ['long', 'long', 'const char *', 'long']);
  const check = (returned: number, what: string): void => {
    if (returned < 0) throw new Error(`${what}: ${errnoName(koffi.errno())}`);
  };
  return {
    mount: (type, target) => check(mount(type, target, type, 0, null), `mount ${type} on ${target}`),
    insertModule: (fd, name) => check(syscall(FINIT_MODULE[architecture], fd, '', 0), `insert module ${name}`),
    powerOff: () => check(reboot(POWER_OFF), 'power off'),
  };
}
