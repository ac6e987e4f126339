/** Shorthand for rows of VMM profiles. */
import type { VmmRow } from '../../model/index.ts';
import { msrWord } from '../x86/msr-names.ts';

/** Words of MSRs; a pair is a range, both ends included. */
export function msrs(...indices: readonly (number | readonly [first: number, last: number])[]): string[] {
  return indices.flatMap((index) => {
    if (typeof index === 'number') return [msrWord(index)];
    const [first, last] = index;
    return Array.from({ length: last - first + 1 }, (_, offset) => msrWord(first + offset));
  });
}

/** No part of saved state: set, or not, when the VM is made. */
export const CONFIGURED: Pick<VmmRow, 'saves' | 'lacking' | 'refused'> = {
  saves: 'configured',
  lacking: 'tolerates',
  refused: 'fails',
};

/** Saved and written back whatever the destination says, and a restore fails with the write. */
export const INSISTS: Pick<VmmRow, 'saves' | 'lacking' | 'refused'> = {
  saves: 'yes',
  lacking: 'insists',
  refused: 'fails',
};

export const NOT_READ: Pick<VmmRow, 'selects' | 'saves' | 'lacking' | 'refused'> = {
  selects: { how: 'unknown' },
  saves: 'unknown',
  lacking: 'unknown',
  refused: 'unknown',
};

/** What a host says of itself; no VMM saves or selects it. */
export const HOST_FACTS: VmmRow = {
  words: ['capability/*', 'nested/*', 'msr-control/*', 'pmu/*', 'tsc/control', 'tsc/slower', 'tsc/faster'],
  selects: { how: 'never' },
  ...CONFIGURED,
  source: 'facts about the host',
};
