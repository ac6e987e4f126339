/**
 * The machine that a guest gets where nobody asks for anything: everything that the host supports, the interrupt
 * controllers and the timer in the kernel. Not a plan's machine (`settings/build.ts`): for questions about the host.
 */
import {
  KVM_CREATE_IRQCHIP,
  KVM_CREATE_PIT2,
  KVM_GET_SUPPORTED_CPUID,
  KVM_SET_CPUID2,
  KVM_SET_IDENTITY_MAP_ADDR,
  KVM_SET_TSS_ADDR,
} from '../../kvm/index.ts';
import type { Kvm, KvmError, Libc, Vcpu, Vm } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { openRuns } from '../machine.ts';
import type { GuestMachine } from '../machine.ts';

/** Where Intel CPUs keep three pages, and one behind them, for a guest in real mode: below the BIOS, as QEMU has it. */
const TSS_ADDRESS = 0xfffb_d000;
const IDENTITY_MAP_ADDRESS = 0xfffb_c000n;

/** `vm` is told of the VM before it has vCPUs. Closed and unmapped by `cleanup`. */
export function openDefaultMachine(
  libc: Libc,
  kvm: Kvm,
  vcpus: number,
  cleanup: DisposableStack,
  prepare: (vm: Vm) => Result<unknown, KvmError> = () => ok(undefined),
): Result<GuestMachine, KvmError> {
  const created = kvm.createVm();
  if (!created.ok) return created;
  const vm = cleanup.use(created.value);
  const calls = [
    () => vm.integer(KVM_SET_TSS_ADDR, TSS_ADDRESS),
    () => vm.struct(KVM_SET_IDENTITY_MAP_ADDR, { address: IDENTITY_MAP_ADDRESS }),
    () => vm.integer(KVM_CREATE_IRQCHIP, 0),
    () => vm.struct(KVM_CREATE_PIT2, {}),
    () => prepare(vm),
  ];
  for (const call of calls) {
    const done = call();
    if (!done.ok) return done;
  }
  const fds: { id: number; fd: Vcpu }[] = [];
  for (let id = 0; id < vcpus; id++) {
    const fd = createVcpu(kvm, vm, id, cleanup);
    if (!fd.ok) return fd;
    fds.push({ id, fd: fd.value });
  }
  return openRuns(libc, kvm, { vm, vcpus: fds, devices: new Map() }, cleanup);
}

function createVcpu(kvm: Kvm, vm: Vm, id: number, cleanup: DisposableStack): Result<Vcpu, KvmError> {
  const listed = kvm.list(KVM_GET_SUPPORTED_CPUID, 128);
  if (!listed.ok) return listed;
  const created = vm.createVcpu(id);
  if (!created.ok) return created;
  const fd = cleanup.use(created.value);
  const entries = listed.value.map((entry) => withApicId(entry, id));
  const set = fd.entries(KVM_SET_CPUID2, entries, 'supported table');
  return set.ok ? ok(fd) : set;
}

/** 1.EBX[31:24] and EDX of the topology leaves: KVM gives those of the CPU that answered the call. */
function withApicId<E extends { readonly function: number; readonly ebx: number; readonly edx: number }>(
  entry: E,
  id: number,
): E {
  if (entry.function === 1) return { ...entry, ebx: (entry.ebx & 0x00ff_ffff) | (id << 24) };
  if (entry.function === 0xb || entry.function === 0x1f) return { ...entry, edx: id };
  return entry;
}
