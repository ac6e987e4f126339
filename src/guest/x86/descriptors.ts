/** Page tables, GDT, TSSs and IDT of a guest in long mode, as bytes in its memory. */
import { BLOCK, GDT, IDT, PAGE_TABLES, VCPU_BLOCK_BYTES, vcpuBlock } from './layout.ts';

/** Selectors. User segments stand in the order that SYSRET wants: STAR[63:48] + 8 is SS, + 16 is CS (SDM 2B, SYSRET). */
export const SELECTOR = { code: 0x08, data: 0x10, userBase: 0x18, userData: 0x20, userCode: 0x28, tss: 0x30 } as const;

/** Selectors of a vCPU's task register: a system descriptor takes two entries (SDM 3A, section 9.2.3). */
export function tssSelector(vcpu: number): number {
  return SELECTOR.tss + 16 * vcpu;
}

const PAGE = 0x1000;
const LARGE_PAGE = 0x20_0000n;
const GIB = 0x4000_0000n;
/** Bits of a paging entry (SDM 3A, table 5-18 and the like). */
const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const UNCACHED = 0x10n;
const LARGE = 0x80n;
/** Below it is RAM, above it what a PC has of devices: no guest here has more than 3 GiB. */
const DEVICES_FROM = 0xc000_0000n;
const GIBS = 4;

/** Identity map of the first 4 GiB in pages of 2 MiB; everything is writable and open to ring 3. */
export function writePageTables(memory: DataView): void {
  const directory = (gib: number): bigint => BigInt(PAGE_TABLES + (2 + gib) * PAGE);
  const entry = (at: number, value: bigint): void => memory.setBigUint64(at, value, true);
  const table = PRESENT | WRITABLE | USER;
  entry(PAGE_TABLES, BigInt(PAGE_TABLES + PAGE) | table);
  for (let gib = 0; gib < GIBS; gib++) {
    entry(PAGE_TABLES + PAGE + 8 * gib, directory(gib) | table);
    for (let page = 0; page < 512; page++) {
      const address = BigInt(gib) * GIB + BigInt(page) * LARGE_PAGE;
      const attributes = table | LARGE | (address >= DEVICES_FROM ? UNCACHED : 0n);
      entry(Number(directory(gib)) + 8 * page, address | attributes);
    }
  }
}

/**
 * Segment descriptors (SDM 3A, section 3.4.5): type and S in bits 44:40, DPL in 46:45, P in 47, L in 53, D/B in 54, G in
 * 55; limits of 4 GiB.
 */
const DESCRIPTORS: Readonly<Record<number, bigint>> = {
  [SELECTOR.code]: 0x00af_9b00_0000_ffffn,
  [SELECTOR.data]: 0x00cf_9300_0000_ffffn,
  // For a SYSRET to 32 bits, whose CS is the base itself.
  [SELECTOR.userBase]: 0x00cf_fb00_0000_ffffn,
  [SELECTOR.userData]: 0x00cf_f300_0000_ffffn,
  [SELECTOR.userCode]: 0x00af_fb00_0000_ffffn,
};

export const TSS_LIMIT = 0x67;

export function gdtLimit(vcpus: number): number {
  return tssSelector(vcpus) - 1;
}

export function writeGdt(memory: DataView, vcpus: number): void {
  for (const [selector, descriptor] of Object.entries(DESCRIPTORS)) {
    memory.setBigUint64(GDT + Number(selector), descriptor, true);
  }
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    const base = BigInt(vcpuBlock(vcpu) + BLOCK.tss);
    // Present, a 64-bit TSS that is busy (type 11): KVM_SET_SREGS loads TR with it.
    const low = BigInt(TSS_LIMIT) | ((base & 0xff_ffffn) << 16n) | (0x8bn << 40n) | (((base >> 24n) & 0xffn) << 56n);
    memory.setBigUint64(GDT + tssSelector(vcpu), low, true);
    memory.setBigUint64(GDT + tssSelector(vcpu) + 8, base >> 32n, true);
  }
}

/** Entries of the interrupt stack table that the gates name. */
const INTERRUPT_STACK = 1;
const DOUBLE_FAULT_STACK = 2;

/** The TSS (SDM 3A, figure 9-11): RSP0 for traps from ring 3 without IST, and the stacks of the IST. */
export function writeTss(memory: DataView, vcpu: number): void {
  const block = vcpuBlock(vcpu);
  const tss = block + BLOCK.tss;
  memory.setBigUint64(tss + 4, BigInt(block + BLOCK.interruptStackTop), true);
  memory.setBigUint64(tss + 0x24, BigInt(block + BLOCK.interruptStackTop), true);
  memory.setBigUint64(tss + 0x2c, BigInt(block + BLOCK.doubleFaultStackTop), true);
  // No I/O permission bitmap: its base is behind the segment's limit.
  memory.setUint16(tss + 0x66, TSS_LIMIT + 1, true);
}

const DOUBLE_FAULT = 8;

/**
 * The IDT (SDM 3A, figure 7-8): 256 interrupt gates, open to INT n from ring 3. All run on a stack of their own, whatever
 * an operation has made of its RSP.
 */
export function writeIdt(memory: DataView, stubs: readonly number[]): void {
  stubs.forEach((handler, vector) => {
    const stack = vector === DOUBLE_FAULT ? DOUBLE_FAULT_STACK : INTERRUPT_STACK;
    const at = IDT + 16 * vector;
    memory.setUint16(at, handler & 0xffff, true);
    memory.setUint16(at + 2, SELECTOR.code, true);
    // Present, DPL 3, type 14: an interrupt gate.
    memory.setUint16(at + 4, stack | (0xee << 8), true);
    memory.setUint16(at + 6, handler >>> 16, true);
    // Offset bits 63:32 and a reserved word: handlers stand below 4 GiB.
    memory.setBigUint64(at + 8, 0n, true);
  });
}

export const IDT_LIMIT: number = 256 * 16 - 1;

/** Handlers mask a block's address out of their stack pointer: every stack lies within its block. */
export const BLOCK_MASK: number = -VCPU_BLOCK_BYTES;
