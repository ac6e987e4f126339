/**
 * One write to KVM that selects a word's value, as data: which call, on what, with which arguments. The value comes from
 * a contract; a plan puts operations in order and joins those that one call makes together (all of CPUID, all quirks of
 * one mask). Names and argument shapes: Documentation/virt/kvm/api.rst.
 */
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
  | { readonly call: 'KVM_SET_LAPIC'; readonly offset: number };
