/**
 * The four kinds of fd with the calls that have a shape of their own. Everything that an ioctl's row describes fully
 * is called through the generic methods of `Fd`.
 */
import { err, ok } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import { kvmError } from './error.ts';
import type { KvmError } from './error.ts';
import { Fd } from './fd.ts';
import type { CallCounter } from './fd.ts';
import {
  KVM_CHECK_EXTENSION,
  KVM_CREATE_DEVICE,
  KVM_CREATE_VCPU,
  KVM_CREATE_VM,
  KVM_ENABLE_CAP,
  KVM_GET_API_VERSION,
  KVM_GET_ONE_REG,
  KVM_GET_VCPU_MMAP_SIZE,
  KVM_SET_ONE_REG,
  KVM_SET_USER_MEMORY_REGION,
} from './ioctls.ts';
import { MAP_SHARED, O_CLOEXEC, O_RDWR, PROT_READ, PROT_WRITE } from './libc.ts';
import type { Libc, Mapping } from './libc.ts';
import type { Scratch } from './scratch.ts';

export class Kvm extends Fd<'kvm'> {
  /** `machineType`: 0, or on arm64 the IPA size in bits (KVM_VM_TYPE_ARM_IPA_SIZE). */
  createVm(machineType: number = 0): Result<Vm, KvmError> {
    const fd = this.integer(KVM_CREATE_VM, machineType);
    return fd.ok ? ok(new Vm('vm', fd.value, this.libc, this.counter)) : fd;
  }

  /** KVM_CAP_* by number; 0 means absent. */
  checkExtension(capability: number): Result<number, KvmError> {
    return this.integer(KVM_CHECK_EXTENSION, capability);
  }

  apiVersion(): Result<number, KvmError> {
    return this.integer(KVM_GET_API_VERSION, 0);
  }

  /** Bytes of the kvm_run mapping of each vCPU. */
  vcpuMmapSize(): Result<number, KvmError> {
    return this.integer(KVM_GET_VCPU_MMAP_SIZE, 0);
  }
}

export class Vm extends Fd<'vm'> {
  createVcpu(id: number): Result<Vcpu, KvmError> {
    const fd = this.integer(KVM_CREATE_VCPU, id);
    return fd.ok ? ok(new Vcpu('vcpu', fd.value, this.libc, this.counter)) : fd;
  }

  createDevice(type: number): Result<Device, KvmError> {
    const created = this.struct(KVM_CREATE_DEVICE, { type }, `type=${type}`);
    return created.ok ? ok(new Device('device', created.value.fd, this.libc, this.counter)) : created;
  }

  checkExtension(capability: number): Result<number, KvmError> {
    return this.integer(KVM_CHECK_EXTENSION, capability);
  }

  enableCapability(cap: number, arg0: bigint = 0n, arg1: bigint = 0n): Result<number, KvmError> {
    const text = `cap=${cap} args[0]=0x${arg0.toString(16)}`;
    return this.structReturning(KVM_ENABLE_CAP, { cap, arg0, arg1 }, text);
  }

  /** Maps `mapping` at `guestAddress`; both page aligned. The mapping must outlive the VM. */
  setMemory(slot: number, guestAddress: bigint, mapping: Mapping): Result<number, KvmError> {
    return this.structReturning(
      KVM_SET_USER_MEMORY_REGION,
      {
        slot,
        guest_phys_addr: guestAddress,
        memory_size: BigInt(mapping.length),
        userspace_addr: mapping.address,
      },
      `slot=${slot} gpa=0x${guestAddress.toString(16)} size=${mapping.length}`,
    );
  }
}

export class Vcpu extends Fd<'vcpu'> {
  /** Reads a register into the scratch page and returns its bytes; the id says how many (bits 55:52, log2). */
  getOneReg(scratch: Scratch, id: bigint): Result<Uint8Array, KvmError> {
    const size = registerBytes(id);
    const done = this.structReturning(KVM_GET_ONE_REG, { id, addr: scratch.address }, `id=0x${id.toString(16)}`);
    return done.ok ? ok(scratch.bytes.slice(0, size)) : done;
  }

  /** `value` must have exactly the register's size. */
  setOneReg(scratch: Scratch, id: bigint, value: Uint8Array): Result<number, KvmError> {
    if (value.length !== registerBytes(id))
      throw new RangeError(`0x${id.toString(16)} holds ${registerBytes(id)} bytes`);
    scratch.bytes.set(value);
    return this.structReturning(KVM_SET_ONE_REG, { id, addr: scratch.address }, `id=0x${id.toString(16)}`);
  }

  /** Maps the shared kvm_run page(s); `length` from `Kvm.vcpuMmapSize`. */
  mapRun(length: number): Result<Mapping, KvmError> {
    const mapping = this.libc.mmap(length, PROT_READ | PROT_WRITE, MAP_SHARED, this.number, 0);
    return mapping === null
      ? err(kvmError('mmap', 'mmap', `kvm_run, ${length} bytes`, this.libc.errno()))
      : ok(mapping);
  }
}

export class Device extends Fd<'device'> {}

/** Bytes of a ONE_REG register: 1 << id[55:52] (KVM_REG_SIZE_MASK, include/uapi/linux/kvm.h). */
export function registerBytes(id: bigint): number {
  return 1 << Number((id >> 52n) & 0xfn);
}

/** Opens /dev/kvm. The counter, where given, counts every ioctl that goes through the fd or what it creates. */
export function openKvm(
  libc: Libc,
  path: string = '/dev/kvm',
  counter: CallCounter = { calls: 0 },
): Result<Kvm, KvmError> {
  const fd = libc.open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return err(kvmError('open', 'open', path, libc.errno()));
  return ok(new Kvm('kvm', fd, libc, counter));
}
