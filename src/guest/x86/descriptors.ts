/** Page tables, GDT, TSSs and IDT of a guest in long mode, as bytes in its memory. */
import { longModeHandlers } from './handlers.ts';
import { SELECTOR, tssSelector } from './selectors.ts';
import { BLOCK, GDT, IDT, PAGE_TABLES, vcpuBlock } from './layout.ts';

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

const TABLE_PAGES = 6;

/** The same in every guest, and some thousand numbers of 64 bits: made once a process. */
let pageTables: Uint8Array | null = null;

/** Identity map of the first 4 GiB in pages of 2 MiB; everything is writable and open to ring 3. */
export function writePageTables(memory: Uint8Array): void {
  pageTables ??= makePageTables();
  memory.set(pageTables, PAGE_TABLES);
}

function makePageTables(): Uint8Array {
  const bytes = new Uint8Array(TABLE_PAGES * PAGE);
  const view = new DataView(bytes.buffer);
  const directory = (gib: number): number => (2 + gib) * PAGE;
  const table = PRESENT | WRITABLE | USER;
  const entry = (at: number, value: bigint): void => view.setBigUint64(at, value, true);
  entry(0, BigInt(PAGE_TABLES + PAGE) | table);
  for (let gib = 0; gib < GIBS; gib++) {
    entry(PAGE + 8 * gib, BigInt(PAGE_TABLES + directory(gib)) | table);
    for (let page = 0; page < 512; page++) {
      const address = BigInt(gib) * GIB + BigInt(page) * LARGE_PAGE;
      const attributes = table | LARGE | (address >= DEVICES_FROM ? UNCACHED : 0n);
      entry(directory(gib) + 8 * page, address | attributes);
    }
  }
  return bytes;
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

let gates: Uint8Array | null = null;

/**
 * The IDT (SDM 3A, figure 7-8): 256 interrupt gates, open to INT n from ring 3. All run on a stack of their own, whatever
 * an operation has made of its RSP.
 */
export function writeIdt(memory: Uint8Array): void {
  gates ??= makeGates();
  memory.set(gates, IDT);
}

function makeGates(): Uint8Array {
  const { stubs } = longModeHandlers();
  const bytes = new Uint8Array(stubs.length * 16);
  const view = new DataView(bytes.buffer);
  stubs.forEach((handler, vector) => {
    const stack = vector === DOUBLE_FAULT ? DOUBLE_FAULT_STACK : INTERRUPT_STACK;
    const at = 16 * vector;
    view.setUint16(at, handler & 0xffff, true);
    view.setUint16(at + 2, SELECTOR.code, true);
    // Present, DPL 3, type 14: an interrupt gate. Offset bits 63:32 and the last word stay 0.
    view.setUint16(at + 4, stack | (0xee << 8), true);
    view.setUint16(at + 6, handler >>> 16, true);
  });
  return bytes;
}

export const IDT_LIMIT: number = 256 * 16 - 1;
