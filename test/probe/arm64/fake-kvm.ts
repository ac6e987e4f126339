/**
 * A libc behind which a small arm64 KVM answers: VMs, vCPUs with a register file, a vGICv3, an ITS. It behaves as the
 * kernel documents say, and misbehaves where a test asks it to. No real kernel is involved.
 */
import { requestCode } from '../../../src/kvm/index.ts';
import * as ioctls from '../../../src/kvm/ioctls.ts';
import type { Libc, Mapping } from '../../../src/kvm/index.ts';

const ENOENT = 2;
const ENXIO = 6;
const E2BIG = 7;
const EBUSY = 16;
const EEXIST = 17;
const ENODEV = 19;
export const EINVAL = 22;
const ENOTTY = 25;

/** What a register does with a write: an errno refuses it, else the value that reads afterwards. */
export type Write = (written: bigint, now: bigint) => { readonly errno: number } | { readonly reads: bigint };

export const anything: Write = (written) => ({ reads: written });
export const ignores: Write = (_, now) => ({ reads: now });
export const onlySame: Write = (written, now) => (written === now ? { reads: now } : { errno: EINVAL });

export interface FakeRegister {
  readonly value: bigint;
  readonly write: Write;
  /** Listed only on a vCPU with all of these feature bits. */
  readonly features?: number;
}

export interface FakeHost {
  readonly capabilities: ReadonlyMap<number, number>;
  readonly registers: ReadonlyMap<bigint, FakeRegister>;
  /** Device types that KVM_CREATE_DEVICE makes. */
  readonly devices: ReadonlySet<number>;
  /** `group:attribute` of the vGIC to a 32-bit register, which answers once the vGIC is initialized. */
  readonly attributes: ReadonlyMap<string, FakeRegister>;
  /** Feature bits that KVM_ARM_VCPU_INIT takes. */
  readonly features: number;
  /** KVM_ARM_GET_REG_WRITABLE_MASKS, by index; null where the call is unknown. */
  readonly masks: ReadonlyMap<number, bigint> | null;
}

interface Vcpu {
  features: number;
  readonly values: Map<bigint, bigint>;
}

type Handle =
  | { readonly kind: 'kvm' }
  | { readonly kind: 'vm'; readonly devices: Set<number> }
  | { readonly kind: 'vcpu'; readonly vcpu: Vcpu }
  | { readonly kind: 'device'; readonly values: Map<string, bigint>; initialized: boolean };

export interface FakeKvm {
  readonly libc: Libc;
  /** File descriptors that are still open. */
  readonly open: () => number;
  /** How often each ioctl was made, by name. */
  readonly calls: ReadonlyMap<string, number>;
}

