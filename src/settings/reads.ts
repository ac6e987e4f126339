/** Reads a plan's words back from the machine that was made, and what the host says that it supports of them. */
import {
  KVM_GET_EMULATED_CPUID,
  KVM_GET_LAPIC,
  KVM_GET_SUPPORTED_CPUID,
  KVM_GET_SUPPORTED_HV_CPUID,
  KVM_GET_TSC_KHZ,
  getAttribute,
  hasAttribute,
  readMsrs,
} from '../kvm/index.ts';
import type { KvmError } from '../kvm/index.ts';
import { fromHex, hex } from '../model/index.ts';
import type { PlanRead, PlanWord, ReadResult, Result } from '../model/index.ts';
import { fdOf, finalizedOf } from './calls.ts';
import type { Machine, MachineVcpu } from './machine.ts';
import { ConfiguredX86Vcpu } from './negotiation/index.ts';
import type { CpuidEntry } from './negotiation/index.ts';

type Register = 'eax' | 'ebx' | 'ecx' | 'edx';
type Tables = readonly (readonly CpuidEntry[])[];

/** In the order of the plan's words, of the first vCPU. */
export function readWords(machine: Machine, words: readonly PlanWord[]): ReadResult[] {
  const vcpu = machine.vcpus[0] ?? null;
  const given = vcpu?.state instanceof ConfiguredX86Vcpu ? vcpu.state.cpuid() : null;
  const supported = given === null ? [] : supportedTables(machine);
  const hyperv = words.some(({ word }) => word.startsWith('hyperv/'))
    ? listsOf(machine, [KVM_GET_SUPPORTED_HV_CPUID])
    : [];
  return words.map(({ read, word }): ReadResult => {
    if (read === null) return { value: null, why: 'KVM has no call that reads it' };
    if (read.call !== 'KVM_GET_CPUID2') return readOne(machine, vcpu, read);
    if (given === null) return { value: null, why: 'the vCPU has no CPUID' };
    if (!given.ok) return failed(given.error);
    const tables = word.startsWith('hyperv/') ? hyperv : supported;
    return {
      value: hex(registerOf(given.value, read) ?? 0),
      supported: hex(tables.reduce((bits, table) => bits | (registerOf(table, read) ?? 0), 0) >>> 0),
    };
  });
}

function readOne(
  machine: Machine,
  vcpu: MachineVcpu | null,
  read: Exclude<PlanRead, { call: 'KVM_GET_CPUID2' }>,
): ReadResult {
  const { scratch } = machine.host;
  switch (read.call) {
    case 'KVM_GET_MSRS':
      return readMsr(machine, vcpu, read.index);
    case 'KVM_GET_LAPIC': {
      const page = vcpu?.fd.struct(KVM_GET_LAPIC, {}) ?? null;
      if (page === null) return NO_VCPU;
      if (!page.ok) return failed(page.error);
      const { regs } = page.value;
      return { value: hex(new DataView(regs.buffer, regs.byteOffset).getUint32(read.offset, true)) };
    }
    case 'KVM_GET_TSC_KHZ': {
      const khz = vcpu?.fd.integer(KVM_GET_TSC_KHZ, 0) ?? null;
      if (khz === null) return NO_VCPU;
      return khz.ok ? { value: hex(khz.value) } : failed(khz.error);
    }
    case 'KVM_GET_ONE_REG': {
      const finalized = finalizedOf(vcpu);
      return finalized === null ? NO_VCPU : valueOf(finalized.get(fromHex(read.id)));
    }
    case 'KVM_HAS_DEVICE_ATTR': {
      if (vcpu === null) return NO_VCPU;
      const has = hasAttribute(vcpu.fd, read.group, fromHex(read.attribute));
      return has.ok ? { value: has.value ? '0x1' : '0x0' } : failed(has.error);
    }
    case 'KVM_GET_DEVICE_ATTR': {
      const fd = fdOf(machine, vcpu, read.on);
      if (fd === null) return { value: null, why: `there is no ${read.on}` };
      return valueOf(getAttribute(fd, scratch, read.group, fromHex(read.attribute), read.bytes === 4 ? 32 : 64));
    }
  }
}

const NO_VCPU: ReadResult = { value: null, why: 'there is no vCPU that could be read' };

function failed(error: KvmError): ReadResult {
  return { value: null, why: `${error.call}: ${error.errnoName}` };
}

function valueOf(read: Result<bigint, KvmError>): ReadResult {
  return read.ok ? { value: hex(read.value) } : failed(read.error);
}

function readMsr(machine: Machine, vcpu: MachineVcpu | null, index: number): ReadResult {
  if (!(vcpu?.state instanceof ConfiguredX86Vcpu)) return NO_VCPU;
  const read = vcpu.state.msrs([index]);
  if (!read.ok) return failed(read.error);
  const [value = null] = read.value;
  if (value === null) return { value: null, why: 'KVM_GET_MSRS does not read it' };
  // On the system fd: what KVM supports of a feature MSR. Other MSRs are unknown there, and mean nothing by it.
  const most = readMsrs(machine.host.kvm, [index]);
  const [supported = null] = most.ok ? most.value : [];
  return { value: hex(value), ...(supported === null ? {} : { supported: hex(supported) }) };
}

/** KVM_CAP_TSC_DEADLINE_TIMER, and bit 0 of KVM_CAP_X86_DISABLE_EXITS (MWAIT). */
const TSC_DEADLINE_CAPABILITY = 72;
const DISABLE_EXITS_CAPABILITY = 143;
const TSC_DEADLINE = 1 << 24;
const MONITOR = 1 << 3;

/**
 * What a VMM may give a guest: what KVM supports, what it emulates, and two features of leaf 1 that capabilities announce
 * instead (api.rst, KVM_GET_SUPPORTED_CPUID).
 */
function supportedTables(machine: Machine): Tables {
  const { kvm } = machine.host;
  const lists = listsOf(machine, [KVM_GET_SUPPORTED_CPUID, KVM_GET_EMULATED_CPUID]);
  const deadline = kvm.checkExtension(TSC_DEADLINE_CAPABILITY);
  const exits = kvm.checkExtension(DISABLE_EXITS_CAPABILITY);
  const ecx =
    (deadline.ok && deadline.value > 0 ? TSC_DEADLINE : 0) | (exits.ok && (exits.value & 1) === 1 ? MONITOR : 0);
  return [...lists, [{ function: 1, index: 0, flags: 0, eax: 0, ebx: 0, ecx, edx: 0 }]];
}

/** Lists that this kernel does not give are empty. */
function listsOf(
  { host: { kvm } }: Machine,
  ioctls: readonly (typeof KVM_GET_SUPPORTED_CPUID | typeof KVM_GET_SUPPORTED_HV_CPUID)[],
): Tables {
  return ioctls.flatMap((ioctl) => {
    const listed = kvm.list(ioctl, 128);
    return listed.ok ? [listed.value] : [];
  });
}

/** KVM_CPUID_FLAG_SIGNIFCANT_INDEX. Undefined where the table has no such leaf. */
function registerOf(
  table: readonly CpuidEntry[],
  {
    function: leaf,
    index,
    register,
  }: { readonly function: number; readonly index: number; readonly register: Register },
): number | undefined {
  return table.find((entry) => entry.function === leaf && ((entry.flags & 1) === 0 || entry.index === index))?.[
    register
  ];
}
