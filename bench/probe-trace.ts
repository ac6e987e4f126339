/**
 * `node bench/probe-trace.ts FILE`: probes this host and writes every call to libc down, for bench/probe.c to make the
 * same ones. One line a call:
 *   o FD PATH            open                    c FD                 close
 *   i FD REQUEST ARG RET ioctl, integer          b FD REQUEST RET HEX ioctl, buffer as it was before the call
 *   m SLOT LENGTH PROT FLAGS FD OFFSET  mmap     u SLOT               munmap
 *   r OFFSET SLOT DELTA  in the next buffer, 8 bytes at OFFSET are the address of mapping SLOT plus DELTA
 *   w SLOT OFFSET HEX    what the program put into a mapping before the next call
 */
import { writeFileSync } from 'node:fs';
import {
  KVM_GET_DEVICE_ATTR,
  KVM_GET_ONE_REG,
  KVM_HAS_DEVICE_ATTR,
  KVM_RUN,
  KVM_SET_DEVICE_ATTR,
  KVM_SET_ONE_REG,
  KVM_SET_USER_MEMORY_REGION,
  KVM_X86_SET_MSR_FILTER,
  openLibc,
  requestCode,
} from '../src/kvm/index.ts';
import type { Ioctl, Libc, Mapping } from '../src/kvm/index.ts';
import { runSteps } from '../src/worker/run-steps.ts';
import { ownArchitecture, stepsFor } from '../src/probe/steps/index.ts';

/** Structs with a pointer: where in the struct it is. */
const POINTERS: readonly (readonly [ioctl: Ioctl, offset: number])[] = [
  [KVM_SET_USER_MEMORY_REGION, 24],
  [KVM_GET_DEVICE_ATTR, 16],
  [KVM_SET_DEVICE_ATTR, 16],
  [KVM_HAS_DEVICE_ATTR, 16],
  [KVM_GET_ONE_REG, 8],
  [KVM_SET_ONE_REG, 8],
  [KVM_X86_SET_MSR_FILTER, 24],
];
const PAGE = 4096;
const MAP_ANONYMOUS = 0x20;

function tracing(libc: Libc, lines: string[]): Libc {
  const pointerOf = new Map(POINTERS.map(([ioctl, offset]) => [requestCode(ioctl), offset]));
  const mappings: { readonly mapping: Mapping; readonly anonymous: boolean; live: boolean }[] = [];
  const contents = (): void => {
    for (const [slot, { mapping, anonymous, live }] of mappings.entries()) {
      if (!live || !anonymous) continue;
      for (let offset = 0; offset < mapping.length; offset += PAGE) {
        const page = Buffer.from(mapping.memory, offset, PAGE);
        if (page.some((byte) => byte !== 0)) lines.push(`w ${slot} ${offset} ${page.toString('hex')}`);
      }
    }
  };
  const relocation = (request: number, buffer: Uint8Array): void => {
    const offset = pointerOf.get(request);
    if (offset === undefined) return;
    const address = new DataView(buffer.buffer, buffer.byteOffset).getBigUint64(offset, true);
    const slot = mappings.findIndex(
      ({ mapping, live }) => live && mapping.address <= address && address < mapping.address + BigInt(mapping.length),
    );
    const found = mappings[slot];
    if (found !== undefined) lines.push(`r ${offset} ${slot} ${address - found.mapping.address}`);
  };
  return {
    open(path, flags) {
      const fd = libc.open(path, flags);
      lines.push(`o ${fd} ${path}`);
      return fd;
    },
    close(fd) {
      lines.push(`c ${fd}`);
      return libc.close(fd);
    },
    ioctlInteger(fd, request, argument) {
      if (request === requestCode(KVM_RUN)) contents();
      const returned = libc.ioctlInteger(fd, request, argument);
      lines.push(`i ${fd} ${request} ${argument} ${returned}`);
      return returned;
    },
    ioctlBuffer(fd, request, buffer) {
      relocation(request, buffer);
      const before = Buffer.from(buffer).toString('hex');
      const returned = libc.ioctlBuffer(fd, request, buffer);
      lines.push(`b ${fd} ${request} ${returned} ${before}`);
      return returned;
    },
    mmap(length, protection, flags, fd, offset) {
      const mapping = libc.mmap(length, protection, flags, fd, offset);
      if (mapping === null) return null;
      lines.push(`m ${mappings.length} ${length} ${protection} ${flags} ${fd} ${offset}`);
      mappings.push({ mapping, anonymous: (flags & MAP_ANONYMOUS) !== 0, live: true });
      return mapping;
    },
    munmap(mapping) {
      const slot = mappings.findIndex((known) => known.live && known.mapping === mapping);
      const found = mappings[slot];
      if (found !== undefined) {
        found.live = false;
        lines.push(`u ${slot}`);
      }
      return libc.munmap(mapping);
    },
    // No probe step takes turns with a guest so far: nothing for the C program to repeat.
    intervalTimer: (microseconds) => libc.intervalTimer(microseconds),
    errno: () => libc.errno(),
  };
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  const architecture = ownArchitecture();
  if (file === undefined || architecture === null) throw new Error('usage: probe-trace.ts FILE, on x86_64 or arm64');
  const lines: string[] = [];
  runSteps(
    await stepsFor(architecture),
    () => undefined,
    '/dev/kvm',
    () => tracing(openLibc(), lines),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
}
