/**
 * A failed call as a value: which call, with what, which errno, and what the KVM API document says that errno means
 * for that call (Documentation/virt/kvm/api.rst; where it is silent, the man pages of the system call).
 */
import { errnoName } from './errno.ts';

export interface KvmError {
  readonly code: 'ioctl' | 'open' | 'mmap';
  /** The ioctl's name, or the system call. */
  readonly call: string;
  /** What was asked, as a person would write it: `id=0x603000000013c020`. */
  readonly detail: string;
  readonly errno: number;
  readonly errnoName: string;
  readonly meaning: string;
}

const MEANINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  open: {
    ENOENT:
      'there is no KVM on this machine: the kvm module is not loaded, or the device is not passed into the container',
    EACCES: 'the device may not be opened by this user',
    EPERM: 'a security policy (seccomp, device cgroup, LSM) refuses the device',
    ENXIO: 'the device node exists but no driver answers behind it',
    ENODEV: 'the device node exists but no driver answers behind it',
  },
  KVM_GET_API_VERSION: {
    ENOTTY: 'what stands at this path is not KVM',
    EPERM: "a security policy (seccomp, LSM) refuses KVM's calls",
  },
  KVM_CREATE_VM: {
    EBUSY: 'another hypervisor holds the virtualization extensions of the CPU',
    ENOMEM: 'not enough memory for the VM',
    EINVAL: 'the machine type (on arm64: the IPA size) is not supported',
    EPERM: 'a security policy refuses to create virtual machines',
  },
  KVM_GET_MSR_INDEX_LIST: {
    EFAULT: 'the list cannot be read from or written to',
    E2BIG: 'the list does not fit into the array',
  },
  KVM_GET_SUPPORTED_CPUID: { E2BIG: 'there are more entries than fit', ENOMEM: 'not enough memory' },
  KVM_SET_CPUID2: {
    EINVAL: 'the kernel refuses this combination of CPUID entries, or the vCPU has already run',
    E2BIG: 'more entries than KVM_MAX_CPUID_ENTRIES',
  },
  KVM_RUN: {
    EINTR: 'a signal is pending',
    ENOEXEC: 'the vCPU has not been initialized, or the guest executed from device memory',
    ENOSYS: 'a data abort without syndrome outside the memory slots',
    EPERM: 'SVE was requested and not finalized',
  },
  KVM_GET_ONE_REG: {
    ENOENT: 'no such register',
    EINVAL: 'no such register, or its id is invalid',
    EPERM: 'not allowed before the vCPU is finalized',
  },
  KVM_SET_ONE_REG: {
    ENOENT: 'no such register',
    EINVAL: 'no such register, or the kernel refuses this value',
    EPERM: 'not allowed before the vCPU is finalized, or not writable',
    EBUSY: 'the value may not change any more: the vCPU has run',
  },
  KVM_CREATE_DEVICE: {
    ENODEV: 'the device type is unknown or unsupported',
    EEXIST: 'the VM already has one',
  },
  KVM_SET_DEVICE_ATTR: {
    ENXIO: 'the attribute is unknown, or the hardware behind it is missing',
    EPERM: 'the attribute cannot be written, or not in this state',
    EINVAL: 'the device refuses this value',
    EBUSY: 'the device or a vCPU is in use',
  },
  KVM_GET_DEVICE_ATTR: {
    ENXIO: 'the attribute is unknown, or the hardware behind it is missing',
    EPERM: 'the attribute cannot be read, or not in this state',
  },
  KVM_HAS_DEVICE_ATTR: { ENXIO: 'the attribute is unknown, or the hardware behind it is missing' },
  KVM_ARM_VCPU_INIT: {
    EINVAL: 'the target is unknown, or the combination of features is invalid',
    ENOENT: 'a feature bit is unknown to this kernel',
  },
  KVM_ARM_PREFERRED_TARGET: { ENODEV: 'the host has no preferred target' },
  KVM_ARM_VCPU_FINALIZE: {
    EPERM: 'the feature is not enabled, needs configuration, or was finalized before',
    EINVAL: 'the feature is unknown or not present',
  },
  KVM_GET_REG_LIST: { E2BIG: 'the list does not fit into the array' },
  KVM_GET_NESTED_STATE: { E2BIG: 'the state is larger than the buffer' },
};

const GENERIC: Readonly<Record<string, string>> = {
  ENOTTY: 'this kernel does not know the call on this kind of fd',
  EFAULT: 'a pointer was not accepted',
  ENOMEM: 'not enough memory',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the system has too many open files',
  EPERM: 'not permitted',
  EINVAL: 'the kernel refuses the argument',
};

export function kvmError(code: KvmError['code'], call: string, detail: string, errno: number): KvmError {
  const name = errnoName(errno);
  const meaning =
    MEANINGS[call]?.[name] ?? GENERIC[name] ?? 'the KVM API document gives this errno no meaning for this call';
  return { code, call, detail, errno, errnoName: name, meaning };
}

/** `KVM_SET_ONE_REG(id=0x603000000013c020): EINVAL (no such register, or the kernel refuses this value)` */
export function describeKvmError(error: KvmError): string {
  return `${error.call}(${error.detail}): ${error.errnoName} (${error.meaning})`;
}
