/** Registers in the frames of distributor, redistributor and ITS, and what of them a guest can write. */
import type { Read } from '../../../../arch/arm64/observed-sections.ts';
import { FRAME } from '../../../../guest/arm64/behaviour/index.ts';
import { load } from '../../../../guest/arm64/index.ts';
import type { GuestOperation, Outcome, Place } from '../../../../guest/arm64/index.ts';
import { hex } from '../../../../model/index.ts';
import { read } from './registers.ts';

interface FrameRegister {
  readonly name: string;
  readonly at: number;
  readonly width: 32 | 64;
  /** Bits to flip; none where a write would start something. */
  readonly flip?: bigint;
}

const WORD = 0xffff_ffffn;
const of = (base: number, name: string, offset: number, flip?: bigint, width: 32 | 64 = 32): FrameRegister => ({
  name,
  at: base + offset,
  width,
  ...(flip === undefined ? {} : { flip }),
});

/** Names and offsets: Arm IHI 0069, 12.9 (GICD), 12.11 (GICR), 12.19 (GITS). */
const REGISTERS: readonly FrameRegister[] = [
  of(FRAME.distributor, 'GICD_CTLR', 0x0, WORD),
  of(FRAME.distributor, 'GICD_TYPER', 0x4, WORD),
  of(FRAME.distributor, 'GICD_IIDR', 0x8, WORD),
  of(FRAME.distributor, 'GICD_TYPER2', 0xc, WORD),
  of(FRAME.distributor, 'GICD_STATUSR', 0x10),
  of(FRAME.distributor, 'GICD_IGROUPR1', 0x84, WORD),
  of(FRAME.distributor, 'GICD_ISENABLER1', 0x104),
  of(FRAME.distributor, 'GICD_IPRIORITYR8', 0x420, WORD),
  of(FRAME.distributor, 'GICD_ITARGETSR8', 0x820, WORD),
  of(FRAME.distributor, 'GICD_ICFGR2', 0xc08, WORD),
  of(FRAME.distributor, 'GICD_IGRPMODR1', 0xd04, WORD),
  of(FRAME.distributor, 'GICD_IROUTER32', 0x6100, 0xffff_ffff_ffff_ffffn, 64),
  of(FRAME.distributor, 'GICD_PIDR2', 0xffe8, WORD),
  // EnableLPIs is a behaviour test of its own.
  of(FRAME.redistributor, 'GICR_CTLR', 0x0, WORD & ~1n),
  of(FRAME.redistributor, 'GICR_IIDR', 0x4, WORD),
  of(FRAME.redistributor, 'GICR_TYPER', 0x8, undefined, 64),
  of(FRAME.redistributor, 'GICR_STATUSR', 0x10),
  of(FRAME.redistributor, 'GICR_WAKER', 0x14, WORD),
  of(FRAME.redistributor, 'GICR_PROPBASER', 0x70, 0xffff_ffff_ffff_ffffn, 64),
  of(FRAME.redistributor, 'GICR_PENDBASER', 0x78, 0xffff_ffff_ffff_ffffn, 64),
  of(FRAME.redistributor, 'GICR_SYNCR', 0xc0),
  of(FRAME.redistributor, 'GICR_PIDR2', 0xffe8),
  of(FRAME.sgi, 'GICR_IGROUPR0', 0x80, WORD),
  of(FRAME.sgi, 'GICR_ISENABLER0', 0x100),
  of(FRAME.sgi, 'GICR_IPRIORITYR0', 0x400, WORD),
  of(FRAME.sgi, 'GICR_ICFGR0', 0xc00, WORD),
  of(FRAME.sgi, 'GICR_ICFGR1', 0xc04, WORD),
  of(FRAME.sgi, 'GICR_IGRPMODR0', 0xd00, WORD),
  of(FRAME.sgi, 'GICR_NSACR', 0xe00, WORD),
  of(FRAME.its, 'GITS_CTLR', 0x0, WORD & ~1n),
  of(FRAME.its, 'GITS_IIDR', 0x4, WORD),
  of(FRAME.its, 'GITS_TYPER', 0x8, undefined, 64),
  of(FRAME.its, 'GITS_CBASER', 0x80, undefined, 64),
  of(FRAME.its, 'GITS_CWRITER', 0x88, undefined, 64),
  of(FRAME.its, 'GITS_CREADR', 0x90, undefined, 64),
  of(FRAME.its, 'GITS_BASER0', 0x100, undefined, 64),
  of(FRAME.its, 'GITS_BASER1', 0x108, undefined, 64),
  of(FRAME.its, 'GITS_BASER2', 0x110, undefined, 64),
  of(FRAME.its, 'GITS_PIDR2', 0xffe8),
];

/** Of the CPU interface, what a guest writes: masks and points without which no interrupt comes. */
const CPU_INTERFACE: readonly (readonly [string, bigint])[] = [
  ['ICC_CTLR_EL1', 0x8_ffffn],
  ['ICC_SRE_EL1', 0x7n],
  ['ICC_PMR_EL1', 0xffn],
  ['ICC_BPR0_EL1', 0x7n],
  ['ICC_BPR1_EL1', 0x7n],
];

const TRIED: readonly { readonly name: string; readonly at: Place; readonly flip: bigint }[] = [
  ...REGISTERS.flatMap(({ name, at, width, flip }) =>
    flip === undefined ? [] : [{ name, at: { width, address: hex(at) }, flip }],
  ),
  ...CPU_INTERFACE.map(([register, flip]) => ({ name: register, at: { register }, flip })),
];

export const FRAME_TABLE: readonly GuestOperation[] = REGISTERS.map(({ at, width }) => load(width, at));

/** Values: before, after; then the first is written back. */
export const WRITABLE_TABLE: readonly GuestOperation[] = TRIED.map(({ at, flip }) => ({
  kind: 'try',
  at,
  write: { flip: hex(flip) },
}));

export function framesRead(outcomes: readonly Outcome[]): (readonly [name: string, value: Read])[] {
  return REGISTERS.map(({ name }, at) => [name, read(outcomes[at])]);
}

export function writableBits(outcomes: readonly Outcome[]): (readonly [name: string, flipped: string, taken: Read])[] {
  return TRIED.map(({ name, flip }, at) => {
    const outcome = outcomes[at];
    const [before, after] = outcome?.kind === 'values' ? outcome.values : [];
    const taken = before === undefined || after === undefined ? read(outcome) : hex((before ^ after) & flip);
    return [name, hex(flip), taken];
  });
}
