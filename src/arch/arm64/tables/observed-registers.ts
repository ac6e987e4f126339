/**
 * Registers by which a guest identifies its machine and that KVM_GET_REG_LIST does not have: a guest alone can tell their
 * values. Facts: Arm ARM (DDI 0487) D24; numbers of events: D13.12, with the names that Linux has.
 */
import type { Comparison, Kind } from '../../../model/index.ts';

export interface ObservedRegisterRow {
  readonly name: string;
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly description: string;
  readonly source: string;
  /** The fields of the table of ID registers; else the register is one element. */
  readonly fields?: true;
  /** Each bit is an element of its own: the event of bit 0, and of bit 32. */
  readonly events?: readonly [low: number, high: number];
}

const ARM = 'Arm ARM D24';
const identity = (name: string, description: string): ObservedRegisterRow => ({
  name,
  kind: 'identity',
  comparison: 'exact',
  description,
  source: ARM,
});
const fields = (name: string, description: string): ObservedRegisterRow => ({
  ...identity(name, description),
  fields: true,
});

export const OBSERVED_REGISTERS: readonly ObservedRegisterRow[] = [
  {
    ...identity('CNTFRQ_EL0', 'frequency of the counters, Hz'),
    source: `${ARM}; KVM has no register for it: firmware sets the CPU's`,
  },
  fields('DCZID_EL0', 'size of the block that DC ZVA clears'),
  fields('GMID_EL1', 'tags that LDGM and STGM move'),
  fields('SMIDR_EL1', 'implementation of streaming mode'),
  {
    ...identity('PMCEID0_EL0', 'common events that can be counted'),
    kind: 'feature',
    comparison: 'subset',
    events: [0x0000, 0x4000],
  },
  {
    ...identity('PMCEID1_EL0', 'common events that can be counted'),
    kind: 'feature',
    comparison: 'subset',
    events: [0x0020, 0x4020],
  },
  identity('LORID_EL1', 'limited ordering regions'),
  identity('ERRIDR_EL1', 'error records'),
  identity('MPAMIDR_EL1', 'partitions of memory bandwidth and caches'),
  identity('PMSIDR_EL1', 'statistical profiling'),
  identity('TRBIDR_EL1', 'trace buffer'),
  identity('BRBIDR0_EL1', 'records of branches'),
  identity('DBGAUTHSTATUS_EL1', 'who may debug'),
  identity('MDRAR_EL1', 'address of debug registers in memory'),
];

const BY_WORD: ReadonlyMap<string, ObservedRegisterRow> = new Map(
  OBSERVED_REGISTERS.map((row) => [`reg/${row.name}`, row]),
);

export function observedRegister(word: string): ObservedRegisterRow | undefined {
  return BY_WORD.get(word);
}

/** Names of common events by number (Arm ARM D13.12; the names are Linux's, arch/arm64/include/asm/perf_event.h of 6.1). */
export const EVENT_NAMES: Readonly<Record<number, string>> = {
  0x0000: 'SW_INCR',
  0x0001: 'L1I_CACHE_REFILL',
  0x0002: 'L1I_TLB_REFILL',
  0x0003: 'L1D_CACHE_REFILL',
  0x0004: 'L1D_CACHE',
  0x0005: 'L1D_TLB_REFILL',
  0x0006: 'LD_RETIRED',
  0x0007: 'ST_RETIRED',
  0x0008: 'INST_RETIRED',
  0x0009: 'EXC_TAKEN',
  0x000a: 'EXC_RETURN',
  0x000b: 'CID_WRITE_RETIRED',
  0x000c: 'PC_WRITE_RETIRED',
  0x000d: 'BR_IMMED_RETIRED',
  0x000e: 'BR_RETURN_RETIRED',
  0x000f: 'UNALIGNED_LDST_RETIRED',
  0x0010: 'BR_MIS_PRED',
  0x0011: 'CPU_CYCLES',
  0x0012: 'BR_PRED',
  0x0013: 'MEM_ACCESS',
  0x0014: 'L1I_CACHE',
  0x0015: 'L1D_CACHE_WB',
  0x0016: 'L2D_CACHE',
  0x0017: 'L2D_CACHE_REFILL',
  0x0018: 'L2D_CACHE_WB',
  0x0019: 'BUS_ACCESS',
  0x001a: 'MEMORY_ERROR',
  0x001b: 'INST_SPEC',
  0x001c: 'TTBR_WRITE_RETIRED',
  0x001d: 'BUS_CYCLES',
  0x001e: 'CHAIN',
  0x001f: 'L1D_CACHE_ALLOCATE',
  0x0020: 'L2D_CACHE_ALLOCATE',
  0x0021: 'BR_RETIRED',
  0x0022: 'BR_MIS_PRED_RETIRED',
  0x0023: 'STALL_FRONTEND',
  0x0024: 'STALL_BACKEND',
  0x0025: 'L1D_TLB',
  0x0026: 'L1I_TLB',
  0x0027: 'L2I_CACHE',
  0x0028: 'L2I_CACHE_REFILL',
  0x0029: 'L3D_CACHE_ALLOCATE',
  0x002a: 'L3D_CACHE_REFILL',
  0x002b: 'L3D_CACHE',
  0x002c: 'L3D_CACHE_WB',
  0x002d: 'L2D_TLB_REFILL',
  0x002e: 'L2I_TLB_REFILL',
  0x002f: 'L2D_TLB',
  0x0030: 'L2I_TLB',
  0x0031: 'REMOTE_ACCESS',
  0x0032: 'LL_CACHE',
  0x0033: 'LL_CACHE_MISS',
  0x0034: 'DTLB_WALK',
  0x0035: 'ITLB_WALK',
  0x0036: 'LL_CACHE_RD',
  0x0037: 'LL_CACHE_MISS_RD',
  0x0038: 'REMOTE_ACCESS_RD',
  0x0039: 'L1D_CACHE_LMISS_RD',
  0x003a: 'OP_RETIRED',
  0x003b: 'OP_SPEC',
  0x003c: 'STALL',
  0x003d: 'STALL_SLOT_BACKEND',
  0x003e: 'STALL_SLOT_FRONTEND',
  0x003f: 'STALL_SLOT',
  0x4000: 'SAMPLE_POP',
  0x4001: 'SAMPLE_FEED',
  0x4002: 'SAMPLE_FILTRATE',
  0x4003: 'SAMPLE_COLLISION',
  0x4004: 'CNT_CYCLES',
  0x4005: 'STALL_BACKEND_MEM',
  0x4006: 'L1I_CACHE_LMISS',
  0x4009: 'L2D_CACHE_LMISS_RD',
  0x400a: 'L2I_CACHE_LMISS',
  0x400b: 'L3D_CACHE_LMISS_RD',
  0x400c: 'TRB_WRAP',
  0x400e: 'TRB_TRIG',
  0x4010: 'TRCEXTOUT0',
  0x4011: 'TRCEXTOUT1',
  0x4012: 'TRCEXTOUT2',
  0x4013: 'TRCEXTOUT3',
  0x4018: 'CTI_TRIGOUT4',
  0x4019: 'CTI_TRIGOUT5',
  0x401a: 'CTI_TRIGOUT6',
  0x401b: 'CTI_TRIGOUT7',
  0x4020: 'LDST_ALIGN_LAT',
  0x4021: 'LD_ALIGN_LAT',
  0x4022: 'ST_ALIGN_LAT',
  0x4024: 'MEM_ACCESS_CHECKED',
  0x4025: 'MEM_ACCESS_CHECKED_RD',
  0x4026: 'MEM_ACCESS_CHECKED_WR',
};
