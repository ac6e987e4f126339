/**
 * The state of a guest as it was read from KVM: units in the order in which they are restored. Plain JSON, so that a
 * program inside of a lab kernel can hand it over without a schema library; the section `state` of a snapshot file is it.
 */
import type { Hex } from './hex.ts';
import type { Architecture } from './surface.ts';

/** Aliases and not interfaces, because only those are `Json`. */
export type SavedRegister = {
  /** An MSR's index, a ONE_REG id, a device attribute. */
  readonly id: Hex;
  readonly value: Hex;
};

export type SavedData =
  /** One by one: MSRs, ONE_REG registers, device attributes. */
  | {
      readonly kind: 'registers';
      readonly registers: readonly SavedRegister[];
      /** Those that the kernel lists and did not let be read: the guest does not have them. Left out where there is none. */
      readonly unread?: readonly Hex[];
    }
  /** A whole struct as the kernel filled it, little-endian. */
  | { readonly kind: 'bytes'; readonly base64: string }
  /** The state lies in guest memory, to which saving has written it; the call makes KVM read it from there. */
  | { readonly kind: 'memory' };

export type SavedUnit = {
  /** `vm/clock`, `vcpu/0/msrs`, `vcpu/1/lapic`, `vgic/distributor`. */
  readonly name: string;
  /** The ordering rule under which it is restored, by its id (src/arch/ordering). */
  readonly rule: string;
  /** The ioctl that restores it. */
  readonly call: string;
  readonly data: SavedData;
};

export type SavedState = {
  readonly architecture: Architecture;
  readonly units: readonly SavedUnit[];
};
