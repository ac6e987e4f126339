/** The machine that a plan makes: its fds, and how far each vCPU has come. */
import type { Device, Kvm, Libc, Scratch, Vcpu, Vm } from '../kvm/index.ts';
import type { PlanDevice } from '../model/index.ts';
import {
  ConfiguredX86Vcpu,
  FinalizedArm64Vcpu,
  InitializedArm64Vcpu,
  NewArm64Vcpu,
  NewX86Vcpu,
} from './negotiation/index.ts';

export interface Host {
  readonly libc: Libc;
  readonly kvm: Kvm;
  readonly scratch: Scratch;
}

export type VcpuState = NewX86Vcpu | ConfiguredX86Vcpu | NewArm64Vcpu | InitializedArm64Vcpu | FinalizedArm64Vcpu;

/** One vCPU; the fd is for calls that no state of the negotiation is about. */
export interface MachineVcpu {
  readonly id: number;
  readonly fd: Vcpu;
  state: VcpuState;
}

/** Closed in the order devices, vCPUs, VM. */
export class Machine {
  readonly host: Host;
  readonly devices: Map<PlanDevice, Device> = new Map();
  readonly vcpus: MachineVcpu[] = [];
  vm: Vm | null = null;

  constructor(host: Host) {
    this.host = host;
  }

  [Symbol.dispose](): void {
    for (const device of this.devices.values()) device.close();
    for (const { fd } of this.vcpus) fd.close();
    this.vm?.close();
  }
}
