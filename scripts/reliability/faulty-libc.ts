/**
 * A port to libc of which one chosen call fails: everything else goes to the kernel. Calls that make, ask or change
 * something are counted from 0; close(2) and munmap(2) are not among them, for they give back.
 */
import { requestCode } from '../../src/kvm/index.ts';
import type { Libc, Mapping } from '../../src/kvm/index.ts';
import * as rows from '../../src/kvm/ioctls.ts';

export interface FaultyLibc {
  readonly libc: Libc;
  /** Counting begins, and with it the danger. */
  readonly arm: () => void;
  /** Names of the calls that were made, the failed one too. */
  readonly calls: readonly string[];
  /** Mappings that were not given back. */
  readonly mappings: ReadonlySet<Mapping>;
}

export interface Fault {
  /** Which call, counted from 0. */
  readonly at: number;
  readonly errno: number;
}

const names: ReadonlyMap<number, string> = new Map(
  Object.values(rows)
    .filter(({ architecture }) => architecture === undefined || architecture === own())
    .map((row) => [requestCode(row), row.name]),
);

function own(): 'arm64' | 'x86_64' {
  return process.arch === 'arm64' ? 'arm64' : 'x86_64';
}

export function faultyLibc(real: Libc, fault: Fault | null): FaultyLibc {
  const calls: string[] = [];
  const mappings = new Set<Mapping>();
  let armed = false;
  let failed = false;
  /** True where this call is the one that fails. */
  const fails = (name: string): boolean => {
    failed = armed && fault !== null && calls.length === fault.at;
    if (armed) calls.push(name);
    return failed;
  };
  const nameOf = (request: number): string => names.get(request) ?? `ioctl 0x${request.toString(16)}`;
  return {
    calls,
    mappings,
    arm: () => {
      armed = true;
    },
    libc: {
      ...real,
      open: (path, flags) => (fails('open') ? -1 : real.open(path, flags)),
      ioctlInteger: (fd, request, argument) => (fails(nameOf(request)) ? -1 : real.ioctlInteger(fd, request, argument)),
      ioctlBuffer: (fd, request, buffer) => (fails(nameOf(request)) ? -1 : real.ioctlBuffer(fd, request, buffer)),
      mmap(length, protection, flags, fd, offset) {
        const mapping = fails('mmap') ? null : real.mmap(length, protection, flags, fd, offset);
        if (mapping !== null && armed) mappings.add(mapping);
        return mapping;
      },
      munmap(mapping) {
        mappings.delete(mapping);
        return real.munmap(mapping);
      },
      errno: () => (failed ? (fault?.errno ?? 0) : real.errno()),
    },
  };
}
