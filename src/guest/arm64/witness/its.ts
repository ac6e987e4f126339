/**
 * Message-signalled interrupts: where the machine has an ITS, vCPU 0 has it translate one event for each vCPU, and raises
 * them in each round. Its tables lie in guest memory and are KVM's to fill, the queue of commands too. Registers and
 * commands: IHI 0069, chapters 12.11, 12.19 and 5.3. Tables and queue begin at multiples of 64 KiB, the one page size that
 * KVM has (vgic_sanitise_its_baser and _cbaser, arch/arm64/kvm/vgic/vgic-its.c).
 */
import {
  add,
  addImmediate,
  bl,
  cbnz,
  cbz,
  dsb,
  label,
  ldr,
  mov,
  movLabel,
  movRegister,
  movz,
  orr,
  ret,
  stp,
  str,
  ubfx,
  XZR,
} from '../assembler/index.ts';
import type { Item, Register } from '../assembler/index.ts';
import { GICR_CTLR, REDISTRIBUTOR, REDISTRIBUTOR_SHIFT } from './interrupts.ts';
import { AREA } from './layout.ts';
import { AREA_REGISTER } from './registers.ts';

/** Where plans put it (src/engine/plan/arm64.ts). */
export const ITS = 0x0808_0000;
export const GITS_CBASER = 0x80;
const GITS_CWRITER = 0x88;
/** KVM has the device table in the first, the table of collections in the second. */
export const GITS_BASER0 = 0x100;
export const GITS_BASER1 = 0x108;
export const GICR_PROPBASER = 0x70;
export const GICR_PENDBASER = 0x78;

/** LPIs begin here (IHI 0069, 2.2.1); the vCPU of number n has the n-th, event n and collection n. */
export const FIRST_LPI = 0x2000;
/** log2 of the interrupt ids, less one: 16 bits, of which the upper half and more are LPIs. */
const ID_BITS = 15n;
const PROPERTY_BYTES = 2 ** 16 - FIRST_LPI;
const TABLE_BYTES = 0x1_0000;
const QUEUE_BITS = 12;
/** EventIDs of 5 bits, and 8 bytes for each (GITS_TYPER.ITT_entry_size of KVM). */
const EVENT_BITS = 5n;
const ITT_BYTES = 256;
const DEVICE = 1n;

const COMMAND = { int: 0x3n, mapd: 0x8n, mapc: 0x9n, mapti: 0xan } as const;
const VALID = 1n << 63n;
/** PENDBASER: the table is all zeros. */
const PENDING_ZERO = 1n << 62n;
/** Of an LPI: priority 0xa0, enabled. */
const PROPERTIES = 0xa1;

/** The address of a label, with these bits besides. */
function tableAddress(rd: Register, name: string, bits: bigint, spare: Register): Item[] {
  return [...movLabel(rd, name), ...mov(spare, bits), orr(rd, rd, spare)];
}

/** `its.command`: x0 to x2 are the words of a command, the fourth is 0. KVM carries it out before the store is over. */
export const ITS_COMMAND: readonly Item[] = [
  label('its.command'),
  ldr(64, 3, AREA_REGISTER, AREA.queue),
  ...movLabel(4, 'its.queue'),
  add(4, 4, 3),
  stp(0, 1, 4),
  stp(2, XZR, 4, 16),
  addImmediate(3, 3, 32),
  ubfx(3, 3, 0, QUEUE_BITS),
  str(64, 3, AREA_REGISTER, AREA.queue),
  dsb(),
  ...mov(4, ITS),
  str(64, 3, 4, GITS_CWRITER),
  ret(),
];

function command(words: readonly [bigint, bigint, bigint]): Item[] {
  return [...words.flatMap((word, rd) => mov(rd, word)), bl('its.command')];
}

/**
 * vCPU 0 gives every redistributor the tables of LPIs, whether its vCPU has run or not, and the ITS its own; then it maps:
 * KVM looks into a vCPU's pending table when an event is mapped to it, and refuses where there is none.
 */
export function openIts(vcpus: number): Item[] {
  const events = Array.from({ length: vcpus }, (_, event) => BigInt(event));
  return [
    ldr(64, 0, AREA_REGISTER, AREA.its),
    cbz(0, 'its.done'),
    ldr(64, 0, AREA_REGISTER, AREA.index),
    cbnz(0, 'its.done'),
    ...events.flatMap((event) => [
      ...mov(1, BigInt(REDISTRIBUTOR) + (event << REDISTRIBUTOR_SHIFT)),
      ...tableAddress(2, 'its.properties', ID_BITS, 3),
      str(64, 2, 1, GICR_PROPBASER),
      ...tableAddress(2, 'its.pending', PENDING_ZERO, 3),
      ...mov(3, event * BigInt(TABLE_BYTES)),
      add(2, 2, 3),
      str(64, 2, 1, GICR_PENDBASER),
      movz(2, 1),
      str(32, 2, 1, GICR_CTLR),
    ]),
    ...mov(1, ITS),
    ...(
      [
        ['its.devices', GITS_BASER0],
        ['its.collections', GITS_BASER1],
        ['its.queue', GITS_CBASER],
      ] as const
    ).flatMap(([name, offset]) => [...tableAddress(2, name, VALID, 3), str(64, 2, 1, offset)]),
    movz(2, 1),
    str(32, 2, 1),
    ...tableAddress(2, 'its.events', VALID, 3),
    movRegister(5, 2),
    ...mov(0, COMMAND.mapd | (DEVICE << 32n)),
    ...mov(1, EVENT_BITS - 1n),
    movRegister(2, 5),
    bl('its.command'),
    ...events.flatMap((event) => [
      ...command([COMMAND.mapc, 0n, VALID | (event << 16n) | event]),
      ...command([COMMAND.mapti | (DEVICE << 32n), ((BigInt(FIRST_LPI) + event) << 32n) | event, event]),
    ]),
    label('its.done'),
  ];
}

/** vCPU 0 sends each vCPU its message. */
export function raiseMessages(vcpus: number): Item[] {
  return [
    ldr(64, 0, AREA_REGISTER, AREA.its),
    cbz(0, 'its.raised'),
    ldr(64, 0, AREA_REGISTER, AREA.index),
    cbnz(0, 'its.raised'),
    ...Array.from({ length: vcpus }, (_, event) => command([COMMAND.int | (DEVICE << 32n), BigInt(event), 0n])).flat(),
    label('its.raised'),
  ];
}

/** The tables, at addresses with zeros where their registers have other fields. */
export function itsTables(vcpus: number): Item[] {
  const properties = new Uint8Array(PROPERTY_BYTES);
  properties.fill(PROPERTIES, 0, vcpus);
  return [
    { align: TABLE_BYTES },
    label('its.queue'),
    { zeros: 2 ** QUEUE_BITS },
    label('its.events'),
    { zeros: ITT_BYTES },
    { align: 4096 },
    label('its.properties'),
    { bytes: properties },
    { align: TABLE_BYTES },
    label('its.devices'),
    { zeros: TABLE_BYTES },
    label('its.collections'),
    { zeros: TABLE_BYTES },
    label('its.pending'),
    { zeros: TABLE_BYTES * vcpus },
  ];
}
