/**
 * An x86 machine behind a libc that keeps what is written to it: structs, MSRs, attributes. It has the capabilities that a
 * test names and refuses what a test wants refused. No real kernel is involved.
 */
import { openRuns } from '../../../src/guest/machine.ts';
import type { GuestMachine } from '../../../src/guest/machine.ts';
import { openKvm, openScratch, requestCode } from '../../../src/kvm/index.ts';
import * as ioctls from '../../../src/kvm/ioctls.ts';
import type { Libc, Mapping } from '../../../src/kvm/index.ts';
import type { Result } from '../../../src/model/index.ts';
import type { Host } from '../../../src/settings/index.ts';

export const EINVAL = 22;
export const ENXIO = 6;
const ENOTTY = 25;

/** KVM_CAP_* by number, with the value that a kernel of today gives. */
export const ALL_CAPABILITIES: ReadonlyMap<number, number> = new Map([
  [39, 14],
  [41, 1],
  [50, 1],
  [55, 1],
  [56, 1],
  [61, 1],
  [70, 1],
  [127, 1],
  [157, 8320],
  [200, 1],
  [208, 4096],
]);

export interface FakeOptions {
  readonly vcpus?: number;
  readonly capabilities?: ReadonlyMap<number, number>;
  /** Of every vCPU; what the kernel lists and what it lets be read and written. */
  readonly listed?: readonly number[];
  readonly msrs?: ReadonlyMap<number, bigint>;
  /** Whether KVM_CREATE_IRQCHIP and KVM_CREATE_PIT2 were called. */
  readonly irqchip?: boolean;
  /** Whether vCPUs have KVM_VCPU_TSC_CTRL. */
  readonly tscOffset?: boolean;
  /** Leaf 0xD of the host: offset and size by xfeature. */
  readonly components?: ReadonlyMap<number, readonly [offset: number, size: number]>;
  /** An errno, or null where the call goes its way. `on`: `vm`, `vcpu0`. */
  readonly refuse?: (call: string, on: string) => number | null;
}

export interface FakeMachine {
  readonly host: Host;
  readonly machine: GuestMachine;
  /** Every ioctl since the machine was made: `vcpu0 KVM_SET_REGS`. */
  readonly calls: string[];
  /** By `vcpu0 REGS`: what KVM_SET_REGS was given last. */
  readonly structs: Map<string, Uint8Array>;
  /** By `vcpu0 0x10`. */
  readonly msrs: Map<string, bigint>;
}

const NAMES = new Map(Object.values(ioctls).map((row): readonly [number, string] => [requestCode(row), row.name]));
const NESTED_BYTES = 128;