export function fakeKvm(host: FakeHost): FakeKvm {
  const handles = new Map<number, Handle>();
  const memory = new Map<bigint, DataView>();
  const calls = new Map<string, number>();
  const names = new Map(
    Object.values(ioctls)
      .filter((row) => typeof row === 'object' && 'name' in row && 'number' in row)
      .map((row) => [requestCode(row), row.name]),
  );
  let next = 3;
  let errno = 0;
  let nextAddress = 0x1000n;

  const fail = (value: number): number => {
    errno = value;
    return -1;
  };
  const add = (handle: Handle): number => {
    handles.set(next, handle);
    return next++;
  };
  const at = (address: bigint): DataView => {
    const view = memory.get(address);
    if (view === undefined) throw new Error(`the fake has no memory at 0x${address.toString(16)}`);
    return view;
  };

  function integer(fd: number, request: number, argument: number): number {
    const handle = handles.get(fd);
    const name = count(request);
    if (name === 'KVM_CREATE_VM')
      return argument > 48 || argument === 31 ? fail(EINVAL) : add({ kind: 'vm', devices: new Set() });
    if (name === 'KVM_CHECK_EXTENSION') return host.capabilities.get(argument) ?? 0;
    if (name === 'KVM_CREATE_VCPU' && handle?.kind === 'vm')
      return add({ kind: 'vcpu', vcpu: { features: 0, values: new Map() } });
    return fail(ENOTTY);
  }

  function count(request: number): string {
    const name = names.get(request) ?? `0x${request.toString(16)}`;
    calls.set(name, (calls.get(name) ?? 0) + 1);
    return name;
  }

  function buffer(fd: number, request: number, bytes: Uint8Array): number {
    const handle = handles.get(fd);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const name = count(request);
    switch (handle?.kind) {
      case 'vm':
        return vmCall(handle, name, view);
      case 'vcpu':
        return vcpuCall(handle.vcpu, name, view);
      case 'device':
        return attributeCall(handle, name, view);
      case 'kvm':
      case undefined:
        return fail(ENOTTY);
    }
  }

  function vmCall(vm: Extract<Handle, { kind: 'vm' }>, name: string, view: DataView): number {
    switch (name) {
      case 'KVM_ARM_PREFERRED_TARGET':
        view.setUint32(0, 5, true);
        return 0;
      case 'KVM_CREATE_DEVICE': {
        const type = view.getUint32(0, true);
        if (!host.devices.has(type)) return fail(ENODEV);
        if (vm.devices.has(type)) return fail(EEXIST);
        vm.devices.add(type);
        view.setUint32(4, add({ kind: 'device', values: new Map(), initialized: false }), true);
        return 0;
      }
      case 'KVM_ENABLE_CAP':
      case 'KVM_SET_USER_MEMORY_REGION':
        return 0;
      case 'KVM_ARM_GET_REG_WRITABLE_MASKS': {
        if (host.masks === null) return fail(ENOTTY);
        const target = at(view.getBigUint64(0, true));
        for (const [index, mask] of host.masks) target.setBigUint64(index * 8, mask, true);
        return 0;
      }
      default:
        return fail(ENOTTY);
    }
  }

  const visible = (vcpu: Vcpu, register: FakeRegister): boolean => ((register.features ?? 0) & ~vcpu.features) === 0;

  function vcpuCall(vcpu: Vcpu, name: string, view: DataView): number {
    switch (name) {
      case 'KVM_ARM_VCPU_INIT': {
        const features = view.getUint32(4, true);
        if ((features & ~host.features) !== 0) return fail(EINVAL);
        vcpu.features = features;
        return 0;
      }
      case 'KVM_ARM_VCPU_FINALIZE':
        return 0;
      case 'KVM_GET_REG_LIST': {
        const ids = [...host.registers].filter(([, register]) => visible(vcpu, register)).map(([id]) => id);
        const room = Number(view.getBigUint64(0, true));
        view.setBigUint64(0, BigInt(ids.length), true);
        if (ids.length > room) return fail(E2BIG);
        ids.forEach((id, index) => view.setBigUint64(8 + 8 * index, id, true));
        return 0;
      }
      case 'KVM_GET_ONE_REG':
      case 'KVM_SET_ONE_REG': {
        const id = view.getBigUint64(0, true);
        const register = host.registers.get(id);
        if (register === undefined || !visible(vcpu, register)) return fail(ENOENT);
        const target = at(view.getBigUint64(8, true));
        const now = vcpu.values.get(id) ?? register.value;
        if (name === 'KVM_GET_ONE_REG') {
          put(target, id, now);
          return 0;
        }
        const done = register.write(take(target, id), now);
        if ('errno' in done) return fail(done.errno);
        vcpu.values.set(id, done.reads);
        return 0;
      }
      default:
        // The fake's vCPUs have no attributes.
        return fail(ENXIO);
    }
  }

  function attributeCall(device: Extract<Handle, { kind: 'device' }>, name: string, view: DataView): number {
    const key = `${view.getUint32(4, true)}:${view.getBigUint64(8, true)}`;
    const address = view.getBigUint64(16, true);
    if (key === '4:0') {
      if (name !== 'KVM_SET_DEVICE_ATTR') return fail(ENXIO);
      device.initialized = true;
      return 0;
    }
    const register = host.attributes.get(key);
    if (register === undefined) return fail(ENXIO);
    if (name === 'KVM_HAS_DEVICE_ATTR') return 0;
    if (!device.initialized) return fail(EBUSY);
    const now = device.values.get(key) ?? register.value;
    if (name === 'KVM_GET_DEVICE_ATTR') {
      at(address).setUint32(0, Number(now), true);
      return 0;
    }
    const done = register.write(BigInt(at(address).getUint32(0, true)), now);
    if ('errno' in done) return fail(done.errno);
    device.values.set(key, done.reads);
    return 0;
  }

  return {
    calls,
    open: () => handles.size,
    libc: {
      open: () => add({ kind: 'kvm' }),
      close: (fd) => (handles.delete(fd) ? 0 : fail(9)),
      ioctlInteger: (fd, request, argument) => integer(fd, request, Number(argument)),
      ioctlBuffer: buffer,
      mmap(length): Mapping {
        const mapped: Mapping = { address: nextAddress, length, memory: new ArrayBuffer(length) };
        memory.set(mapped.address, new DataView(mapped.memory));
        nextAddress += BigInt(length);
        return mapped;
      },
      munmap: (mapping) => (memory.delete(mapping.address) ? 0 : fail(EINVAL)),
      intervalTimer: () => 0,
      errno: () => errno,
    },
  };
}

function bytes(id: bigint): number {
  return 1 << Number((id >> 52n) & 0xfn);
}

function put(view: DataView, id: bigint, value: bigint): void {
  for (let at = 0; at < bytes(id); at++) view.setUint8(at, Number((value >> BigInt(8 * at)) & 0xffn));
}

function take(view: DataView, id: bigint): bigint {
  let value = 0n;
  for (let at = bytes(id); at > 0; at--) value = (value << 8n) | BigInt(view.getUint8(at - 1));
  return value;
}
