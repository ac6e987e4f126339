/** Machines for behaviour tests: one vCPU with the host's supported CPUID, and what a test selects besides. */
import {
  CAPABILITY_NAMES,
  KVM_CREATE_IRQCHIP,
  KVM_CREATE_PIT2,
  KVM_SET_CPUID2,
  KVM_SET_IDENTITY_MAP_ADDR,
  KVM_SET_TSS_ADDR,
} from '../../../kvm/index.ts';
import type { Kvm, KvmError, Libc, Scratch, Vcpu, Vm } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { openRuns } from '../../machine.ts';
import { openGuest } from '../index.ts';
import type { Mode, X86Guest } from '../index.ts';

export interface CpuidEntry {
  readonly function: number;
  readonly index: number;
  readonly flags: number;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

export interface BenchHost {
  readonly libc: Libc;
  readonly kvm: Kvm;
  readonly scratch: Scratch;
  /** What KVM_GET_SUPPORTED_CPUID says, without the APIC ids of the CPU that answered. */
  readonly cpuid: readonly CpuidEntry[];
  readonly mode: Mode;
}

/** KVM_ENABLE_CAP on the VM, before it has vCPUs. */
export interface Selection {
  readonly capability: string;
  readonly argument: bigint;
}

export interface Needs {
  /** `split`: only the local APIC is in the kernel. */
  readonly irqchip: 'kernel' | 'split';
  /** Which number the one vCPU has. */
  readonly vcpu: 0 | 1;
  /** How the guest's CPUID differs from the supported table. */
  readonly cpuid?: (entry: CpuidEntry) => CpuidEntry;
  /** True where the test leaves the vCPU so that no other may follow it. */
  readonly alone?: true;
}

export interface Bench {
  readonly host: BenchHost;
  readonly vm: Vm;
  readonly vcpu: Vcpu;
  readonly guest: X86Guest;
}

/** Where Intel CPUs keep pages for a guest in real mode, as QEMU has them; the pins of an IOAPIC that the VMM has. */
const TSS_ADDRESS = 0xfffb_d000;
const IDENTITY_MAP_ADDRESS = 0xfffb_c000n;
const SPLIT_PINS = 24n;

const capabilities: ReadonlyMap<string, number> = new Map(
  Object.entries(CAPABILITY_NAMES).map(([number, name]) => [name, Number(number)]),
);

/** KVM_CAP_* by name. Throws on a name that no kernel has: the table's fault. */
export function capabilityNumber(name: string): number {
  const number = capabilities.get(name);
  if (number === undefined) throw new RangeError(`no capability is called ${name}`);
  return number;
}

/** On `cleanup` is what closes it again: memory last. */
export function openBench(
  host: BenchHost,
  needs: Needs,
  selections: readonly Selection[],
  cleanup: DisposableStack,
): Result<Bench, KvmError> {
  const { libc, kvm } = host;
  const mappings = cleanup.use(new DisposableStack());
  const created = kvm.createVm();
  if (!created.ok) return created;
  const vm = cleanup.use(created.value);
  const made = prepare(vm, needs, selections);
  if (!made.ok) return made;
  const vcpu = vm.createVcpu(needs.vcpu);
  if (!vcpu.ok) return vcpu;
  cleanup.use(vcpu.value);
  const change = needs.cpuid ?? ((entry: CpuidEntry) => entry);
  const set = vcpu.value.entries(KVM_SET_CPUID2, host.cpuid.map(change), 'supported table');
  if (!set.ok) return set;
  const runs = cleanup.use(new DisposableStack());
  const open = { vm, vcpus: [{ id: needs.vcpu, fd: vcpu.value }], devices: new Map() };
  const machine = openRuns(libc, kvm, open, runs);
  if (!machine.ok) return machine;
  const guest = openGuest(libc, machine.value, host.mode, mappings);
  return guest.ok ? ok({ host, vm, vcpu: vcpu.value, guest: guest.value }) : guest;
}

function prepare(vm: Vm, needs: Needs, selections: readonly Selection[]): Result<unknown, KvmError> {
  // Some flags are taken only where the interrupt controller is split already (api.rst, KVM_CAP_X2APIC_API).
  if (needs.irqchip === 'split') {
    const split = vm.enableCapability(capabilityNumber('KVM_CAP_SPLIT_IRQCHIP'), SPLIT_PINS);
    if (!split.ok) return split;
  }
  for (const selection of selections) {
    const selected = vm.enableCapability(capabilityNumber(selection.capability), selection.argument);
    if (!selected.ok) return selected;
  }
  const tss = vm.integer(KVM_SET_TSS_ADDR, TSS_ADDRESS);
  if (!tss.ok) return tss;
  const map = vm.struct(KVM_SET_IDENTITY_MAP_ADDR, { address: IDENTITY_MAP_ADDRESS });
  if (!map.ok || needs.irqchip === 'split') return map;
  const chip = vm.integer(KVM_CREATE_IRQCHIP, 0);
  return chip.ok ? vm.struct(KVM_CREATE_PIT2, {}) : chip;
}
