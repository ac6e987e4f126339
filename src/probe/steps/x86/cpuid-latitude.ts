/**
 * Which CPUID tables KVM_SET_CPUID2 takes, found by trying: the supported table as it is, with every register 0, and
 * with every register all ones, each read back with KVM_GET_CPUID2. A table that is refused is bisected down to the
 * words at fault, those down to bits. One vCPU serves all: until its first KVM_RUN, a table replaces the one before.
 *
 * The readback has room for exactly the entries that were set: 5.10 and 6.1 do not tell how many they filled.
 */
import { KVM_GET_CPUID2, KVM_SET_CPUID2 } from '../../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../../kvm/index.ts';
import { cpuidWord } from '../../../arch/x86/paths.ts';
import type { CpuidRegister } from '../../../arch/x86/paths.ts';
import type {
  CpuidDifference,
  CpuidLatitudeData,
  CpuidRefusal,
  CpuidTrial,
  CpuidValues,
} from '../../../arch/x86/sections.ts';
import { hex } from '../../../model/index.ts';
import type { Hex } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { CpuidTable } from './cpuid-table.ts';
import { baseTable, createFresh } from './fresh.ts';

/** Virtual address bits: KVM knows paging with 4 and with 5 levels, and no number in between (kvm_check_cpuid). */
const WHOLE_VALUES: readonly WholeValues[] = [
  { leaf: 0x8000_0008, subleaf: 0, register: 'eax', shift: 8, width: 8, values: [48, 57] },
];

interface WholeValues {
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: CpuidRegister;
  readonly shift: number;
  readonly width: number;
  readonly values: readonly number[];
}

export const cpuidLatitude: Step = {
  name: 'cpuid-latitude',
  architecture: 'x86_64',
  seconds: 20,
  run({ kvm, note }) {
    const entries = baseTable(kvm);
    if (!entries.ok) return failed(entries.error);
    const created = createFresh(kvm);
    if (!created.ok) return failed(created.error);
    using fresh = created.value;
    const base = CpuidTable.from(entries.value);
    const asked = (what: string, alternative: number | null): CpuidTrial => {
      note(what);
      return new Trial(fresh.vcpu, base, alternative).carryOut();
    };
    const data: CpuidLatitudeData = {
      base: asked('the supported table', null),
      cleared: asked('every register 0', 0),
      ones: asked('every register all ones', 0xffff_ffff),
      values: WHOLE_VALUES.flatMap((field) => tryValues(fresh.vcpu, base, field)),
    };
    return measured(data);
  },
};

/** One alternative value for all words. `null` leaves the base table as it is. */
class Trial {
  readonly #vcpu: Vcpu;
  readonly #base: CpuidTable;
  readonly #alternative: number | null;
  readonly #differs: CpuidDifference[] = [];
  readonly #refused: CpuidRefusal[] = [];
  #sets = 0;

  constructor(vcpu: Vcpu, base: CpuidTable, alternative: number | null) {
    this.#vcpu = vcpu;
    this.#base = base;
    this.#alternative = alternative;
  }

  carryOut(): CpuidTrial {
    this.#search(Array.from({ length: this.#base.words }, (_, word) => word));
    return { differs: this.#differs, refused: this.#refused, sets: this.#sets };
  }

  /** Tries the words together; halves them where the kernel refuses. */
  #search(words: readonly number[]): void {
    const table = this.#with(words);
    const refusal = this.#set(table);
    if (refusal === null) return this.#compare(words, table);
    const [only] = words;
    if (words.length === 1 && only !== undefined) return this.#bits(only, refusal);
    const half = words.length >> 1;
    this.#search(words.slice(0, half));
    this.#search(words.slice(half));
  }

  #with(words: readonly number[]): CpuidTable {
    const table = this.#base.copy();
    if (this.#alternative !== null) for (const word of words) table.write(word, this.#alternative);
    return table;
  }

  #set(table: CpuidTable): KvmError | null {
    this.#sets++;
    const done = this.#vcpu.raw(KVM_SET_CPUID2, table.buffer, `${table.entries} entries`);
    return done.ok ? null : done.error;
  }

  #readBack(): CpuidTable | null {
    const table = this.#base.empty();
    return this.#vcpu.raw(KVM_GET_CPUID2, table.buffer, `room for ${table.entries}`).ok ? table : null;
  }

  #compare(words: readonly number[], wrote: CpuidTable): void {
    const reads = this.#readBack();
    if (reads === null) return;
    for (const word of words) {
      if (reads.read(word) === wrote.read(word)) continue;
      this.#differs.push({ word: this.#path(word), wrote: hex(wrote.read(word)), reads: hex(reads.read(word)) });
    }
  }

  /** A refused word, bit by bit. */
  #bits(word: number, refusal: KvmError): void {
    const before = this.#base.read(word);
    let takes = 0;
    for (let bit = 0; bit < 32; bit++) {
      const table = this.#base.copy();
      table.write(word, (before ^ (1 << bit)) >>> 0);
      if (this.#set(table) !== null) continue;
      if (this.#readBack()?.read(word) === table.read(word)) takes |= 1 << bit;
    }
    this.#refused.push({
      word: this.#path(word),
      wrote: hex(this.#alternative ?? before),
      errno: refusal.errnoName,
      takes: hex(takes >>> 0),
    });
  }

  #path(word: number): string {
    const { leaf, subleaf, register } = this.#base.name(word);
    return cpuidWord(leaf, subleaf, register);
  }
}

/** Each value in turn, in an otherwise unchanged table. Gives nothing where the table has no such leaf. */
function tryValues(vcpu: Vcpu, base: CpuidTable, field: WholeValues): CpuidValues[] {
  const word = base.find(field.leaf, field.subleaf, field.register);
  if (word === null) return [];
  const mask = (2 ** field.width - 1) * 2 ** field.shift;
  const takes: Hex[] = [];
  const refused: { value: Hex; errno: string }[] = [];
  for (const value of field.values) {
    const table = base.copy();
    table.write(word, ((base.read(word) & ~mask) | (value << field.shift)) >>> 0);
    const set = vcpu.raw(KVM_SET_CPUID2, table.buffer, `${table.entries} entries`);
    const reads = base.empty();
    if (!set.ok) refused.push({ value: hex(value), errno: set.error.errnoName });
    else if (vcpu.raw(KVM_GET_CPUID2, reads.buffer, '').ok && reads.read(word) === table.read(word))
      takes.push(hex(value));
  }
  const path = cpuidWord(field.leaf, field.subleaf, field.register);
  return [{ word: path, shift: field.shift, width: field.width, takes, refused }];
}
