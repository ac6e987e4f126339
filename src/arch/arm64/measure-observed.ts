/**
 * What only a guest can tell: registers that KVM does not list, behaviour, and ID registers that a guest reads otherwise
 * than KVM_GET_ONE_REG does. The guest is the truth.
 */
import { fromHex, isHex } from '../../model/index.ts';
import type { BehaviourData, MeasuredWord, Rejection, Surface } from '../../model/index.ts';
import { behaviourWords } from '../behaviour.ts';
import { isIdRegister } from './ids.ts';
import { wordOf } from './names.ts';
import type { ObservedSection } from './observed-sections.ts';
import { operation } from './operations.ts';
import { dataOf } from './read-sections.ts';
import { BEHAVIOURS } from './tables/behaviours.ts';
import { observedRegister } from './tables/observed-registers.ts';

const REGISTERS = '/sections/observed/data/registers';

/** No call of KVM reaches these: the restore succeeds, and the guest reads what this host has. */
const OUT_OF_REACH: Rejection = { how: 'ignored', call: 'KVM_RUN', instead: 'the guest reads what this host has' };

export function observedWords(surface: Surface): MeasuredWord[] {
  const rows = dataOf<ObservedSection>(surface, 'observed')?.registers ?? [];
  return rows.flatMap(([id, value], at): MeasuredWord[] => {
    const path = wordOf(BigInt(id));
    if (observedRegister(path) === undefined || !isHex(value)) return [];
    return [
      {
        path,
        width: 64,
        value: fromHex(value),
        latitude: { kind: 'fixed', otherwise: OUT_OF_REACH },
        mechanism: null,
        evidence: `${REGISTERS}/${at}/1`,
      },
    ];
  });
}

/** KVM_SET_ONE_REG takes what it reads and refuses all else (5.10 and 6.1, invariant_sys_regs); neither is the guest's. */
const OTHERWISE: Rejection = { how: 'refused', call: 'KVM_SET_ONE_REG', errno: 'EINVAL' };

/**
 * Of ID registers that a guest reads otherwise, the guest's value, which no ioctl reads or selects. `vcpu`: the features of
 * the vCPU in question; one with other features than the guest had reads other fields (pointer authentication).
 */
export function asTheGuestReads(surface: Surface, words: readonly MeasuredWord[], vcpu: string): MeasuredWord[] {
  const observed = dataOf<ObservedSection>(surface, 'observed');
  const rows = observed?.vcpu === vcpu ? observed.registers : [];
  const read = new Map(
    rows.flatMap(([id, value], at): [string, readonly [bigint, string]][] =>
      isIdRegister(BigInt(id)) && isHex(value) ? [[wordOf(BigInt(id)), [fromHex(value), `${REGISTERS}/${at}/1`]]] : [],
    ),
  );
  return words.map((word): MeasuredWord => {
    const found = read.get(word.path);
    if (found === undefined || word.value === null || found[0] === word.value) return word;
    const [value, evidence] = found;
    const { declared: _, ...rest } = word;
    return {
      ...rest,
      value,
      latitude: {
        kind: 'values',
        values: [value],
        otherwise: OTHERWISE,
        // What it reads is taken, and the guest goes on reading the other.
        rejections: [{ values: [word.value], rejection: { how: 'ignored', call: 'KVM_SET_ONE_REG' } }],
      },
      misread: `KVM_GET_ONE_REG gives 0x${word.value.toString(16)}, which no guest reads`,
      evidence,
    };
  });
}

export function behaviourWordsOf(surface: Surface): MeasuredWord[] {
  const data = dataOf<BehaviourData>(surface, 'behaviour');
  return data === null ? [] : behaviourWords(BEHAVIOURS, data, '/sections/behaviour/data', operation);
}
