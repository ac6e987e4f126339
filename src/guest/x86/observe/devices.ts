/** Devices of a PC that KVM may have in the kernel: IOAPIC, PIC and PIT, as a guest finds them. */
import type { KvmError } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { runTable } from '../index.ts';
import type { GuestOperation, X86Guest } from '../index.ts';

/** A device whose access left the guest is not in the kernel: then it is the VMM's, and the value null. */
export interface Devices {
  /** Registers 0 (identification) and 1 (version) of the IOAPIC (Intel 82093AA). */
  readonly ioapicId: bigint | null;
  readonly ioapicVersion: bigint | null;
  /** Interrupt mask registers of the two 8259A after 0xa5 was written to each, and the edge/level registers. */
  readonly pic: readonly bigint[] | null;
  /** Two latched counts of the PIT's channel 0: they differ where it counts. */
  readonly pit: readonly bigint[] | null;
}

const IOAPIC_SELECT = 0xfec0_0000n;
const IOAPIC_WINDOW = 0xfec0_0010n;
const MASK = 0xa5;
const [PIC_MASTER, PIC_SLAVE] = [0x21, 0xa1];
const [EDGE_MASTER, EDGE_SLAVE] = [0x4d0, 0x4d1];
const [PIT_COMMAND, PIT_CHANNEL0] = [0x43, 0x40];
/** Channel 0, low byte then high byte, rate generator. */
const RATE_GENERATOR = 0x34;

const select = (register: number): GuestOperation => ({
  do: 'store',
  address: IOAPIC_SELECT,
  bytes: 4,
  value: BigInt(register),
});
const window: GuestOperation = { do: 'load', address: IOAPIC_WINDOW, bytes: 4 };
const out = (port: number, value: number): GuestOperation => ({ do: 'out', port, bytes: 1, value });
const read = (port: number): GuestOperation => ({ do: 'in', port, bytes: 1 });

const IOAPIC = [select(0), window, select(1), window];
const PIC = [
  ...[out(PIC_MASTER, MASK), out(PIC_SLAVE, MASK)],
  ...[PIC_MASTER, PIC_SLAVE, EDGE_MASTER, EDGE_SLAVE].map(read),
  ...[out(PIC_MASTER, 0xff), out(PIC_SLAVE, 0xff)],
];
const COUNT = [out(PIT_COMMAND, 0), read(PIT_CHANNEL0), read(PIT_CHANNEL0)];
const PIT = [out(PIT_COMMAND, RATE_GENERATOR), out(PIT_CHANNEL0, 0), out(PIT_CHANNEL0, 0), ...COUNT, ...COUNT];

/** A text: how the guest ended. */
export function readDevices(guest: X86Guest): Result<Devices | string, KvmError> {
  const parts = { ioapic: IOAPIC, pic: PIC, pit: PIT };
  const found: { [name in keyof typeof parts]: readonly bigint[] | null } = { ioapic: null, pic: null, pit: null };
  for (const name of ['ioapic', 'pic', 'pit'] as const) {
    const run = runTable(guest, parts[name]);
    if (!run.ok) return run;
    if (run.value.ended !== 'finished') return ok(`${name}: the guest ended with ${run.value.ended}`);
    const values = run.value.outcomes.flatMap((outcome) => (outcome.outcome === 'values' ? outcome.values : []));
    found[name] = run.value.exits.length > 0 ? null : values;
  }
  const { ioapic, pic, pit } = found;
  return ok({
    ioapicId: ioapic?.[0] ?? null,
    ioapicVersion: ioapic?.[1] ?? null,
    pic,
    pit: pit === null ? null : counts(pit),
  });
}

function counts(bytes: readonly bigint[]): bigint[] {
  const [low = 0n, high = 0n, nextLow = 0n, nextHigh = 0n] = bytes;
  return [low | (high << 8n), nextLow | (nextHigh << 8n)];
}
