/** The registers of a vCPU's state by the names that surfaces have for them. */
import { wordOf } from '../../../arch/arm64/names.ts';
import { isLongerThanGuests, x86FieldWord } from '../cpu-state/index.ts';
import { numberOf } from './look.ts';
import type { StreamField, StreamState } from './model.ts';
import { State } from './state.ts';

export interface StreamRegister {
  /** The word's path: `reg/SCTLR_EL1`, `msr/EFER`. */
  readonly register: string;
  readonly value: bigint;
  readonly offset: number;
}

/** arm64: system registers. x86: MSRs; all else has fields with the names that everybody knows. Empty of other sections. */
export function registersOf(state: StreamState): readonly StreamRegister[] {
  if (has(state, INDEXES)) return byId(state);
  return has(state, X86) ? byField(state) : [];
}

/** A state of the reader knows its names without making its fields. */
function has(state: StreamState, name: string): boolean {
  return state instanceof State ? state.has(name) : state.fields.some((field) => field.name === name);
}

/** arm64: KVM's ids travel in one list and the values in another (`vmstate_arm_cpu` in target/arm/machine.c). */
function byId({ fields }: StreamState): StreamRegister[] {
  const values = fields.filter(({ name }) => name === VALUES);
  return fields
    .filter(({ name }) => name === INDEXES)
    .flatMap((field, index) => {
      const id = numberOf(field);
      const value = values[index];
      const read = value === undefined ? null : numberOf(value);
      if (id === null || value === undefined || read === null) return [];
      return [{ register: wordOf(id), value: read, offset: value.offset }];
    });
}

/** x86: a field each, in the section and in its subsections (`vmstate_x86_cpu` in target/i386/machine.c). */
function byField({ fields, subsections }: StreamState): StreamRegister[] {
  const own = fields.flatMap((field): StreamRegister[] => {
    const { name, index, state } = field;
    if (state === null) return named(name, index, field);
    return state.fields.flatMap((inner) => named(`${name}/${inner.name}`, index, inner));
  });
  return [...own, ...subsections.flatMap((inner) => byField(inner))];
}

function named(name: string, index: number | null, field: StreamField): StreamRegister[] {
  const register = x86FieldWord(name, index);
  const value = register === null ? null : numberOf(field);
  if (register === null || value === null || (value === 0n && isLongerThanGuests(name))) return [];
  return [{ register, value, offset: field.offset }];
}

const INDEXES = 'cpreg_vmstate_indexes';
const VALUES = 'cpreg_vmstate_values';
const X86 = 'env.eip';
