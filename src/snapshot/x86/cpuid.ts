/**
 * CPUID as the guest has it. Configuration: a plan sets it. It is saved to be compared, after state has put into it what
 * depends on state (OSXSAVE, the size of the XSAVE area), and is not written.
 */
import { KVM_GET_CPUID2, KVM_GET_SUPPORTED_CPUID, kvmError } from '../../kvm/index.ts';
import type { Kvm, KvmError, Vcpu } from '../../kvm/index.ts';
import { CPUID_REGISTERS, cpuidWord } from '../../arch/x86/paths.ts';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { CpuidEntry } from '../../settings/index.ts';
import type { Target, X86Unit } from './target.ts';

const ENOENT = 2;

/** Leaf in bits 63:32, subleaf in 31:8, the place in EAX, EBX, ECX, EDX in 7:0. */
function idOf({ function: leaf, index }: CpuidEntry, register: number): bigint {
  return (BigInt(leaf) << 32n) | (BigInt(index) << 8n) | BigInt(register);
}

function wordOf(id: bigint): string {
  const register = CPUID_REGISTERS[Number(id & 0xffn)] ?? 'eax';
  return cpuidWord(Number(id >> 32n), Number((id >> 8n) & 0xff_ffffn), register);
}

export function cpuid({ machine }: Target): X86Unit[] {
  return machine.vcpus.map(({ id, fd }) => {
    let known: ReadonlyMap<bigint, bigint> | null = null;
    const values = (): Result<ReadonlyMap<bigint, bigint>, KvmError> => {
      if (known !== null) return ok(known);
      const table = tableOf(fd);
      if (!table.ok) return table;
      known = new Map(
        table.value.flatMap((entry) =>
          CPUID_REGISTERS.map((register, at): [bigint, bigint] => [idOf(entry, at), BigInt(entry[register])]),
        ),
      );
      return ok(known);
    };
    return {
      unit: {
        kind: 'registers',
        name: `vcpu/${id}/cpuid`,
        rule: 'x86/cpuid',
        call: 'KVM_SET_CPUID2',
        ids() {
          const read = values();
          return read.ok ? ok([...read.value.keys()]) : read;
        },
        word: wordOf,
        read(register) {
          const read = values();
          if (!read.ok) return read;
          const value = read.value.get(register);
          return value === undefined ? err(kvmError('ioctl', 'KVM_GET_CPUID2', wordOf(register), ENOENT)) : ok(value);
        },
        write: () => null,
      },
    };
  });
}

/** Without what 5.10 and 6.1 leave behind the table: they fill no more entries than there are, and do not say how many. */
function tableOf(fd: Vcpu): Result<readonly CpuidEntry[], KvmError> {
  const listed = fd.list(KVM_GET_CPUID2, 256);
  if (!listed.ok) return listed;
  return ok(
    listed.value.filter(
      (entry, at) => at === 0 || entry.function !== 0 || CPUID_REGISTERS.some((register) => entry[register] !== 0),
    ),
  );
}

/** Where a component lies in this host's XSAVE area, in bytes. */
export interface Component {
  readonly offset: number;
  readonly size: number;
}

const layouts = new WeakMap<Kvm, ReadonlyMap<number, Component>>();

/** The host's leaf 0xD, subleaves 2 and up: EBX is the offset in the standard form, EAX the size (Intel SDM 1, 13.4.3). */
export function xsaveLayout(kvm: Kvm): Result<ReadonlyMap<number, Component>, KvmError> {
  const known = layouts.get(kvm);
  if (known !== undefined) return ok(known);
  const listed = kvm.list(KVM_GET_SUPPORTED_CPUID, 128);
  if (!listed.ok) return listed;
  const layout = new Map(
    listed.value.flatMap((entry): [number, Component][] =>
      // ECX[0]: a supervisor component, which the standard form does not hold.
      entry.function === 0xd && entry.index >= 2 && entry.eax !== 0 && (entry.ecx & 1) === 0
        ? [[entry.index, { offset: entry.ebx, size: entry.eax }]]
        : [],
    ),
  );
  layouts.set(kvm, layout);
  return ok(layout);
}
