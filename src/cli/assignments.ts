/** `--set ELEMENT=VALUE` and its like: what a person says of single elements. */
import { message } from '@optique/core/message';
import type { Message } from '@optique/core/message';
import { multiple } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { option } from '@optique/core/primitives';
import type { ValueParser } from '@optique/core/valueparser';

export interface Assignment {
  /** As the person wrote it. */
  readonly path: string;
  readonly value: bigint;
}

/** `quirk/LINT0_REENABLED=0`, `cpuid/0x7:0/ebx/avx2=0`, `reg/GICD_IIDR=0x2b`: decimal, or hex with `0x`. */
function assignment(metavar: 'ELEMENT=VALUE' | 'WORD=VALUE'): ValueParser<'sync', Assignment> {
  return {
    mode: 'sync',
    metavar,
    placeholder: { path: '', value: 0n },
    parse(input) {
      const match = /^([^=]+)=(0x[0-9a-f]+|[0-9]+)$/i.exec(input);
      if (match?.[1] === undefined || match[2] === undefined) {
        return { success: false, error: message`${input}: expected ${metavar}, the value decimal or hex such as 0x1f` };
      }
      return { success: true, value: { path: match[1], value: BigInt(match[2]) } };
    },
    format: ({ path, value }) => `${path}=${value}`,
  };
}

export function assignments(
  name: '--set' | '--value',
  metavar: 'ELEMENT=VALUE' | 'WORD=VALUE',
  description: Message,
): Parser<'sync', readonly Assignment[], unknown> {
  return multiple(option(name, assignment(metavar), { description }));
}

/** By path; of one that is said twice, the last. */
export function byPath(assigned: readonly Assignment[]): ReadonlyMap<string, bigint> {
  return new Map(assigned.map(({ path, value }) => [path, value]));
}
