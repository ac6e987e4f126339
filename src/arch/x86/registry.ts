/** What the engine asks about x86 words. */
import { fieldMask } from '../../model/index.ts';
import type {
  MeasuredSurface,
  Mechanism,
  Registry,
  Rejection,
  StateGate,
  SwitchWord,
  WordPath,
} from '../../model/index.ts';
import { cpuidElements } from './cpuid-elements.ts';
import { areaOf, elements } from './elements.ts';
import { guestWord, hostWord } from './host-cpu.ts';
import { MSR_REFUSED } from './measure/msr.ts';
import { msrNeutral } from './msr-elements.ts';
import { msrWord, parseMsrWord } from './msr-names.ts';
import { mechanism } from './operations.ts';
import { cpuidWord } from './paths.ts';
import { MSR_GATES, componentGates } from './tables/gates.ts';
import { LAPIC_ROWS } from './tables/lapic.ts';
import { SWITCHES, switchRow } from './tables/switches.ts';
import { QUIRKS, X2APIC_FLAGS } from './tables/words.ts';

export const registry: Registry = {
  architecture: 'x86_64',
  elements,
  area: areaOf,
  whenAbsent,
  neutral,
  switches: () => SWITCH_WORDS,
  gates,
  canonical,
  incomparable,
  get comparedBy() {
    return VENDOR_WORDS;
  },
};

function canonical(word: string): WordPath {
  const guest = guestWord(word);
  if (guest !== null) return hostWord(canonical(guest));
  const index = parseMsrWord(word);
  return index === null ? word : msrWord(index);
}

/** What KVM_ENABLE_CAP and filters select, and no ioctl reads back. */
const SWITCH_WORDS: readonly SwitchWord[] = [
  ...QUIRKS.map(({ name }) => ({ path: `quirk/${name}`, width: 1 })),
  ...X2APIC_FLAGS.map(({ name }) => ({ path: `x2apic/${name}`, width: 1 })),
  ...SWITCHES.map(({ name, width }) => ({ path: `switch/${name}`, width })),
];

function gates(word: WordPath): readonly StateGate[] {
  const component = /^xsave\/state\/(.+)$/.exec(word)?.[1];
  if (component !== undefined) return componentGates(component);
  const index = parseMsrWord(word) ?? -1;
  return MSR_GATES.find(({ first, last }) => first <= index && index <= last)?.gates ?? [];
}

const CPUID_IGNORED: Rejection = { how: 'ignored', call: 'KVM_SET_CPUID2' };

/**
 * Data, and bits that say that something is missing: a guest reads what its table says, and the host has nothing to do
 * with it (KVM_SET_CPUID2 takes leaves that the host does not have).
 */
function givenByTable(word: WordPath): { readonly settable: bigint; readonly mechanism: Mechanism | null } {
  const settable = cpuidElements(word)
    .filter(({ selection, comparison }) => selection === 'data' || comparison === 'higher-safe')
    .reduce((mask, element) => mask | fieldMask(element), 0n);
  return { settable, mechanism: mechanism(word, 'before-first-run') };
}

function whenAbsent(word: WordPath): ReturnType<Registry['whenAbsent']> {
  switch (areaOf(word)) {
    // A leaf that is not in the table reads as zeros (on Intel, one beyond the last as the last, which no guest asks
    // for); adding it is accepted, and what it promises is not there.
    case 'cpuid':
    case 'hyperv':
    // A raw dump holds every leaf that the CPU has.
    case 'host-cpuid':
      return { kind: 'zero', otherwise: CPUID_IGNORED, ...givenByTable(word) };
    case 'msr':
    case 'feature-msr':
      return { kind: 'absent', otherwise: MSR_REFUSED };
    case 'quirk':
    case 'x2apic':
    case 'switch':
      return { kind: 'absent', otherwise: { how: 'refused', call: 'KVM_ENABLE_CAP', errno: 'EINVAL' } };
    case 'behaviour':
      return { kind: 'absent', otherwise: { how: 'unknown', why: 'the test came to no outcome there' } };
    default:
      return { kind: 'absent', otherwise: { how: 'unknown', why: 'what a restore does without it was not measured' } };
  }
}

const lapicNeutral: ReadonlyMap<WordPath, bigint | null> = new Map(
  LAPIC_ROWS.map(({ name, neutral: value }) => [`lapic/${name}`, value]),
);

function neutral(word: WordPath): bigint | null {
  // A component in its initial state is not in XSTATE_BV (Intel SDM volume 1, 13.6).
  if (word.startsWith('xsave/state/')) return 0n;
  switch (areaOf(word)) {
    // A kernel that does not know a quirk has the historical behaviour, which is what the quirk is.
    case 'quirk':
      return 1n;
    case 'x2apic':
      return 0n;
    case 'switch':
      return switchRow(word)?.neutral ?? 0n;
    case 'lapic':
      return lapicNeutral.get(word) ?? null;
    case 'feature-msr':
    case 'msr':
      return msrNeutral(parseMsrWord(word) ?? -1);
    default:
      return null;
  }
}

const VENDOR_REGISTERS = ['ebx', 'edx', 'ecx'] as const;
const VENDOR_WORDS: readonly WordPath[] = VENDOR_REGISTERS.flatMap((register) => {
  const word = cpuidWord(0, 0, register);
  return [word, hostWord(word)];
});

function incomparable(a: MeasuredSurface, b: MeasuredSurface): string | null {
  const [left, right] = [vendor(a), vendor(b)];
  if (left === null || right === null || left === right) return null;
  return `one CPU is ${left}, the other ${right}: a guest cannot move between vendors`;
}

/** The vendor string of leaf 0, or null where it was not measured. */
function vendor(surface: MeasuredSurface): string | null {
  const bytes: number[] = [];
  for (const register of VENDOR_REGISTERS) {
    const word = cpuidWord(0, 0, register);
    const value = (surface.words.get(word) ?? surface.words.get(hostWord(word)))?.value ?? null;
    if (value === null) return null;
    for (let shift = 0n; shift < 32n; shift += 8n) bytes.push(Number((value >> shift) & 0xffn));
  }
  return String.fromCharCode(...bytes.filter((byte) => byte !== 0));
}
