/** Section `observed`: what code in a guest with the supported CPUID table read of its machine. */
import type { Hex } from '../../model/index.ts';
import { count, hexOf, listOf, nullable, oneOf, optional, record, text } from './shape.ts';
import type { Shape } from './shape.ts';

/** A leaf, or a subleaf behind the last, that the table does not have. */
export type ObservedLeaf = {
  readonly leaf: Hex;
  readonly subleaf: Hex;
  readonly eax: Hex;
  readonly ebx: Hex;
  readonly ecx: Hex;
  readonly edx: Hex;
};

/** One RDMSR: either `value`, or `fault` as the manuals call the exception. */
export type ObservedMsr = { readonly index: Hex; readonly value?: Hex; readonly fault?: string };

/** Bits of a register that the guest flipped, each alone: read back flipped, read back as before, or #GP. */
export type ObservedBits = {
  readonly register: string;
  /** What the guest found; of control registers what the probe had set. */
  readonly initial: Hex;
  readonly taken: Hex;
  readonly ignored: Hex;
  readonly faulted: Hex;
};

export type ObservedData = {
  /** `long`: all of the below. `real`: what can be done in real mode. */
  readonly mode: 'long' | 'real';
  /** What could not be read, and why. */
  readonly missing: readonly { readonly what: string; readonly why: string }[];
  /**
   * How many leaves of the table were read, those registers that read otherwise than they were set, how many leaves
   * beside the table were asked for, and those of them that are not all 0.
   */
  readonly cpuid: {
    readonly leaves: number;
    readonly differs: readonly { readonly word: string; readonly wrote: Hex; readonly reads: Hex }[];
    readonly asked: number;
    readonly beyond: readonly ObservedLeaf[];
  } | null;
  /**
   * XCR0 at first, what CPUID 0xD says that it may hold, what came of writing all of that, what the guest then read, and
   * what KVM_GET_XCRS said at that time.
   */
  readonly xcr0: {
    readonly initial: Hex;
    readonly supported: Hex;
    readonly write: string;
    readonly taken: Hex;
    readonly noted: Hex | null;
  } | null;
  readonly msrs: readonly ObservedMsr[];
  readonly bits: readonly ObservedBits[];
  /** Registers of the local APIC that are not 0, by offset, through its page. */
  readonly apic: readonly { readonly offset: Hex; readonly value: Hex }[];
  /** Identification and version; null: not in the kernel. */
  readonly ioapic: { readonly id: Hex; readonly version: Hex } | null;
  /** Whether KVM answers for them: a mask that is written reads back, a counter counts. */
  readonly pic: 'in-kernel' | 'other' | 'absent' | null;
  readonly pit: 'in-kernel' | 'other' | 'absent' | null;
  /** KVM's clock after the guest asked for it; kHz follow from it, and vary. */
  readonly clock: {
    readonly flags: Hex;
    readonly khz: number | null;
    /** Whether the wall clock was written. */
    readonly wall: 'written' | 'not written';
  } | null;
  /** kHz of the time stamp counter by the PIT. */
  readonly pitKhz: number | null;
};

const hex32 = hexOf(32);
const hex64 = hexOf(64);
const DEVICE: Shape<'in-kernel' | 'other' | 'absent' | null> = nullable(oneOf(['in-kernel', 'other', 'absent']));

export const OBSERVED: Shape<ObservedData> = record<ObservedData>({
  mode: oneOf(['long', 'real']),
  missing: listOf(record({ what: text, why: text })),
  cpuid: nullable(
    record({
      leaves: count,
      differs: listOf(record({ word: text, wrote: hex32, reads: hex32 })),
      asked: count,
      beyond: listOf(
        record<ObservedLeaf>({ leaf: hex32, subleaf: hex32, eax: hex32, ebx: hex32, ecx: hex32, edx: hex32 }),
      ),
    }),
  ),
  xcr0: nullable(record({ initial: hex64, supported: hex64, write: text, taken: hex64, noted: nullable(hex64) })),
  msrs: listOf(record<ObservedMsr>({ index: hex32, value: optional(hex64), fault: optional(text) })),
  bits: listOf(record<ObservedBits>({ register: text, initial: hex64, taken: hex64, ignored: hex64, faulted: hex64 })),
  apic: listOf(record({ offset: hex32, value: hex32 })),
  ioapic: nullable(record({ id: hex32, version: hex32 })),
  pic: DEVICE,
  pit: DEVICE,
  clock: nullable(record({ flags: hex32, khz: nullable(count), wall: oneOf(['written', 'not written']) })),
  pitKhz: nullable(count),
});
