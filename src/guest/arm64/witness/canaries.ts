/** State that nothing in the witness needs: written once, read in each round, and lost where a restore loses it. */
import type { WitnessTable } from '../../witness.ts';
import type { GuestOperation } from '../operation.ts';
import { load, msr, store } from '../operations.ts';
import { DISTRIBUTOR, REDISTRIBUTOR } from './interrupts.ts';
import { GICR_PENDBASER, GICR_PROPBASER, GITS_BASER0, GITS_BASER1, GITS_CBASER, ITS } from './its.ts';
import { defaultReads, readOf } from './reads.ts';

/** Registers that every vCPU has, and a value that is no reset value; bits that a register has not are left out. */
const REGISTERS: readonly (readonly [name: string, value: bigint])[] = [
  ['TPIDR_EL0', 0x5443_5049_4452_4530n],
  ['TPIDRRO_EL0', 0x5443_5049_4452_524fn],
  ['TPIDR_EL1', 0x5443_5049_4452_4531n],
  ['CONTEXTIDR_EL1', 0x434f_4e54n],
  ['TTBR1_EL1', 0x4000_0000n],
  ['CNTKCTL_EL1', 0x3n],
];

/** GICD_ISENABLER, ISPENDR and IPRIORITYR of SPIs 32 to 63: 40 enabled at no priority that is let through, 41 pending. */
const SPIS: readonly (readonly [name: string, offset: number, value: bigint])[] = [
  ['GICD_IPRIORITYR10', 0x428, 0xf8f8_f8f8n],
  ['GICD_ISENABLER1', 0x104, 1n << 8n],
  ['GICD_ISPENDR1', 0x204, 1n << 9n],
  ['GICD_ICFGR2', 0xc08, 0x000a_0000n],
];

/** Where interrupt translation has its tables, as the witness's start wrote it. */
const TABLES: readonly (readonly [path: string, address: number])[] = [
  ['vgic/v3/GICR_PROPBASER', REDISTRIBUTOR + GICR_PROPBASER],
  ['vgic/v3/GICR_PENDBASER', REDISTRIBUTOR + GICR_PENDBASER],
  ['vgic/its/GITS_CBASER', ITS + GITS_CBASER],
  ['vgic/its/GITS_BASER0', ITS + GITS_BASER0],
  ['vgic/its/GITS_BASER1', ITS + GITS_BASER1],
];

/** The setup and the reads of what it wrote. */
export function canaries(): WitnessTable<GuestOperation> {
  const registers = REGISTERS.map(([name, value]) => ({ name, value, read: readOf(`reg/${name}`) }));
  return {
    setup: [
      ...registers.map(({ name, value }) => msr(name, value)),
      ...SPIS.map(([, offset, value]) => store(32, DISTRIBUTOR + offset, value)),
    ],
    reads: [
      ...registers.flatMap(({ read }) => (read === null ? [] : [read])),
      ...SPIS.map(([name, offset]) => ({ path: `vgic/v3/${name}`, operation: load(32, DISTRIBUTOR + offset) })),
      ...TABLES.map(([path, address]) => ({ path, operation: load(64, address) })),
    ],
  };
}

/** What a witness reads and writes where nobody says otherwise. */
export function defaultTable(): WitnessTable<GuestOperation> {
  const { setup, reads } = canaries();
  return { setup, reads: [...defaultReads(), ...reads] };
}
