/** A vCPU's registers at the beginning of a program: long mode or real mode, set from outside instead of by code. */
import { KVM_GET_SREGS, KVM_SET_REGS, KVM_SET_SREGS, KVM_SREGS } from '../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../kvm/index.ts';
import type { Result } from '../../model/index.ts';
import { IDT_LIMIT, TSS_LIMIT, gdtLimit } from './descriptors.ts';
import { BLOCK, GDT, IDT, PAGE_TABLES, VECTOR_TABLE, vcpuBlock } from './layout.ts';
import type { Mode } from './operation.ts';
import { SELECTOR, tssSelector } from './selectors.ts';

/** What the control registers hold when a program begins (SDM 3A, section 2.5; EFER: AMD APM volume 2, section 3.1.7). */
export const INITIAL: Readonly<Record<Mode, { readonly cr0: bigint; readonly cr4: bigint; readonly efer: bigint }>> = {
  // PE, MP, ET, NE, WP, PG; PAE, OSFXSR; LME, LMA.
  long: { cr0: 0x8001_0033n, cr4: 0x220n, efer: 0x500n },
  // ET alone: after a reset CD and NW are set as well.
  real: { cr0: 0x10n, cr4: 0n, efer: 0n },
};

/** Bit 1 of RFLAGS is always set; interrupts are off. */
export const INITIAL_FLAGS = 2n;

/** Offsets in struct kvm_sregs (arch/x86/include/uapi/asm/kvm.h) of what KVM_SREGS does not name. */
const SREGS = { ds: 24, es: 48, fs: 72, gs: 96, ss: 120, tr: 144, ldt: 168, gdt: 192, idt: 208, cr8: 256 } as const;

/** struct kvm_segment. */
interface Segment {
  readonly base: number;
  readonly limit: number;
  readonly selector: number;
  readonly type: number;
  /** Descriptor privilege level 0; present; granularity follows from the limit. */
  readonly s: 0 | 1;
  readonly db: 0 | 1;
  readonly l: 0 | 1;
}

const FLAT = 0xffff_ffff;
/** Segment types (SDM 3A, table 3-1): data read/write accessed, code execute/read accessed; 11: a busy TSS. */
const DATA = 3;
const CODE = 11;
const BUSY_TSS = 11;

export interface Start {
  readonly mode: Mode;
  /** The vCPU's place: which block is its own. */
  readonly vcpu: number;
  readonly vcpus: number;
  /** Address of the first instruction, and in real mode the base of its segment. */
  readonly entry: number;
  readonly codeBase: number;
}

/** Sets segments, tables, control registers and general registers; MSRs and the FPU stay as they are. */
export function startVcpu(fd: Vcpu, start: Start): Result<number, KvmError> {
  const sregs = new Uint8Array(KVM_SREGS.size);
  const got = fd.raw(KVM_GET_SREGS, sregs, '');
  if (!got.ok) return got;
  const view = new DataView(sregs.buffer);
  if (start.mode === 'long') longMode(view, start);
  else realMode(view, start);
  const set = fd.raw(KVM_SET_SREGS, sregs, `${start.mode} mode`);
  if (!set.ok) return set;
  return fd.structReturning(
    KVM_SET_REGS,
    start.mode === 'long'
      ? {
          rip: BigInt(start.entry),
          rsp: BigInt(vcpuBlock(start.vcpu) + BLOCK.stackTop),
          rflags: INITIAL_FLAGS,
        }
      : { rip: BigInt(start.entry - start.codeBase), rsp: BigInt(BLOCK.stackTop), rflags: INITIAL_FLAGS },
    `rip=0x${start.entry.toString(16)}`,
  );
}

function longMode(view: DataView, { vcpu, vcpus }: Start): void {
  const data: Segment = { base: 0, limit: FLAT, selector: SELECTOR.data, type: DATA, s: 1, db: 1, l: 0 };
  segment(view, KVM_SREGS.fields.cs.offset, { ...data, selector: SELECTOR.code, type: CODE, db: 0, l: 1 });
  for (const offset of [SREGS.ds, SREGS.es, SREGS.fs, SREGS.gs, SREGS.ss]) segment(view, offset, data);
  const tss = { base: vcpuBlock(vcpu) + BLOCK.tss, limit: TSS_LIMIT, selector: tssSelector(vcpu) };
  segment(view, SREGS.tr, { ...tss, type: BUSY_TSS, s: 0, db: 0, l: 0 });
  table(view, SREGS.gdt, GDT, gdtLimit(vcpus));
  table(view, SREGS.idt, IDT, IDT_LIMIT);
  control(view, 'long');
}

const REAL_MODE_VECTORS_LIMIT = 0x3ff;

function realMode(view: DataView, { codeBase, vcpu }: Start): void {
  const data: Segment = { base: 0, limit: FLAT, selector: 0, type: DATA, s: 1, db: 0, l: 0 };
  segment(view, KVM_SREGS.fields.cs.offset, { ...data, base: codeBase, selector: codeBase >> 4, type: CODE });
  for (const offset of [SREGS.ds, SREGS.es, SREGS.fs, SREGS.gs]) segment(view, offset, data);
  const block = vcpuBlock(vcpu);
  segment(view, SREGS.ss, { ...data, base: block, selector: block >> 4 });
  table(view, SREGS.idt, VECTOR_TABLE, REAL_MODE_VECTORS_LIMIT);
  control(view, 'real');
}

function segment(view: DataView, at: number, { base, limit, selector, type, s, db, l }: Segment): void {
  view.setBigUint64(at, BigInt(base), true);
  view.setUint32(at + 8, limit, true);
  view.setUint16(at + 12, selector, true);
  // type, present, dpl, db, s, l, g, avl, unusable: a byte each.
  [type, 1, 0, db, s, l, limit === FLAT ? 1 : 0, 0, 0].forEach((part, index) => view.setUint8(at + 14 + index, part));
}

function table(view: DataView, at: number, base: number, limit: number): void {
  view.setBigUint64(at, BigInt(base), true);
  view.setUint16(at + 8, limit, true);
}

function control(view: DataView, mode: Mode): void {
  const { cr0, cr4, efer } = INITIAL[mode];
  view.setBigUint64(KVM_SREGS.fields.cr0.offset, cr0, true);
  view.setBigUint64(KVM_SREGS.fields.cr3.offset, mode === 'long' ? BigInt(PAGE_TABLES) : 0n, true);
  view.setBigUint64(KVM_SREGS.fields.cr4.offset, cr4, true);
  view.setBigUint64(SREGS.cr8, 0n, true);
  view.setBigUint64(KVM_SREGS.fields.efer.offset, efer, true);
}
