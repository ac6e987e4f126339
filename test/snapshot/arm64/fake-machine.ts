/**
 * An arm64 machine behind a libc that keeps what is written to it: registers of vCPUs, attributes of devices, structs. It
 * refuses what a test wants it to refuse, and takes writes as a test says that a kernel does. No real kernel is involved.
 */
import { openRuns } from '../../../src/guest/machine.ts';
import type { GuestMachine } from '../../../src/guest/machine.ts';
import { openKvm, openScratch, registerBytes, requestCode } from '../../../src/kvm/index.ts';
import * as ioctls from '../../../src/kvm/ioctls.ts';
import type { Device, Libc, Mapping } from '../../../src/kvm/index.ts';
import type { PlanDevice, Result } from '../../../src/model/index.ts';
import type { Host } from '../../../src/settings/index.ts';

const ENOENT = 2;
const EINTR = 4;
export const ENXIO = 6;
const E2BIG = 7;
export const EINVAL = 22;
const ENOTTY = 25;

/** KVM_DEV_TYPE_*. */
const TYPES: Readonly<Record<number, PlanDevice>> = { 5: 'vgic-v2', 7: 'vgic-v3', 8: 'its' };

/** A call as a test names it. `id`: the register's, or the attribute's; `on`: `vcpu0`, `vgic-v3`, `its`. */
export interface Call {
  readonly name: string;
  readonly on: string;
  readonly group: number | null;
  readonly id: bigint | null;
}

/** What a register or an attribute holds once `written` was written over `now`; undefined: what was written. */
export type Takes = (call: Call, written: bigint, now: bigint) => bigint | undefined;

export interface FakeOptions {
  readonly vcpus: number;
  /** Default: a vGICv3 and an ITS. */
  readonly devices?: readonly PlanDevice[];
  /** Of every vCPU. */
  readonly registers?: ReadonlyMap<bigint, bigint>;
  /** An errno, or null where the call goes its way. */
  readonly refuse?: (call: Call) => number | null;
  readonly takes?: Takes;
  /** Attributes that are there but for `vcpu` ones: all, each 0 until it is written. Of vCPUs: these. */
  readonly vcpuAttributes?: ReadonlyMap<string, bigint>;
  readonly interrupts?: number;
}

export interface FakeMachine {
  readonly host: Host;
  readonly machine: GuestMachine;
  /** Every call that a test may be interested in, in order. */
  readonly calls: readonly Call[];
  /** By `vcpu0 0x…`, `vgic-v3 1:0x…`. */
  readonly values: Map<string, bigint>;
  readonly structs: Map<string, Uint8Array>;
  /** The kvm_run pages. */
  readonly runs: readonly DataView[];
}

const NAMES = new Map(Object.values(ioctls).map((row): readonly [number, string] => [requestCode(row), row.name]));

