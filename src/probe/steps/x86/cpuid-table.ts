/**
 * A `struct kvm_cpuid2` as bytes, its registers numbered: word 4n is EAX of entry n. The latitude step sets many
 * tables that differ in few words, so it changes bytes in place instead of building each table from rows.
 */
import { KVM_CPUID2 } from '../../../kvm/index.ts';
import { CPUID_REGISTERS } from '../../../arch/x86/paths.ts';
import type { CpuidRegister } from '../../../arch/x86/paths.ts';
import type { CpuidEntry } from './fresh.ts';

const HEADER = KVM_CPUID2.header.size;
const ENTRY = KVM_CPUID2.entry.size;
const FIELDS = KVM_CPUID2.entry.fields;

export class CpuidTable {
  readonly entries: number;
  readonly buffer: Uint8Array;
  readonly #view: DataView;

  private constructor(buffer: Uint8Array) {
    this.buffer = buffer;
    this.#view = new DataView(buffer.buffer);
    this.entries = (buffer.length - HEADER) / ENTRY;
  }

  static from(entries: readonly CpuidEntry[]): CpuidTable {
    const table = CpuidTable.#zeroed(entries.length);
    entries.forEach((entry, index) => {
      const base = HEADER + index * ENTRY;
      table.#view.setUint32(base + FIELDS.function.offset, entry.function, true);
      table.#view.setUint32(base + FIELDS.index.offset, entry.index, true);
      table.#view.setUint32(base + FIELDS.flags.offset, entry.flags, true);
      CPUID_REGISTERS.forEach((register, number) => table.write(index * 4 + number, entry[register]));
    });
    return table;
  }

  static #zeroed(entries: number): CpuidTable {
    const table = new CpuidTable(new Uint8Array(HEADER + entries * ENTRY));
    table.#view.setUint32(KVM_CPUID2.header.fields.nent.offset, entries, true);
    return table;
  }

  get words(): number {
    return this.entries * CPUID_REGISTERS.length;
  }

  copy(): CpuidTable {
    return new CpuidTable(this.buffer.slice());
  }

  /** Room for as many entries, all zero. */
  empty(): CpuidTable {
    return CpuidTable.#zeroed(this.entries);
  }

  read(word: number): number {
    return this.#view.getUint32(this.#offset(word), true);
  }

  write(word: number, value: number): void {
    this.#view.setUint32(this.#offset(word), value, true);
  }

  name(word: number): { readonly leaf: number; readonly subleaf: number; readonly register: CpuidRegister } {
    const base = HEADER + (word >> 2) * ENTRY;
    return {
      leaf: this.#view.getUint32(base + FIELDS.function.offset, true),
      subleaf: this.#view.getUint32(base + FIELDS.index.offset, true),
      register: registerOf(word),
    };
  }

  /** The word of a register, or null where the table has no such entry. */
  find(leaf: number, subleaf: number, register: CpuidRegister): number | null {
    for (let word = CPUID_REGISTERS.indexOf(register); word < this.words; word += CPUID_REGISTERS.length) {
      const name = this.name(word);
      if (name.leaf === leaf && name.subleaf === subleaf) return word;
    }
    return null;
  }

  #offset(word: number): number {
    return HEADER + (word >> 2) * ENTRY + FIELDS[registerOf(word)].offset;
  }
}

function registerOf(word: number): CpuidRegister {
  return CPUID_REGISTERS[word & 3] ?? 'eax';
}
