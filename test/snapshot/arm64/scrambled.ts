/**
 * Presets that give every register of a stopped guest that can hold any value another one, and the registers of its vGICv3
 * what a guest could have written: what a real guest leaves behind is a part of it.
 */
import { MPIDR_EL1 } from '../../../src/arch/arm64/ids.ts';
import { wordOf } from '../../../src/arch/arm64/names.ts';
import type { StateSection } from '../../../src/arch/arm64/sections.ts';
import { registerBytes } from '../../../src/kvm/index.ts';
import { fromHex, hex, isHex } from '../../../src/model/index.ts';
import type { Surface } from '../../../src/model/index.ts';
import type { Preset } from '../../../src/worker/state-presets.ts';

/** 2^64 divided by the golden ratio, odd: multiples of it differ in all of their bits. */
const GOLDEN = 0x9e37_79b9_7f4a_7c15n;

function pattern(seed: bigint, bits: number): bigint {
  let value = 0n;
  for (let at = 0n; at < BigInt(bits); at += 64n) value |= BigInt.asUintN(64, GOLDEN * (seed + at + 1n)) << at;
  return BigInt.asUintN(bits, value);
}

/** What is behind them is what the registers hold that set it. */
const SHARED: ReadonlySet<string> = new Set(['reg/PMINTENCLR_EL1', 'reg/PMCNTENCLR_EL0', 'reg/PMOVSCLR_EL0']);

/** Registers of which the recorded kernel takes every bit (section `state`), all of every vCPU. */
export function scrambledRegisters(surface: Surface, vcpus: number): Preset[] {
  const section = surface.sections['state'];
  if (section?.outcome !== 'measured') throw new Error('the surface has no state');
  // The section of that name (arch/arm64/sections.ts).
  const { free } = section.data as StateSection;
  const ids = free.filter(isHex).filter((id) => fromHex(id) !== MPIDR_EL1 && !SHARED.has(wordOf(fromHex(id))));
  return Array.from({ length: vcpus }, (_, vcpu) =>
    ids.map((register): Preset => {
      const id = fromHex(register);
      return { register, vcpu, value: hex(pattern(BigInt.asUintN(24, id) + BigInt(vcpu), 8 * registerBytes(id))) };
    }),
  ).flat();
}

const DISTRIBUTOR = 1;
const REDISTRIBUTOR = 5;
const CPU_INTERFACE = 6;
const LINE_LEVELS = 7;
const SGI_FRAME = 0x1_0000n;
/** Affinities of the first vCPUs, as KVM numbers them: Aff0. */
const affinity = (vcpu: number): bigint => BigInt(vcpu) << 32n;

function vgic(group: number, attribute: bigint, value: bigint): Preset {
  return { on: 'vgic-v3', group, attribute: hex(attribute), value: hex(value) };
}

/** Priorities of 5 bits, triggers in the upper bit of two, as KVM keeps them (vgic-mmio.c). */
const PRIORITIES = 0xf8f8_f8f8n;
const TRIGGERS = 0xaaaa_aaaan;
const TRIGGERED: readonly bigint[] = [0xc08n, 0xc0cn].map((at) => pattern(at, 32) & TRIGGERS);
/** Those of the 32 whose line has a level. */
const LEVEL_TRIGGERED: bigint = Array.from({ length: 32 }, (_, index) => index).reduce((lines, index) => {
  const edge = ((TRIGGERED[index >> 4] ?? 0n) >> BigInt(2 * (index & 15) + 1)) & 1n;
  return edge === 1n ? lines : lines | (1n << BigInt(index));
}, 0n);

/** Interrupts 32 to 63 of the distributor, private ones and the CPU interface of each vCPU. */
export function scrambledVgic(vcpus: number): Preset[] {
  const some = (offset: number, seed: number): bigint => pattern(BigInt(offset + 7 * seed), 32);
  const shared = [
    // EnableGrp1; ARE and DS are always set.
    vgic(DISTRIBUTOR, 0x0n, 0x52n),
    vgic(DISTRIBUTOR, 0x84n, some(0x84, 0)),
    ...TRIGGERED.map((value, index) => vgic(DISTRIBUTOR, 0xc08n + 4n * BigInt(index), value)),
    ...[0x420n, 0x424n, 0x43cn].map((at) => vgic(DISTRIBUTOR, at, some(Number(at), 0) & PRIORITIES)),
    vgic(DISTRIBUTOR, 0x6100n, 1n),
    vgic(DISTRIBUTOR, 0x61f8n, 1n),
    ...[0x104n, 0x204n, 0x304n].map((at) => vgic(DISTRIBUTOR, at, some(Number(at), 0))),
    vgic(LINE_LEVELS, 32n, some(7, 32) & LEVEL_TRIGGERED),
  ];
  const own = Array.from({ length: vcpus }, (_, vcpu) => {
    const at = (offset: bigint): bigint => affinity(vcpu) | offset;
    return [
      vgic(REDISTRIBUTOR, at(SGI_FRAME + 0x80n), some(0x80, vcpu)),
      // SGIs are enabled by initialization: that some are not is state.
      vgic(REDISTRIBUTOR, at(SGI_FRAME + 0x180n), 0xffff_ffffn),
      vgic(REDISTRIBUTOR, at(SGI_FRAME + 0x100n), some(0x100, vcpu)),
      vgic(REDISTRIBUTOR, at(SGI_FRAME + 0x200n), some(0x200, vcpu) & 0xffffn),
      vgic(REDISTRIBUTOR, at(SGI_FRAME + 0x300n), some(0x300, vcpu) & 0xffffn),
      vgic(REDISTRIBUTOR, at(SGI_FRAME + 0x404n), some(0x404, vcpu) & PRIORITIES),
      vgic(CPU_INTERFACE, at(0xc230n), 0xf0n),
      vgic(CPU_INTERFACE, at(0xc643n), 3n),
      vgic(CPU_INTERFACE, at(0xc663n), 4n),
      vgic(CPU_INTERFACE, at(0xc666n), 1n),
      vgic(CPU_INTERFACE, at(0xc667n), 1n),
      // An active group 1 interrupt of priority 0xa0 (5 bits: 0x14).
      vgic(CPU_INTERFACE, at(0xc648n), 1n << 0x14n),
    ];
  }).flat();
  return [...shared, ...own];
}