export function fakeMachine(options: FakeOptions): FakeMachine {
  const fds = new Map<number, string>();
  const memory = new Map<bigint, DataView>();
  const values = new Map<string, bigint>();
  const structs = new Map<string, Uint8Array>();
  const calls: Call[] = [];
  const runs: DataView[] = [];
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
  const at = (where: bigint): DataView => {
    const view = memory.get(where);
    if (view === undefined) throw new Error(`the fake has no memory at 0x${where.toString(16)}`);
    return view;
  };
  const refused = (call: Call): number | null => {
    calls.push(call);
    return options.refuse?.(call) ?? null;
  };
  const store = (call: Call, key: string, written: bigint): void => {
    values.set(key, options.takes?.(call, written, values.get(key) ?? 0n) ?? written);
  };

  function integer(fd: number, request: number, argument: number): number {
    const name = NAMES.get(request) ?? '';
    switch (name) {
      case 'KVM_CREATE_VM':
        return open('vm');
      case 'KVM_CREATE_VCPU':
        return open(`vcpu${argument}`);
      case 'KVM_GET_VCPU_MMAP_SIZE':
        return 4096;
      case 'KVM_RUN':
        return fail(refused({ name, on: fds.get(fd) ?? '', group: null, id: null }) ?? EINTR);
      default:
        return fail(ENOTTY);
    }
  }

  function buffer(fd: number, request: number, bytes: Uint8Array): number {
    const name = NAMES.get(request) ?? '';
    const on = fds.get(fd) ?? '';
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    switch (name) {
      case 'KVM_CREATE_DEVICE':
        view.setUint32(4, open(TYPES[view.getUint32(0, true)] ?? ''), true);
        return 0;
      case 'KVM_GET_REG_LIST':
        return list(view, refused({ name, on, group: null, id: null }));
      case 'KVM_GET_ONE_REG':
      case 'KVM_SET_ONE_REG':
        return oneRegister(name, on, view.getBigUint64(0, true), at(view.getBigUint64(8, true)));
      case 'KVM_HAS_DEVICE_ATTR':
      case 'KVM_GET_DEVICE_ATTR':
      case 'KVM_SET_DEVICE_ATTR':
        return attribute(name, on, view);
      case 'KVM_GET_VCPU_EVENTS':
      case 'KVM_GET_MP_STATE':
      case 'KVM_SET_VCPU_EVENTS':
      case 'KVM_SET_MP_STATE':
        return whole(name, on, bytes);
      default:
        return fail(ENOTTY);
    }
  }

  function list(view: DataView, error: number | null): number {
    if (error !== null) return fail(error);
    const ids = [...(options.registers?.keys() ?? [])];
    const room = Number(view.getBigUint64(0, true));
    view.setBigUint64(0, BigInt(ids.length), true);
    if (ids.length > room) return fail(E2BIG);
    ids.forEach((id, index) => view.setBigUint64(8 + 8 * index, id, true));
    return 0;
  }

  function oneRegister(name: string, on: string, id: bigint, target: DataView): number {
    const call = { name, on, group: null, id };
    const error = refused(call);
    if (error !== null) return fail(error);
    if (options.registers?.has(id) !== true) return fail(ENOENT);
    const key = `${on} 0x${id.toString(16)}`;
    const size = registerBytes(id);
    if (name === 'KVM_SET_ONE_REG') store(call, key, take(target, size));
    else put(target, size, values.get(key) ?? options.registers.get(id) ?? 0n);
    return 0;
  }

  function attribute(name: string, on: string, view: DataView): number {
    const group = view.getUint32(4, true);
    const id = view.getBigUint64(8, true);
    const call = { name, on, group, id };
    const error = refused(call);
    if (error !== null) return fail(error);
    const key = `${on} ${group}:0x${id.toString(16)}`;
    const own = options.vcpuAttributes?.get(`${group}:${id}`);
    if (on.startsWith('vcpu') && own === undefined) return fail(ENXIO);
    if (name === 'KVM_HAS_DEVICE_ATTR') return 0;
    const target = at(view.getBigUint64(16, true));
    if (name === 'KVM_SET_DEVICE_ATTR') store(call, key, take(target, widthOf(on, group)));
    else put(target, 8, values.get(key) ?? own ?? (group === 3 ? BigInt(options.interrupts ?? 64) : 0n));
    return 0;
  }

  function whole(name: string, on: string, bytes: Uint8Array): number {
    const error = refused({ name, on, group: null, id: null });
    if (error !== null) return fail(error);
    const key = `${on} ${name.slice('KVM_GET_'.length)}`;
    if (name.startsWith('KVM_SET_')) structs.set(key, bytes.slice());
    else bytes.set(structs.get(key) ?? new Uint8Array(bytes.length));
    return 0;
  }

  const libc: Libc = {
    open: () => open('kvm'),
    close: () => 0,
    ioctlInteger: (fd, request, argument) => integer(fd, request, Number(argument)),
    ioctlBuffer: buffer,
    mmap(length, _protection, _flags, fd): Mapping {
      const mapped: Mapping = { address, length, memory: new ArrayBuffer(length) };
      address += BigInt(length);
      memory.set(mapped.address, new DataView(mapped.memory));
      if (fds.get(fd)?.startsWith('vcpu') === true) runs.push(new DataView(mapped.memory));
      return mapped;
    },
    munmap: () => 0,
    intervalTimer: () => 0,
    errno: () => errno,
  };
  const kvm = valueOf(openKvm(libc));
  const vm = valueOf(kvm.createVm());
  const vcpus = Array.from({ length: options.vcpus }, (_, id) => ({ id, fd: valueOf(vm.createVcpu(id)) }));
  const devices = new Map<PlanDevice, Device>(
    (options.devices ?? ['vgic-v3', 'its']).map((device) => {
      const type = Number(Object.keys(TYPES).find((key) => TYPES[Number(key)] === device));
      return [device, valueOf(vm.createDevice(type))];
    }),
  );
  const scratch = valueOf(openScratch(libc));
  const machine = valueOf(openRuns(libc, kvm, { vm, vcpus, devices }, new DisposableStack()));
  calls.length = 0;
  return { host: { libc, kvm, scratch }, machine, calls, values, structs, runs };
}

/** Bytes of an attribute's data: CPU system registers, the ITS's registers and addresses are of 64 bits. */
function widthOf(on: string, group: number): number {
  return on === 'its' || group === 6 || (on.startsWith('vcpu') && group === 2) ? 8 : 4;
}

function put(view: DataView, size: number, value: bigint): void {
  for (let at = 0; at < size; at++) view.setUint8(at, Number((value >> BigInt(8 * at)) & 0xffn));
}

function take(view: DataView, size: number): bigint {
  let value = 0n;
  for (let at = size; at > 0; at--) value = (value << 8n) | BigInt(view.getUint8(at - 1));
  return value;
}

function valueOf<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
