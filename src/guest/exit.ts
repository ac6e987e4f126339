/**
 * Why a vCPU came back from KVM_RUN, read from its `struct kvm_run` (include/uapi/linux/kvm.h: offsets and reasons). Only
 * what guests of this project can come to is decoded; another reason is kept with its number.
 */
import type { Mapping } from '../kvm/index.ts';

export type Exit =
  /** `data`: what an OUT wrote; for an IN, where the answer goes before the next KVM_RUN. `count` items of `size` bytes. */
  | {
      readonly reason: 'io';
      readonly direction: 'in' | 'out';
      readonly port: number;
      readonly size: number;
      readonly count: number;
      readonly data: Uint8Array;
    }
  /** `data`: what a store wrote; for a load, where the answer goes before the next KVM_RUN. */
  | { readonly reason: 'mmio'; readonly address: bigint; readonly write: boolean; readonly data: Uint8Array }
  | { readonly reason: 'halted' }
  /** x86: a triple fault. */
  | { readonly reason: 'shutdown' }
  | { readonly reason: 'hypercall'; readonly number: bigint; readonly parameters: readonly bigint[] }
  | { readonly reason: 'debug' }
  /** KVM_CAP_X86_USER_SPACE_MSR. `why`: KVM_MSR_EXIT_REASON_*. */
  | {
      readonly reason: 'rdmsr' | 'wrmsr';
      readonly index: number;
      readonly value: bigint;
      readonly why: number;
    }
  /** PSCI and the like: shutdown, reset, crash (KVM_SYSTEM_EVENT_*). */
  | { readonly reason: 'system-event'; readonly type: number }
  /** arm64: an access that the CPU gave no syndrome for (KVM_CAP_ARM_NISV_TO_USER). */
  | { readonly reason: 'no-syndrome'; readonly iss: bigint; readonly address: bigint }
  | { readonly reason: 'fail-entry'; readonly hardware: bigint }
  | { readonly reason: 'internal-error'; readonly suberror: number; readonly data: readonly bigint[] }
  | { readonly reason: 'other'; readonly number: number };

/** Offsets in struct kvm_run. */
const EXIT_REASON = 8;
const UNION = 32;
/** Data words that an internal error can have. */
const MOST_WORDS = 16;

export function readExit({ memory }: Mapping): Exit {
  const view = new DataView(memory);
  const number = view.getUint32(EXIT_REASON, true);
  const word = (index: number): bigint => view.getBigUint64(UNION + 8 * index, true);
  switch (number) {
    case 2: {
      const [size, count] = [view.getUint8(UNION + 1), view.getUint32(UNION + 4, true)];
      return {
        reason: 'io',
        direction: view.getUint8(UNION) === 1 ? 'out' : 'in',
        port: view.getUint16(UNION + 2, true),
        size,
        count,
        data: new Uint8Array(memory, Number(word(1)), size * count),
      };
    }
    case 3:
      return {
        reason: 'hypercall',
        number: word(0),
        parameters: Array.from({ length: 6 }, (_, index) => word(1 + index)),
      };
    case 4:
      return { reason: 'debug' };
    case 5:
      return { reason: 'halted' };
    case 6: {
      const length = Math.min(view.getUint32(UNION + 16, true), 8);
      return {
        reason: 'mmio',
        address: word(0),
        write: view.getUint8(UNION + 20) !== 0,
        data: new Uint8Array(memory, UNION + 8, length),
      };
    }
    case 8:
      return { reason: 'shutdown' };
    case 9:
      return { reason: 'fail-entry', hardware: word(0) };
    case 17: {
      const words = Math.min(view.getUint32(UNION + 4, true), MOST_WORDS);
      return {
        reason: 'internal-error',
        suberror: view.getUint32(UNION, true),
        data: Array.from({ length: words }, (_, index) => word(1 + index)),
      };
    }
    case 24:
      return { reason: 'system-event', type: view.getUint32(UNION, true) };
    case 28:
      return { reason: 'no-syndrome', iss: word(0), address: word(1) };
    case 29:
    case 30:
      return {
        reason: number === 29 ? 'rdmsr' : 'wrmsr',
        why: view.getUint32(UNION + 8, true),
        index: view.getUint32(UNION + 12, true),
        value: word(2),
      };
    default:
      return { reason: 'other', number };
  }
}

/** As a person reads it. */
export function describeExit(exit: Exit): string {
  switch (exit.reason) {
    case 'io':
      return `KVM_EXIT_IO (${exit.direction}, port 0x${exit.port.toString(16)})`;
    case 'mmio':
      return `KVM_EXIT_MMIO (${exit.write ? 'store to' : 'load from'} 0x${exit.address.toString(16)})`;
    case 'halted':
      return 'KVM_EXIT_HLT';
    case 'shutdown':
      return 'KVM_EXIT_SHUTDOWN (a triple fault)';
    case 'hypercall':
      return `KVM_EXIT_HYPERCALL (${exit.number})`;
    case 'debug':
      return 'KVM_EXIT_DEBUG';
    case 'rdmsr':
    case 'wrmsr':
      return `KVM_EXIT_X86_${exit.reason.toUpperCase()} (MSR 0x${exit.index.toString(16)}, reason ${exit.why})`;
    case 'system-event':
      return `KVM_EXIT_SYSTEM_EVENT (type ${exit.type})`;
    case 'no-syndrome':
      return `KVM_EXIT_ARM_NISV (address 0x${exit.address.toString(16)})`;
    case 'fail-entry':
      return `KVM_EXIT_FAIL_ENTRY (0x${exit.hardware.toString(16)})`;
    case 'internal-error':
      return `KVM_EXIT_INTERNAL_ERROR (suberror ${exit.suberror})`;
    case 'other':
      return `exit reason ${exit.number}`;
  }
}
