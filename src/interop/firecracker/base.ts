/**
 * What a template is laid over: the configuration that Firecracker's guests have without one on the host where the guest
 * is to start. Best is what Firecracker itself dumped there; a surface that was probed there says what KVM offers, from
 * which Firecracker starts, and not what it then writes over it.
 */
import { fromHex, isHex } from '../../model/index.ts';
import type { MeasuredSurface, Surface } from '../../model/index.ts';
import { vendorOf } from './apply.ts';
import { BOOT_MSRS, normalizationOf } from './normalization.ts';
import { rowsOf } from './rows.ts';
import type { Row } from './rows.ts';
import type { Slot } from './slot.ts';

export interface Base {
  /** As the person named it. */
  readonly name: string;
  readonly surface: Surface;
  readonly measured: MeasuredSurface;
}

export function isDump({ surface: { sections } }: Base): boolean {
  return ['firecracker.cpuid', 'firecracker.registers'].some((name) => sections[name]?.outcome === 'measured');
}

/** What Firecracker writes over a template, of one word. */
export interface Overwritten {
  readonly mask: bigint;
  /** The bits of `mask` whose value is known without the host, and that value. */
  readonly constant: bigint;
  readonly value: bigint;
  /** The bits of `mask` of which only a dump of Firecracker's says what they are. */
  readonly dumped: bigint;
}

const NOTHING: Overwritten = { mask: 0n, constant: 0n, value: 0n, dumped: 0n };

export function overwritten({ surface }: Base, slot: Slot): Overwritten {
  switch (slot.in) {
    case 'cpuid': {
      const vendor = surface.host?.cpu.vendor ?? vendorOf(surface);
      const rows = normalizationOf(vendor, slot.leaf, slot.subleaf, slot.register);
      return rows.reduce(
        (sum, { mask, written, value = 0n }) => ({
          mask: sum.mask | mask,
          constant: sum.constant | (written === 'constant' ? mask : 0n),
          value: sum.value | value,
          dumped: sum.dumped | (written === 'host' || written === 'vcpus' ? mask : 0n),
        }),
        NOTHING,
      );
    }
    case 'msrs': {
      const value = BOOT_MSRS.get(slot.index);
      const all = (1n << 64n) - 1n;
      return value === undefined ? NOTHING : { mask: all, constant: all, value, dumped: 0n };
    }
    case 'registers':
    case 'features':
      return NOTHING;
  }
}

/** KVM_CPUID_FLAG_SIGNIFCANT_INDEX (arch/x86/include/uapi/asm/kvm.h). */
const SIGNIFICANT_INDEX = 1;

/** Leaves of which KVM lists every subleaf with that flag (Linux 7.3, cpuid_function_is_indexed). */
const LEAVES_WITH_SUBLEAVES: ReadonlySet<number> = new Set([
  0x4, 0x7, 0xb, 0xd, 0xf, 0x10, 0x12, 0x14, 0x17, 0x18, 0x1d, 0x1e, 0x1f, 0x23, 0x24, 0x8000_001d,
]);

/** Of struct kvm_cpuid_entry2: as this host has them, because Firecracker writes a template's flags into the entry. */
export function cpuidFlags(surface: Surface | null, leaf: number, subleaf: number): number {
  const sections = surface?.sections ?? {};
  const rows = [...rowsOf(sections['firecracker.cpuid'], 'entries'), ...rowsOf(sections['cpuid'], 'supported')];
  const flags = rows.find((row) => numberOf(row, 'leaf') === leaf && numberOf(row, 'subleaf') === subleaf)?.['flags'];
  return typeof flags === 'number' ? flags : LEAVES_WITH_SUBLEAVES.has(leaf) ? SIGNIFICANT_INDEX : 0;
}

function numberOf(row: Row, name: string): number | null {
  const held = row[name];
  return typeof held === 'string' && isHex(held) ? Number(fromHex(held)) : null;
}
