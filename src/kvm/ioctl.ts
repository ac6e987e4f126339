/**
 * What an ioctl is: the kind of fd that takes it, its number and direction, what its argument is, and what a host
 * must have for it to exist. The request code follows from these (asm-generic/ioctl.h): number in bits 7:0, the type
 * letter (KVMIO, 0xAE) in 15:8, the argument's size in 29:16, the direction in 31:30.
 */
import type { Fields, FlexibleArray, Struct } from './struct.ts';

export type FdKind = 'kvm' | 'vm' | 'vcpu' | 'device';
export type Architecture = 'x86_64' | 'arm64';
export type Direction = 'none' | 'write' | 'read' | 'readwrite';

export type Argument =
  /** The kernel insists on a third argument of 0. */
  | { readonly kind: 'none' }
  | { readonly kind: 'integer' }
  /** An int behind a pointer: KVM_ARM_VCPU_FINALIZE is the one such. */
  | { readonly kind: 'pointer-to-int' }
  | { readonly kind: 'struct'; readonly layout: Struct<string, Fields> }
  | { readonly kind: 'flexible'; readonly layout: FlexibleArray<string, Fields, Fields> };

/** `On` defaults to `never`, which any row satisfies: an ioctl of whatever kind of fd. */
export interface Ioctl<On extends FdKind = never, A extends Argument = Argument> {
  readonly name: string;
  /**
   * The kinds of fd that take it; KVM_GET_MSRS, KVM_CHECK_EXTENSION and the attribute calls have more than one. A
   * record and not a list, so that a row for two kinds is accepted wherever one of them is wanted.
   */
  readonly on: Readonly<Record<On, true>>;
  readonly number: number;
  readonly direction: Direction;
  readonly argument: A;
  /** Where only one architecture has it. */
  readonly architecture?: Architecture;
  /** The capability that announces it, by name, where there is one. */
  readonly capability?: string;
}

const KVMIO = 0xae;
const DIRECTION_BITS: Readonly<Record<Direction, number>> = { none: 0, write: 1, read: 2, readwrite: 3 };

/** Bytes of the argument that count for the request code: a flexible array counts its header alone. */
export function argumentSize(argument: Argument): number {
  switch (argument.kind) {
    case 'none':
    case 'integer':
      return 0;
    case 'pointer-to-int':
      return 4;
    case 'struct':
      return argument.layout.size;
    case 'flexible':
      return argument.layout.header.size;
  }
}

/** The request code, an unsigned 32-bit number. */
export function requestCode(ioctl: Ioctl): number {
  const size = ioctl.direction === 'none' ? 0 : argumentSize(ioctl.argument);
  return ((DIRECTION_BITS[ioctl.direction] << 30) | (size << 16) | (KVMIO << 8) | ioctl.number) >>> 0;
}
