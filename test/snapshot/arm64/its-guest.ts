/**
 * A guest of two vCPUs that takes interrupts of a device through the ITS. The host plays the device's driver: tables,
 * commands and registers as a guest's driver would have written them (IHI 0069, chapter 5; arm-vgic-its.rst). The guest
 * polls: it acknowledges what is pending, writes down its number, ends it.
 */
import { a64 } from '../../../src/guest/arm64/index.ts';
import { hex } from '../../../src/model/index.ts';
import type { Hex } from '../../../src/model/index.ts';
import type { Preset } from '../../../src/worker/state-presets.ts';

/** Guest-physical addresses; tables begin at 64 KiB, the page size that KVM's ITS has. */
const LOG = 0x4000_8000;
const QUEUE = 0x4001_0000n;
const DEVICE_TABLE = 0x4002_0000n;
const COLLECTION_TABLE = 0x4003_0000n;
const ITT = 0x4004_0000n;
const PROPERTIES = 0x4005_0000n;
const PENDING = [0x4006_0000n, 0x4007_0000n] as const;

/** Bytes of a vCPU's log: how often it polled, the number it acknowledged last, how many it acknowledged. */
const STRIDE = 64;
const POLLS = 0;
const LAST = 8;
const TAKEN = 16;

const ICC = { PMR: 0xc230, IAR1: 0xc660, EOIR1: 0xc661, IGRPEN1: 0xc667 } as const;
/** INTID of "nothing pending". */
const SPURIOUS = 1023;
const FIRST_LPI = 8192n;

export function pollingGuest(): string {
  const { bytes } = a64.assemble(0x4000_0000, [
    ...a64.mov(1, LOG),
    ...a64.mov(3, STRIDE),
    a64.madd(1, 0, 3, 1),
    ...a64.mov(2, 0xf8),
    a64.msr(ICC.PMR, 2),
    ...a64.mov(2, 1),
    a64.msr(ICC.IGRPEN1, 2),
    a64.ISB,
    a64.label('poll'),
    a64.ldr(64, 2, 1, POLLS),
    a64.addImmediate(2, 2, 1),
    a64.str(64, 2, 1, POLLS),
    a64.mrs(4, ICC.IAR1),
    ...a64.mov(5, SPURIOUS),
    a64.cmp(4, 5),
    a64.bCond('eq', 'poll'),
    a64.str(64, 4, 1, LAST),
    a64.ldr(64, 2, 1, TAKEN),
    a64.addImmediate(2, 2, 1),
    a64.str(64, 2, 1, TAKEN),
    a64.msr(ICC.EOIR1, 4),
    a64.b('poll'),
  ]);
  return Buffer.from(bytes).toString('base64');
}

/** For each vCPU polls, last, taken. */
export const LOG_WORDS: readonly Hex[] = [0, 1].flatMap((vcpu) =>
  [POLLS, LAST, TAKEN].map((offset) => hex(LOG + STRIDE * vcpu + offset)),
);

const VALID = 1n << 63n;
/** GITS_BASER.Page_Size: 64 KiB. */
const PAGES_OF_64K = 2n << 8n;
/** GICR_PROPBASER.IDbits: interrupts of 16 bits. */
const ID_BITS = 15n;

const DEVICE = 3n;
/** MAPD: 2^5 events. */
const EVENT_BITS = 5n;

/** Commands of four words; numbers in bits 7:0 of the first (IHI 0069, 5.3). */
const COMMAND = {
  interrupt: (event: bigint): bigint[] => [0x03n | (DEVICE << 32n), event, 0n, 0n],
  mapDevice: [0x08n | (DEVICE << 32n), EVENT_BITS - 1n, VALID | ITT, 0n],
  mapCollection: (vcpu: bigint): bigint[] => [0x09n, 0n, VALID | (vcpu << 16n) | vcpu, 0n],
  mapEvent: (event: bigint, vcpu: bigint): bigint[] => [
    0x0an | (DEVICE << 32n),
    event | ((FIRST_LPI + event) << 32n),
    vcpu,
    0n,
  ],
} as const;
const COMMAND_BYTES = 32n;

const its = (offset: number, value: bigint): Preset => ({
  on: 'its',
  group: 8,
  attribute: hex(offset),
  value: hex(value),
});
const redistributor = (vcpu: bigint, offset: bigint, value: bigint): Preset => ({
  on: 'vgic-v3',
  group: 5,
  attribute: hex((vcpu << 32n) | offset),
  value: hex(value),
});

/** Commands into the queue from `first` on, and GITS_CWRITER behind them: the ITS carries them out at once. */
function commands(first: number, list: readonly (readonly bigint[])[]): Preset[] {
  const words = list.flat();
  return [
    ...words.map((value, index): Preset => ({
      address: hex(QUEUE + COMMAND_BYTES * BigInt(first) + 8n * BigInt(index)),
      value: hex(value),
    })),
    its(0x88, COMMAND_BYTES * BigInt(first + list.length)),
  ];
}

/** Priority 0xa0, enabled. */
const PROPERTY = 0xa1n;

/** What a driver does once; events 0 and 1 of the device go to vCPU 0 and 1, and both are raised. */
export function deviceSetUp(): Preset[] {
  const setUp = [
    COMMAND.mapDevice,
    ...[0n, 1n].flatMap((vcpu) => [COMMAND.mapCollection(vcpu), COMMAND.mapEvent(vcpu, vcpu)]),
  ];
  return [
    { address: hex(PROPERTIES), value: hex(PROPERTY | (PROPERTY << 8n)) },
    // GICD_CTLR: EnableGrp1, and what is always set.
    { on: 'vgic-v3', group: 1, attribute: '0x0', value: '0x52' },
    ...PENDING.flatMap((table, index) => [
      redistributor(BigInt(index), 0x80n + 0x1_0000n, 0xffff_ffffn),
      redistributor(BigInt(index), 0x70n, PROPERTIES | ID_BITS),
      redistributor(BigInt(index), 0x78n, table),
      redistributor(BigInt(index), 0x0n, 1n),
    ]),
    its(0x80, VALID | QUEUE),
    its(0x100, VALID | DEVICE_TABLE | PAGES_OF_64K),
    its(0x108, VALID | COLLECTION_TABLE | PAGES_OF_64K),
    its(0x0, 1n),
    ...commands(0, [...setUp, COMMAND.interrupt(0n), COMMAND.interrupt(1n)]),
  ];
}

/** How many commands `deviceSetUp` gave. */
const SET_UP_COMMANDS = 7;

/** Both events are raised again, by the ITS that has only what was restored. */
export function raiseAgain(): Preset[] {
  return commands(SET_UP_COMMANDS, [COMMAND.interrupt(0n), COMMAND.interrupt(1n)]);
}

export const FIRST_EVENT_LPI: bigint = FIRST_LPI;