export function fakeMachine(options: FakeOptions = {}): FakeMachine {
  const { vcpus = 1, capabilities = ALL_CAPABILITIES, irqchip = true, tscOffset = true } = options;
  const fds = new Map<number, string>();
  const memory = new Map<bigint, DataView>();
  const structs = new Map<string, Uint8Array>();
  const msrs = new Map<string, bigint>();
  const offsets = new Map<string, bigint>();
  const khz = new Map<string, number>();
  const calls: string[] = [];
  let next = 3;
  let address = 0x1000n;
  let errno = 0;
  const open = (name: string): number => {
    fds.set(next, name);
    return next++;
  };
  const fail = (number: number): number => {
    errno = number;
    return -1;
  };
  function integer(fd: number, request: number, argument: number): number {
    const on = fds.get(fd) ?? '';
    if (request === requestCode(ioctls.KVM_CREATE_VM) && on === 'kvm') return open('vm');
    if (request === requestCode(ioctls.KVM_CREATE_VCPU)) return open(`vcpu${argument}`);
    if (request === requestCode(ioctls.KVM_GET_VCPU_MMAP_SIZE)) return 4096;
    if (request === requestCode(ioctls.KVM_CHECK_EXTENSION)) {
      const failed = options.refuse?.('KVM_CHECK_EXTENSION', on) ?? null;
      if (failed !== null) return fail(failed);
      return argument === 127 && !tscOffset ? 0 : (capabilities.get(argument) ?? 0);
    }
    const name = NAMES.get(request) ?? '';
    calls.push(`${on} ${name}`);
    const refused = options.refuse?.(name, on) ?? null;
    if (refused !== null) return fail(refused);
    if (name === 'KVM_GET_TSC_KHZ') return khz.get(on) ?? 2_000_000;
    if (name === 'KVM_SET_TSC_KHZ') {
      khz.set(on, argument);
      return 0;
    }
    return fail(ENOTTY);
  }

  function buffer(fd: number, request: number, bytes: Uint8Array): number {
    const on = fds.get(fd) ?? '';
    const name = NAMES.get(request) ?? '';
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    calls.push(`${on} ${name}`);
    const refused = options.refuse?.(name, on) ?? null;
    if (refused !== null) return fail(refused);
    switch (name) {
      case 'KVM_GET_MSR_INDEX_LIST':
      case 'KVM_GET_MSR_FEATURE_INDEX_LIST': {
        const listed = name === 'KVM_GET_MSR_INDEX_LIST' ? (options.listed ?? []) : [];
        view.setUint32(0, listed.length, true);
        listed.forEach((index, at) => view.setUint32(4 + 4 * at, index, true));
        return 0;
      }
      case 'KVM_GET_SUPPORTED_CPUID': {
        const components = [...(options.components ?? [])];
        view.setUint32(0, components.length, true);
        components.forEach(([xfeature, [offset, size]], at) => {
          [0xd, xfeature, 1, size, offset].forEach((word, index) =>
            view.setUint32(8 + 40 * at + 4 * index, word, true),
          );
        });
        return 0;
      }
      case 'KVM_GET_CPUID2':
        view.setUint32(0, 1, true);
        [0x1, 0, 0, 0x6_0fb1].forEach((word, index) => view.setUint32(8 + 4 * index, word, true));
        return 0;
      case 'KVM_GET_REG_LIST':
        view.setBigUint64(0, 0n, true);
        return 0;
      case 'KVM_GET_MSRS':
      case 'KVM_SET_MSRS':
        return batch(name, on, view);
      case 'KVM_HAS_DEVICE_ATTR':
      case 'KVM_GET_DEVICE_ATTR':
      case 'KVM_SET_DEVICE_ATTR': {
        if (!tscOffset) return fail(EINVAL);
        const place = name === 'KVM_HAS_DEVICE_ATTR' ? undefined : memory.get(view.getBigUint64(16, true));
        if (name === 'KVM_SET_DEVICE_ATTR') offsets.set(on, place?.getBigUint64(0, true) ?? 0n);
        else place?.setBigUint64(0, offsets.get(on) ?? 0n, true);
        return 0;
      }
      case 'KVM_GET_IRQCHIP':
      case 'KVM_SET_IRQCHIP':
      case 'KVM_GET_PIT2':
      case 'KVM_SET_PIT2':
        return irqchip ? whole(name, on, bytes) : fail(ENXIO);
      case 'KVM_GET_LAPIC':
      case 'KVM_SET_LAPIC':
        return irqchip ? whole(name, on, bytes) : fail(EINVAL);
      default:
        return whole(name, on, bytes);
    }
  }

  function batch(name: string, on: string, view: DataView): number {
    const count = view.getUint32(0, true);
    for (let at = 0; at < count; at++) {
      const place = 8 + 16 * at;
      const index = view.getUint32(place, true);
      const fresh = options.msrs?.get(index);
      if (fresh === undefined) return at;
      const key = `${on} 0x${index.toString(16)}`;
      if (name === 'KVM_SET_MSRS') msrs.set(key, view.getBigUint64(place + 8, true));
      else view.setBigUint64(place + 8, msrs.get(key) ?? fresh, true);
    }
    return count;
  }

  /** KVM_GET_SREGS of what KVM_SET_SREGS2 was given is not its: each pair of calls has its own. */
  function whole(name: string, on: string, bytes: Uint8Array): number {
    const chip = name.endsWith('IRQCHIP') ? ` ${bytes[0]}` : '';
    const what = name.slice('KVM_GET_'.length).replace(/^XSAVE2$/, 'XSAVE');
    const key = `${on} ${what}${chip}`;
    if (name.startsWith('KVM_SET_')) {
      structs.set(key, bytes.slice());
      return 0;
    }
    const kept = structs.get(key);
    if (what === 'NESTED_STATE') new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, NESTED_BYTES, true);
    if (kept !== undefined) bytes.set(kept);
    return 0;
  }

  const libc: Libc = {
    open: () => open('kvm'),
    close: () => 0,
    ioctlInteger: (fd, request, argument) => integer(fd, request, Number(argument)),
    ioctlBuffer: buffer,
    mmap(length): Mapping {
      const mapped: Mapping = { address, length, memory: new ArrayBuffer(length) };
      address += BigInt(length);
      memory.set(mapped.address, new DataView(mapped.memory));
      return mapped;
    },
    munmap: () => 0,
    intervalTimer: () => 0,
    errno: () => errno,
  };
  const kvm = valueOf(openKvm(libc));
  const vm = valueOf(kvm.createVm());
  const made = Array.from({ length: vcpus }, (_, id) => ({ id, fd: valueOf(vm.createVcpu(id)) }));
  const scratch = valueOf(openScratch(libc));
  const cleanup = new DisposableStack();
  const machine = valueOf(openRuns(libc, kvm, { vm, vcpus: made, devices: new Map() }, cleanup));
  calls.length = 0;
  return { host: { libc, kvm, scratch }, machine, calls, structs, msrs };
}

export function valueOf<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
