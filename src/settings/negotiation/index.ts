/**
 * For people who write VMMs: a vCPU from its creation to its first run, with a type for each state in between, so that a
 * setting that comes too late or too early does not compile.
 */
export { ConfiguredX86Vcpu, FrozenX86Vcpu, NewX86Vcpu, clearBits } from './x86.ts';
export type { CpuidBits, CpuidEntry } from './x86.ts';
export { FinalizedArm64Vcpu, FrozenArm64Vcpu, InitializedArm64Vcpu, NewArm64Vcpu } from './arm64.ts';
