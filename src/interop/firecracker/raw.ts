/** What a capture of Firecracker's holds, register by register, values that vary from run to run included. */
import { widthOf, wordOf } from '../../arch/arm64/names.ts';
import { msrWord } from '../../arch/x86/msr-names.ts';
import { cpuidWord } from '../../arch/x86/paths.ts';
import { fromHex, isHex } from '../../model/index.ts';
import type { Json, Surface, WordPath } from '../../model/index.ts';
import { rowsOf } from './rows.ts';
import type { Row } from './rows.ts';
import { CPUID_REGISTERS } from './template.ts';

export interface Raw {
  readonly word: WordPath;
  /** Bits. */
  readonly width: number;
  readonly value: bigint;
  readonly isFlags: boolean;
}

/** By word, and by `cpuid/0x7:0/flags`, which no guest sees. */
export function rawRegisters({ sections }: Surface): ReadonlyMap<string, Raw> {
  const found = new Map<string, Raw>();
  const add = (word: WordPath, width: number, value: bigint | null): void => {
    if (value !== null) found.set(word, { word, width, value, isFlags: false });
  };
  for (const row of rowsOf(sections['firecracker.cpuid'], 'entries')) {
    const [leaf, subleaf] = [valueOf(row, 'leaf'), valueOf(row, 'subleaf')];
    if (leaf === null || subleaf === null) continue;
    for (const register of CPUID_REGISTERS)
      add(cpuidWord(Number(leaf), Number(subleaf), register), 32, valueOf(row, register));
    const word = cpuidWord(Number(leaf), Number(subleaf), 'eax');
    const { flags } = row;
    if (typeof flags === 'number') {
      found.set(word.replace(/eax$/, 'flags'), {
        word: word.replace(/eax$/, 'flags'),
        width: 32,
        value: BigInt(flags),
        isFlags: true,
      });
    }
  }
  for (const row of rowsOf(sections['firecracker.msrs'], 'list')) {
    const index = valueOf(row, 'index');
    if (index !== null) add(msrWord(Number(index)), 64, valueOf(row, 'value'));
  }
  for (const row of rowsOf(sections['firecracker.registers'], 'registers')) {
    const id = valueOf(row, 'id');
    if (id !== null) add(wordOf(id), widthOf(id), valueOf(row, 'value'));
  }
  return found;
}

function valueOf(row: Row, name: string): bigint | null {
  const held: Json | undefined = row[name];
  return typeof held === 'string' && isHex(held) ? fromHex(held) : null;
}
