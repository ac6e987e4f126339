/**
 * The FFI boundary to KVM: the ioctl table, struct layouts, and a wrapper for each kind of fd. Nothing else in
 * Evenkeel calls libc.
 */
export { getAttribute, hasAttribute, setAttribute } from './attributes.ts';
export { describeKvmError, kvmError } from './error.ts';
export type { KvmError } from './error.ts';
export { errnoName } from './errno.ts';
export { Fd } from './fd.ts';
export type { CallCounter } from './fd.ts';
export { Device, Kvm, Vcpu, Vm, openKvm, registerBytes } from './handles.ts';
export { requestCode } from './ioctl.ts';
export type { Architecture, FdKind, Ioctl } from './ioctl.ts';
export * from './ioctls.ts';
export { MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE, dieWithParent, openLibc } from './libc.ts';
export type { Libc, Mapping } from './libc.ts';
export { readMsrs, writeMsrs } from './msr-batch.ts';
export type { MsrWrite } from './msr-batch.ts';
export { openScratch } from './scratch.ts';
export type { Scratch } from './scratch.ts';
export { KVM_ARM_VCPU_EVENTS } from './structs/arm64.ts';
export { KVM_CPUID2, KVM_LAPIC_STATE, KVM_REGS, KVM_SREGS, KVM_XSAVE } from './structs/x86.ts';
export * from './structs/x86-state.ts';
export type { Fields, Value } from './struct.ts';
export { CAPABILITY_NAMES } from './capabilities.ts';
