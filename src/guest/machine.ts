/** A machine that a guest can run on, however it was made: by a plan (`settings/build.ts`) or for one question. */
import type { Device, Kvm, KvmError, Libc, Mapping, Vcpu, Vm } from '../kvm/index.ts';
import { ok } from '../model/index.ts';
import type { PlanDevice, Result } from '../model/index.ts';

/** A vCPU with the page that KVM_RUN fills. */
export interface RunnableVcpu {
  readonly id: number;
  readonly fd: Vcpu;
  readonly run: Mapping;
}

export interface GuestMachine {
  readonly vm: Vm;
  readonly vcpus: readonly RunnableVcpu[];
  readonly devices: ReadonlyMap<PlanDevice, Device>;
}

/** What `settings/` builds: a machine whose kvm_run pages are not mapped. */
export interface OpenMachine {
  readonly vm: Vm | null;
  readonly vcpus: readonly { readonly id: number; readonly fd: Vcpu }[];
  readonly devices: ReadonlyMap<PlanDevice, Device>;
}

/** With their unmapping put on `cleanup`, which must be disposed of before the fds are closed. */
export function openRuns(
  libc: Libc,
  kvm: Kvm,
  machine: OpenMachine,
  cleanup: DisposableStack,
): Result<GuestMachine, KvmError> {
  if (machine.vm === null) throw new Error('a machine without a VM has no vCPUs to run');
  const length = kvm.vcpuMmapSize();
  if (!length.ok) return length;
  const vcpus: RunnableVcpu[] = [];
  for (const { id, fd } of machine.vcpus) {
    const run = fd.mapRun(length.value);
    if (!run.ok) return run;
    cleanup.defer(() => void libc.munmap(run.value));
    vcpus.push({ id, fd, run: run.value });
  }
  return ok({ vm: machine.vm, vcpus, devices: machine.devices });
}
