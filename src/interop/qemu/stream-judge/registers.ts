/** The registers of each vCPU of a stream, by the words of our registries, with where they stand in the stream. */
import type { WordPath } from '../../../model/index.ts';
import { isListed, isLongerThanGuests, x86FieldWord } from '../cpu-state/index.ts';
import { numberOf } from '../stream/index.ts';
import type { QemuStream, StreamField, StreamState } from '../stream/index.ts';
import { registersOf } from '../stream/registers.ts';

export interface VcpuRegisters {
  /** Of the section `cpu`: the vCPU's number. */
  readonly instance: number;
  readonly registers: ReadonlyMap<WordPath, StreamedRegister>;
}

export interface StreamedRegister {
  readonly word: WordPath;
  readonly value: bigint;
  /** Of the value, bytes from the start of the stream. */
  readonly offset: number;
  /** The subsection that it is in; null for the section itself. */
  readonly subsection: string | null;
}

const CPU = 'cpu';

/** One a vCPU, with the registers of which a host's surface says something; without any, the vCPU is left out. */
export function vcpusOf({ sections, architecture }: QemuStream): readonly VcpuRegisters[] {
  return sections.flatMap(({ id, instance, state }): VcpuRegisters[] => {
    if (id !== CPU || state === null) return [];
    const found = architecture === 'arm64' ? byId(state) : byField(state, null);
    const registers = new Map(found.map((register) => [register.word, register]));
    return registers.size === 0 ? [] : [{ instance, registers }];
  });
}

/** arm64: KVM's ids in one list and the values in another. */
function byId(state: StreamState): StreamedRegister[] {
  return registersOf(state).map(({ register, value, offset }) => ({
    word: register,
    value,
    offset,
    subsection: null,
  }));
}

/** x86: each MSR has a field of its own. */
function byField(state: StreamState, subsection: string | null): StreamedRegister[] {
  const own = state.fields.flatMap((field) => ofField(field, subsection));
  return [...own, ...state.subsections.flatMap((inner) => byField(inner, inner.name))];
}

function ofField(field: StreamField, subsection: string | null): StreamedRegister[] {
  if (field.state === null) return ofNumber(field.name, field.index, field, subsection);
  return field.state.fields.flatMap((inner) => ofNumber(`${field.name}/${inner.name}`, field.index, inner, subsection));
}

function ofNumber(
  name: string,
  index: number | null,
  field: StreamField,
  subsection: string | null,
): StreamedRegister[] {
  const word = x86FieldWord(name, index);
  const value = word === null ? null : numberOf(field);
  if (word === null || value === null || !isListed(name)) return [];
  if (value === 0n && isLongerThanGuests(name)) return [];
  return [{ word, value, offset: field.offset, subsection }];
}
