/**
 * A guest of some forty bytes that executes CPUID for each pair of leaf and subleaf in a table and stores what it
 * gets. It runs in real mode, where a vCPU begins, so it needs neither page tables nor descriptors, nor, unlike the tables
 * of `guest/x86`, segments that an Intel CPU without unrestricted guest mode has to have emulated.
 */
import { KVM_GET_REGS, KVM_GET_SREGS, KVM_RUN, KVM_SET_REGS, KVM_SET_SREGS, KVM_SREGS } from '../../../kvm/index.ts';
import type { KvmError, Mapping, Vcpu } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';

export interface Leaf {
  readonly leaf: number;
  readonly subleaf: number;
}

export interface LeafValue extends Leaf {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** Guest-physical: the code, and behind it the table. All within the 64 KiB that real mode reaches through DS = 0. */
export const CODE = 0x1000;
const TABLE = 0x2000;
/** leaf, subleaf, eax, ebx, ecx, edx. */
const ROW_BYTES = 24;
export const GUEST_BYTES = 0x10000;
/** Where Intel CPUs without unrestricted guest mode keep three pages for real mode; below the BIOS, as QEMU has it. */
export const TSS_ADDRESS = 0xfffb_d000;
export const MAXIMUM_LEAVES: number = (GUEST_BYTES - TABLE) / ROW_BYTES;

/** SI walks the table, BP counts; CPUID leaves both alone. The 0x66 prefix makes a 16-bit move a 32-bit one. */
const LOOP: readonly number[] = [
  ...[0x66, 0x8b, 0x04], // mov eax, [si]
  ...[0x66, 0x8b, 0x4c, 0x04], // mov ecx, [si + 4]
  ...[0x0f, 0xa2], // cpuid
  ...[0x66, 0x89, 0x44, 0x08], // mov [si + 8], eax
  ...[0x66, 0x89, 0x5c, 0x0c], // mov [si + 12], ebx
  ...[0x66, 0x89, 0x4c, 0x10], // mov [si + 16], ecx
  ...[0x66, 0x89, 0x54, 0x14], // mov [si + 20], edx
  ...[0x83, 0xc6, ROW_BYTES], // add si, 24
  0x4d, // dec bp
];
const JNZ_BYTES = 2;
const PROGRAM = Uint8Array.of(
  ...LOOP,
  ...[0x75, 0x100 - LOOP.length - JNZ_BYTES], // jnz to the first instruction
  0xf4, // hlt
);

/** KVM_EXIT_HLT and the other exits that such a guest can come to (include/uapi/linux/kvm.h). */
const EXITS: Readonly<Record<number, string>> = {
  0: 'KVM_EXIT_UNKNOWN',
  2: 'KVM_EXIT_IO',
  5: 'halted',
  6: 'KVM_EXIT_MMIO',
  8: 'KVM_EXIT_SHUTDOWN',
  9: 'KVM_EXIT_FAIL_ENTRY',
  17: 'KVM_EXIT_INTERNAL_ERROR',
};
/** Offset of `exit_reason` in struct kvm_run. */
const EXIT_REASON = 8;
/** Offsets in struct kvm_segment. */
const SEGMENT_BASE = 0;
const SEGMENT_SELECTOR = 12;

/** Puts the program and the leaves into the guest's memory. */
export function load(memory: Mapping, leaves: readonly Leaf[]): void {
  new Uint8Array(memory.memory).set(PROGRAM, CODE);
  const view = new DataView(memory.memory);
  leaves.forEach(({ leaf, subleaf }, row) => {
    view.setUint32(TABLE + row * ROW_BYTES, leaf, true);
    view.setUint32(TABLE + row * ROW_BYTES + 4, subleaf, true);
  });
}

/**
 * Runs the program on a vCPU that has its CPUID. Gives how it ended: `halted`, the exit's name, or KVM_RUN's errno.
 * Blocks for as long as the guest runs: the caller's process is one that may be killed.
 */
export function run(vcpu: Vcpu, leaves: number, runMapping: Mapping): Result<string, KvmError> {
  const sregs = new Uint8Array(KVM_SREGS.size);
  const gotSregs = vcpu.raw(KVM_GET_SREGS, sregs, '');
  if (!gotSregs.ok) return gotSregs;
  const view = new DataView(sregs.buffer);
  for (const segment of ['cs', 'ds'] as const) {
    const { offset } = KVM_SREGS.fields[segment];
    view.setBigUint64(offset + SEGMENT_BASE, 0n, true);
    view.setUint16(offset + SEGMENT_SELECTOR, 0, true);
  }
  const setSregs = vcpu.raw(KVM_SET_SREGS, sregs, 'cs.base=0 ds.base=0');
  if (!setSregs.ok) return setSregs;
  const regs = vcpu.struct(KVM_GET_REGS, {});
  if (!regs.ok) return regs;
  const start = { ...regs.value, rip: BigInt(CODE), rsi: BigInt(TABLE), rbp: BigInt(leaves) };
  const setRegs = vcpu.struct(KVM_SET_REGS, start, 'rip=0x1000');
  if (!setRegs.ok) return setRegs;
  const ran = vcpu.integer(KVM_RUN, 0);
  if (!ran.ok) return ok(ran.error.errnoName);
  const reason = new DataView(runMapping.memory).getUint32(EXIT_REASON, true);
  return ok(EXITS[reason] ?? `exit reason ${reason}`);
}

/** What the guest stored. */
export function results(memory: Mapping, leaves: readonly Leaf[]): LeafValue[] {
  const view = new DataView(memory.memory);
  return leaves.map((leaf, row) => {
    const base = TABLE + row * ROW_BYTES;
    return {
      ...leaf,
      eax: view.getUint32(base + 8, true),
      ebx: view.getUint32(base + 12, true),
      ecx: view.getUint32(base + 16, true),
      edx: view.getUint32(base + 20, true),
    };
  });
}
