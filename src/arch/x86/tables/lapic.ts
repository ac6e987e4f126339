/**
 * Registers of the local APIC by offset in its page, as KVM_GET_LAPIC gives it (Intel SDM volume 3, table 12-1). All but
 * the version are state.
 */
export interface LapicRow {
  readonly offset: number;
  readonly name: string;
  readonly description: string;
  /** The value that means that the guest does not use it; null where there is none. */
  readonly neutral: bigint | null;
}

const MASKED = 0x1_0000n;

const bank = (first: number, name: string, description: string): LapicRow[] =>
  Array.from({ length: 8 }, (_, at) => ({
    offset: first + 0x10 * at,
    name: `${name}${at}`,
    description: `${description}, vectors ${32 * at} to ${32 * at + 31}`,
    neutral: 0n,
  }));

const lvt = (offset: number, name: string, what: string): LapicRow => ({
  offset,
  name: `LVT_${name}`,
  description: `what interrupt ${what} makes`,
  neutral: MASKED,
});

export const LAPIC_ROWS: readonly LapicRow[] = [
  { offset: 0x20, name: 'ID', description: 'the APIC id', neutral: null },
  { offset: 0x30, name: 'VERSION', description: 'version and abilities', neutral: null },
  { offset: 0x80, name: 'TPR', description: 'task priority: interrupts up to this class wait', neutral: 0n },
  { offset: 0x90, name: 'APR', description: 'arbitration priority', neutral: 0n },
  { offset: 0xa0, name: 'PPR', description: 'processor priority', neutral: 0n },
  { offset: 0xc0, name: 'RRD', description: 'remote read', neutral: 0n },
  { offset: 0xd0, name: 'LDR', description: 'logical destination', neutral: 0n },
  { offset: 0xe0, name: 'DFR', description: 'format of logical destinations', neutral: 0xffff_ffffn },
  { offset: 0xf0, name: 'SPIV', description: 'spurious vector, and the APIC on or off', neutral: 0xffn },
  ...bank(0x100, 'ISR', 'interrupts in service'),
  ...bank(0x180, 'TMR', 'interrupts that are level-triggered'),
  ...bank(0x200, 'IRR', 'interrupts that were requested'),
  { offset: 0x280, name: 'ESR', description: 'errors of the APIC', neutral: 0n },
  lvt(0x2f0, 'CMCI', 'a corrected machine check'),
  { offset: 0x300, name: 'ICR', description: 'the last interrupt command, low half', neutral: 0n },
  { offset: 0x310, name: 'ICR2', description: 'the last interrupt command, high half', neutral: 0n },
  lvt(0x320, 'TIMER', 'the timer'),
  lvt(0x330, 'THERMAL', 'the thermal monitor'),
  lvt(0x340, 'PERFORMANCE', 'a performance counter'),
  lvt(0x350, 'LINT0', 'pin LINT0'),
  lvt(0x360, 'LINT1', 'pin LINT1'),
  lvt(0x370, 'ERROR', 'an error of the APIC'),
  { offset: 0x380, name: 'TIMER_INITIAL', description: 'initial count of the timer', neutral: 0n },
  { offset: 0x390, name: 'TIMER_CURRENT', description: 'current count of the timer', neutral: 0n },
  { offset: 0x3e0, name: 'TIMER_DIVIDE', description: 'divider of the timer', neutral: 0n },
];
