/**
 * The guest of QEMU's round trips: the witness with all that it can read, as files that a QEMU loads, and the machine around
 * it. One vCPU, and as little memory as holds it: all of it goes through the stream.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as arm64 from '../../guest/arm64/witness/index.ts';
import { BOOT_BASE, bootImage } from '../../guest/arm64/firmware.ts';
import { AREA } from '../../guest/arm64/witness/layout.ts';
import { useIts } from '../../guest/arm64/witness/load.ts';
import { witnessProgram as arm64Program } from '../../guest/arm64/witness/program.ts';
import { readDescription } from '../../guest/arm64/witness/report.ts';
import type { WitnessReport } from '../../guest/witness.ts';
import { firmware } from '../../guest/x86/firmware.ts';
import { vcpuBlock } from '../../guest/x86/layout.ts';
import * as x86 from '../../guest/x86/witness/index.ts';
import { OWN } from '../../guest/x86/witness/layout.ts';
import { writeProgram } from '../../guest/x86/witness/load.ts';
import { witnessProgram as x86Program } from '../../guest/x86/witness/program.ts';
import { fromHex, hex } from '../../model/index.ts';
import type { Architecture } from '../../model/index.ts';
import { FILES } from '../../worker/qemu-job.ts';
import type { Packed, QemuGuest } from '../../worker/qemu-job.ts';

export interface PackedGuest {
  readonly guest: QemuGuest;
  readonly files: Readonly<Record<string, Packed>>;
  /** QEMU's arguments that load them, and the machine's memory. */
  readonly arguments: readonly string[];
}

/** The oldest machine types that all four versions have: a guest can go back to the oldest QEMU. */
export const MACHINE: Readonly<
  Record<Architecture, { readonly type: string; readonly properties: readonly string[] }>
> = {
  x86_64: { type: 'pc-q35-5.2', properties: [] },
  // Its default is a GICv2, which KVM emulates on few hosts.
  arm64: { type: 'virt-5.2', properties: ['gic-version=3'] },
};

/** Loaded by QEMU as it is, at an address (docs/system/generic-loader.rst). */
const loader = (file: string, at: number): string => `loader,file=${FILES}/${file},addr=${hex(at)},force-raw=on`;

export function packedGuest(architecture: Architecture): PackedGuest {
  return architecture === 'x86_64' ? x86Guest() : arm64Guest();
}

/** Megabytes. A PC's memory has a hole from 640 KiB on; the witness lies below it. */
const MEMORY: Readonly<Record<Architecture, number>> = { x86_64: 4, arm64: 8 };
const HOLE = 0xa_0000;

function x86Guest(): PackedGuest {
  const table = x86.defaultTable();
  const { length } = x86.witnessMemory(table, 1);
  if (length > HOLE) throw new RangeError(`the witness takes ${length} bytes and a PC has ${HOLE} below its hole`);
  const bytes = new Uint8Array(length);
  const program = x86Program(table, [0]);
  writeProgram({ bytes, view: new DataView(bytes.buffer) }, program);
  return {
    guest: { base: hex(0), length, rounds: hex(vcpuBlock(0) + OWN.rounds) },
    files: { 'guest.bios': pack(firmware(program.entries[0] ?? 0)), 'guest.image': pack(bytes) },
    arguments: ['-m', `${MEMORY.x86_64}`, '-bios', `${FILES}/guest.bios`, '-device', loader('guest.image', 0)],
  };
}

function arm64Guest(): PackedGuest {
  const table = arm64.defaultTable();
  const { base, length } = arm64.witnessMemory(table, 1);
  const program = arm64Program(table, 1);
  const bytes = new Uint8Array(length);
  bytes.set(program.bytes);
  const memory = { base, bytes, view: new DataView(bytes.buffer) };
  // The virt machine has one.
  useIts(memory);
  const areas = readDescription(memory)?.areas ?? 0;
  return {
    guest: { base: hex(base), length, rounds: hex(Number(base) + areas + AREA.rounds) },
    files: { 'guest.image': pack(bootImage(program, bytes, 'witness')) },
    arguments: [
      ...['-m', `${MEMORY.arm64}`, '-device', loader('guest.image', BOOT_BASE)],
      // And the first vCPU begins there.
      ...['-device', `loader,addr=${hex(BOOT_BASE)},cpu-num=0`],
    ],
  };
}

function pack(bytes: Uint8Array): Packed {
  return deflateRawSync(bytes).toString('base64');
}

/** What the guest found, in memory that a job brought back; null where that holds no such guest. */
export function witnessIn(architecture: Architecture, { base }: QemuGuest, packed: Packed): WitnessReport | null {
  const bytes = Uint8Array.from(inflateRawSync(Buffer.from(packed, 'base64')));
  const memory = { base: fromHex(base), bytes, view: new DataView(bytes.buffer) };
  return architecture === 'x86_64' ? x86.readWitness(memory) : arm64.readWitness(memory);
}
