/** Units that are one struct, read by one call and written by another as they are. */
import {
  KVM_DEBUGREGS,
  KVM_GET_DEBUGREGS,
  KVM_GET_IRQCHIP,
  KVM_GET_LAPIC,
  KVM_GET_MP_STATE,
  KVM_GET_PIT2,
  KVM_GET_REGS,
  KVM_GET_XCRS,
  KVM_IRQCHIP,
  KVM_PIT_STATE2,
  KVM_SET_DEBUGREGS,
  KVM_SET_IRQCHIP,
  KVM_SET_LAPIC,
  KVM_SET_MP_STATE,
  KVM_SET_PIT2,
  KVM_SET_REGS,
  KVM_SET_XCRS,
  REGS_STATE,
} from '../../kvm/index.ts';
import type { Ioctl, Vcpu, Vm } from '../../kvm/index.ts';
import { LAPIC_ROWS } from '../../arch/x86/tables/lapic.ts';
import { ok } from '../../model/index.ts';
import type { RunnableVcpu } from '../../guest/machine.ts';
import { CAPABILITY, viewOf } from './target.ts';
import type { Bytes, Target, X86Unit } from './target.ts';

export type FieldPlaces = Readonly<Record<string, { readonly offset: number; readonly size: number }>>;

/** A struct as the kernel fills it. */
export function fetch(fd: Vcpu, ioctl: Ioctl<'vcpu'>, size: number): Bytes {
  const buffer = new Uint8Array(size);
  const done = fd.raw(ioctl, buffer, '');
  return done.ok ? ok(buffer) : done;
}

interface VcpuStruct {
  readonly name: string;
  readonly rule: string;
  readonly get: Ioctl<'vcpu'>;
  readonly set: Ioctl<'vcpu'>;
  readonly size: number;
  readonly fields: FieldPlaces;
  /** The capability without which the kernel has no such call. */
  readonly needs?: Parameters<Target['has']>[0];
  readonly absent?: string;
}

const REGS: VcpuStruct = {
  name: 'regs',
  rule: 'x86/regs',
  get: KVM_GET_REGS,
  set: KVM_SET_REGS,
  size: REGS_STATE.size,
  fields: REGS_STATE.fields,
};

const DEBUGREGS: VcpuStruct = {
  name: 'debugregs',
  rule: 'x86/debugregs',
  get: KVM_GET_DEBUGREGS,
  set: KVM_SET_DEBUGREGS,
  size: KVM_DEBUGREGS.size,
  fields: KVM_DEBUGREGS.fields,
  needs: CAPABILITY.DEBUGREGS,
};

/** `nr_xcrs` is 0 on a CPU without XSAVE; there is no register but XCR0. */
const XCRS: VcpuStruct = {
  name: 'xcrs',
  rule: 'x86/xcrs',
  get: KVM_GET_XCRS,
  set: KVM_SET_XCRS,
  size: 392,
  fields: { nr_xcrs: { offset: 0, size: 4 }, xcr0: { offset: 16, size: 8 } },
  needs: CAPABILITY.XCRS,
};

const LAPIC: VcpuStruct = {
  name: 'lapic',
  rule: 'x86/lapic',
  get: KVM_GET_LAPIC,
  set: KVM_SET_LAPIC,
  size: 1024,
  fields: Object.fromEntries(LAPIC_ROWS.map(({ name, offset }) => [name, { offset, size: 4 }])),
  // kvm_arch_vcpu_ioctl: without a local APIC in the kernel.
  absent: 'EINVAL',
};

const MP_STATE: VcpuStruct = {
  name: 'mp-state',
  rule: 'x86/mp-state',
  get: KVM_GET_MP_STATE,
  set: KVM_SET_MP_STATE,
  size: 4,
  fields: { mp_state: { offset: 0, size: 4 } },
};

function structs(row: VcpuStruct): (target: Target) => X86Unit[] {
  return ({ machine, has }) => {
    if (row.needs !== undefined && has(row.needs) === 0) return [];
    return machine.vcpus.map((vcpu) => structUnit(row, vcpu));
  };
}

function structUnit({ name, rule, get, set, size, fields, absent }: VcpuStruct, { id, fd }: RunnableVcpu): X86Unit {
  return {
    unit: {
      kind: 'bytes',
      name: `vcpu/${id}/${name}`,
      rule,
      call: set.name,
      fields,
      read: () => fetch(fd, get, size),
      write: (bytes) => fd.raw(set, bytes, name),
    },
    ...(absent === undefined ? {} : { absent }),
  };
}

export const regs: (target: Target) => X86Unit[] = structs(REGS);
export const debugregs: (target: Target) => X86Unit[] = structs(DEBUGREGS);
export const xcrs: (target: Target) => X86Unit[] = structs(XCRS);
export const lapic: (target: Target) => X86Unit[] = structs(LAPIC);
export const mpState: (target: Target) => X86Unit[] = structs(MP_STATE);

/** struct kvm_irqchip: KVM_IRQCHIP_PIC_MASTER, PIC_SLAVE and IOAPIC. */
const CHIPS = ['pic-master', 'pic-slave', 'ioapic'];

export function irqchip({ machine: { vm } }: Target): X86Unit[] {
  return CHIPS.map((chip, id) => {
    const of = chip === 'ioapic' ? 'chip.ioapic.' : 'chip.pic.';
    const fields = Object.entries(KVM_IRQCHIP.fields).flatMap(([field, place]) =>
      field.startsWith(of) ? [[field.slice(of.length), place] as const] : [],
    );
    return {
      // kvm_arch_vm_ioctl: without KVM_CREATE_IRQCHIP, and with a split controller.
      absent: 'ENXIO',
      unit: {
        kind: 'bytes',
        name: `vm/${chip}`,
        rule: 'x86/irqchip-state',
        call: KVM_SET_IRQCHIP.name,
        fields: Object.fromEntries(fields),
        read: () => readChip(vm, id),
        write: (bytes) => vm.raw(KVM_SET_IRQCHIP, bytes, chip),
      },
    };
  });
}

function readChip(vm: Vm, id: number): Bytes {
  const buffer = new Uint8Array(KVM_IRQCHIP.size);
  viewOf(buffer).setUint32(0, id, true);
  const done = vm.raw(KVM_GET_IRQCHIP, buffer, CHIPS[id] ?? '');
  return done.ok ? ok(buffer) : done;
}

export function pit({ machine: { vm } }: Target): X86Unit[] {
  return [
    {
      // kvm_arch_vm_ioctl: without KVM_CREATE_PIT2.
      absent: 'ENXIO',
      unit: {
        kind: 'bytes',
        name: 'vm/pit',
        rule: 'x86/pit-state',
        call: KVM_SET_PIT2.name,
        fields: KVM_PIT_STATE2.fields,
        read() {
          const buffer = new Uint8Array(KVM_PIT_STATE2.size);
          const done = vm.raw(KVM_GET_PIT2, buffer, '');
          return done.ok ? ok(buffer) : done;
        },
        write: (bytes) => vm.raw(KVM_SET_PIT2, bytes, 'pit'),
      },
    },
  ];
}
