/**
 * Writes src/arch/x86/tables/qemu-names.ts:
 *   node scripts/generate/qemu-names.ts QEMU_SYSTEM_X86_64 LIBVIRT_X86_FEATURES_XML
 * QEMU's names are read out of its program, so that the table is of the version that a distribution ships: the array
 * `feature_word_info` of target/i386/cpu.c is found by its first names and read through the program's relocations
 * (an entry is a struct FeatureWordInfo, target/i386/cpu-internal.h). libvirt's
 * come from src/cpu_map/x86_features.xml, which its package installs under /usr/share/libvirt/cpu_map.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpuidWord } from '../../src/arch/x86/paths.ts';
import { msrWord } from '../../src/arch/x86/msr-names.ts';
import { libvirtFeatures } from '../../src/interop/libvirt/features.ts';

const [program, map] = process.argv.slice(2);
if (program === undefined || map === undefined) {
  throw new Error('usage: qemu-names.ts QEMU_SYSTEM_X86_64 LIBVIRT_X86_FEATURES_XML');
}

const bytes = readFileSync(program);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const number = (at: number): number => Number(view.getBigUint64(at, true));

// elf(5): 64-bit little-endian; program headers say where an address is in the file.
const PT_LOAD = 1;
const SHT_RELA = 4;
const R_X86_64_RELATIVE = 8n;
const segments = Array.from({ length: view.getUint16(56, true) }, (_, index) => number(32) + index * 56)
  .filter((at) => view.getUint32(at, true) === PT_LOAD)
  .map((at) => ({ offset: number(at + 8), address: number(at + 16), size: number(at + 32) }));
const sections = Array.from({ length: view.getUint16(60, true) }, (_, index) => number(40) + index * 64);

function fileOffset(address: number): number | null {
  const segment = segments.find((each) => each.address <= address && address < each.address + each.size);
  return segment === undefined ? null : segment.offset + address - segment.address;
}

/** Pointers that the dynamic linker fills in: where, and what at. */
const pointers = new Map<number, number>();
for (const section of sections.filter((at) => view.getUint32(at + 4, true) === SHT_RELA)) {
  const [start, size] = [number(section + 24), number(section + 32)];
  for (let at = start; at < start + size; at += 24) {
    if (BigInt.asUintN(32, view.getBigUint64(at + 8, true)) === R_X86_64_RELATIVE)
      pointers.set(number(at), number(at + 16));
  }
}

function text(pointer: number): string | null {
  const offset = fileOffset(pointers.get(pointer) ?? -1);
  return offset === null ? null : bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}

/** struct FeatureWordInfo: a type, 64 names, then what the word is (a leaf or an MSR), then four 64-bit masks. */
const NAMES = 8;
const WHAT = NAMES + 64 * 8;
const ENTRY_BYTES = WHAT + 16 + 4 * 8;
/** R_EAX … as QEMU numbers them. */
const REGISTERS = ['eax', 'ecx', 'edx', 'ebx'] as const;

/**
 * MSRs of VMX controls: QEMU's bit n is the control n, which is there where the upper half allows it to be 1
 * (kvm_arch_get_supported_msr_feature).
 */
const CONTROLS: readonly number[] = [0x48b, 0x48d, 0x48e, 0x48f, 0x490];

function entry(address: number): { readonly word: string; readonly offset: number } | null {
  const at = fileOffset(address);
  if (at === null) return null;
  const [type, first, , third, register] = [0, WHAT, WHAT + 4, WHAT + 8, WHAT + 12].map((o) =>
    view.getUint32(at + o, true),
  );
  if (type === 1 && first !== undefined && first !== 0) {
    return { word: msrWord(first), offset: CONTROLS.includes(first) ? 32 : 0 };
  }
  const name = REGISTERS[register ?? -1];
  if (type !== 0 || first === undefined || first === 0 || third === undefined || name === undefined) return null;
  return { word: cpuidWord(first, third, name), offset: 0 };
}

const anchors = [...pointers.keys()].filter((at) =>
  ['fpu', 'vme', 'de', 'pse'].every((name, index) => text(at + 8 * index) === name),
);
const [anchor] = anchors;
if (anchor === undefined || anchors.length !== 1) throw new Error(`${anchors.length} places look like QEMU's names`);
if (text(anchor + ENTRY_BYTES) !== 'pni') throw new Error("QEMU's entries are not as long as they were");

interface Names {
  qemu: string | null;
  libvirt: string | null;
}
const rows = new Map<string, Names>();
const row = (word: string, bit: number): Names => {
  const key = `${word} ${bit}`;
  const known = rows.get(key) ?? { qemu: null, libvirt: null };
  rows.set(key, known);
  return known;
};

for (let at = anchor - NAMES; ; at += ENTRY_BYTES) {
  const found = entry(at);
  if (found === null) break;
  for (let bit = 0; bit < 64; bit++) {
    const name = text(at + NAMES + 8 * bit);
    if (name !== null) row(found.word, bit + found.offset).qemu = name;
  }
}
const features = libvirtFeatures(readFileSync(map, 'utf8'));
if (!features.ok) throw new Error(`${map}: ${features.error.message}`);
for (const { name, word, bit } of features.value) row(word, bit).libvirt = name;

const order = (key: string): readonly [number, string, number] => {
  const [word = '', bit = ''] = key.split(' ');
  const leaf = /^cpuid\/0x([0-9a-f]+):([0-9a-f]+)/.exec(word);
  return leaf === null
    ? [2 ** 40, word, Number(bit)]
    : [parseInt(leaf[1] ?? '', 16) * 256 + parseInt(leaf[2] ?? '', 16), word, Number(bit)];
};
const sorted = [...rows].toSorted(([a], [b]) => {
  const [left, right] = [order(a), order(b)];
  return left[0] - right[0] || left[1].localeCompare(right[1]) || left[2] - right[2];
});
const quoted = (name: string | null): string => (name === null ? 'null' : `'${name}'`);
const lines = sorted.map(([key, { qemu, libvirt }]) => {
  const [word = '', bit = ''] = key.split(' ');
  return `  { word: '${word}', bit: ${bit}, qemu: ${quoted(qemu)}, libvirt: ${quoted(libvirt)} },`;
});
writeFileSync(
  new URL('../../src/arch/x86/tables/qemu-names.ts', import.meta.url),
  `/**
 * What QEMU and libvirt call the bits of CPUID registers and feature MSRs. Generated by scripts/generate/qemu-names.ts
 * from QEMU 11.1.3 (feature_word_info of target/i386/cpu.c) and libvirt 12.8.0 (cpu_map/x86_features.xml), as Debian
 * ships them; do not edit by hand.
 *
 * A VMX control is bit 32 + n of its MSR, the half that says which may be 1. QEMU gives two bits one name where one
 * property sets both (kvmclock) and where it mistook a name (the single-context bits of INVVPID).
 */
export interface QemuName {
  readonly word: string;
  readonly bit: number;
  /** The property of QEMU's CPUs: \`-cpu …,NAME=on\`; null where QEMU has none for this bit. */
  readonly qemu: string | null;
  /** \`<feature name='NAME'/>\` in libvirt's CPU definitions; null where libvirt has none. */
  readonly libvirt: string | null;
}

// prettier-ignore
export const QEMU_NAMES: readonly QemuName[] = [
${lines.join('\n')}
];
`,
);
