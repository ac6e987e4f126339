/**
 * One write to KVM that selects a word's value, as data: which call, on what, with which arguments. The value comes from
 * a contract; a plan puts operations in order and joins those that one call makes together (all of CPUID, all quirks of
 * one mask). Names and argument shapes: Documentation/virt/kvm/api.rst.
 */
import { hex } from './hex.ts';

export type Operation =
  /** KVM_CREATE_VM's machine type: on arm64 the size of the IPA space in bits. */
  | { readonly call: 'KVM_CREATE_VM' }
  /** One register of one leaf; the whole table is set by one call. */
  | {
      readonly call: 'KVM_SET_CPUID2';
      readonly leaf: number;
      readonly subleaf: number;
      readonly register: 'eax' | 'ebx' | 'ecx' | 'edx';
    }
  | { readonly call: 'KVM_SET_MSRS'; readonly index: number }
  | { readonly call: 'KVM_SET_ONE_REG'; readonly id: bigint }
  /**
   * A capability of a VM or a vCPU. `bit`: the bit of args[argument] that stands for the word, `set` the word's value for
   * which that bit is set (quirks: 0, because a set bit disables); null: the word's value is the argument. A call is not
   * made where no bit of it is set. A bit of `0n`: that the call is made is the setting, and its argument is 0.
   */
  | {
      readonly call: 'KVM_ENABLE_CAP';
      readonly on: 'vm' | 'vcpu';
      readonly capability: string;
      readonly argument: 0 | 1 | 2 | 3;
      readonly bit: bigint | null;
      readonly set: bigint;
    }
  | {
      readonly call: 'KVM_SET_DEVICE_ATTR';
      readonly on: 'vm' | 'vcpu' | 'vgic-v2' | 'vgic-v3' | 'its';
      readonly group: number;
      readonly attribute: bigint;
      /** Bytes of the value; 0 where the attribute has none. */
      readonly bytes: 0 | 4 | 8;
    }
  /** A feature bit of KVM_ARM_VCPU_INIT. */
  | { readonly call: 'KVM_ARM_VCPU_INIT'; readonly feature: number }
  | { readonly call: 'KVM_SET_TSC_KHZ' }
  /** Reads and writes of an MSR are answered by the filter (#GP) or by the VMM, as if the kernel did not have it. */
  | { readonly call: 'KVM_X86_SET_MSR_FILTER'; readonly index: number }
  | { readonly call: 'KVM_SET_LAPIC'; readonly offset: number }
  /** XSTATE_BV of the header: which components the area holds. */
  | { readonly call: 'KVM_SET_XSAVE' };

export interface OperationText {
  readonly call: Operation['call'];
  /** The arguments that name the word, as the KVM API document names them: `id=0x603000000013c020`. */
  readonly target: string;
}

/** What people and files say of an operation. */
export function describeOperation(operation: Operation): OperationText {
  return { call: operation.call, target: target(operation) };
}

function target(operation: Operation): string {
  switch (operation.call) {
    case 'KVM_CREATE_VM':
      return 'machine type bits 7:0';
    case 'KVM_SET_CPUID2':
      return `function=${hex(operation.leaf)} index=${hex(operation.subleaf)} ${operation.register}`;
    case 'KVM_SET_MSRS':
    case 'KVM_X86_SET_MSR_FILTER':
      return `index=${hex(operation.index)}`;
    case 'KVM_SET_ONE_REG':
      return `id=${hex(operation.id)}`;
    case 'KVM_ENABLE_CAP': {
      const { capability, argument, bit, set, on } = operation;
      const word = bit === null || bit === 0n ? '' : ` args[${argument}]=${hex(bit)}`;
      const meaning = word !== '' && set === 0n ? ' (a set bit disables)' : '';
      return `cap=${capability}${word}${meaning}${on === 'vcpu' ? ', of the vCPU' : ''}`;
    }
    case 'KVM_SET_DEVICE_ATTR': {
      const { on, group, attribute } = operation;
      return `${on}: group=${group} attr=${hex(attribute)}`;
    }
    case 'KVM_ARM_VCPU_INIT':
      return `features bit ${operation.feature}`;
    case 'KVM_SET_TSC_KHZ':
      return 'kHz';
    case 'KVM_SET_LAPIC':
      return `offset=${hex(operation.offset)}`;
    case 'KVM_SET_XSAVE':
      return 'XSTATE_BV';
  }
}
