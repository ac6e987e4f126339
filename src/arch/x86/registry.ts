/** What the engine asks about x86 words. */
import type { MeasuredSurface, Registry, Rejection, WordPath } from '../../model/index.ts';
import { areaOf, elements } from './elements.ts';
import { guestWord, hostWord } from './host-cpu.ts';
import { MSR_REFUSED } from './measure/msr.ts';
import { msrWord, parseMsrWord } from './msr-names.ts';
import { cpuidWord } from './paths.ts';
import { FEATURE_MSRS } from './tables/msr-fields.ts';
import { switchRow } from './tables/switches.ts';

export const registry: Registry = {
  architecture: 'x86_64',
  elements,
  area: areaOf,
  whenAbsent,
  neutral,
  canonical,
  incomparable,
};

function canonical(word: string): WordPath {
  const guest = guestWord(word);
  if (guest !== null) return hostWord(canonical(guest));
  const index = parseMsrWord(word);
  return index === null ? word : msrWord(index);
}

const CPUID_IGNORED: Rejection = { how: 'ignored', call: 'KVM_SET_CPUID2' };

function whenAbsent(word: WordPath): ReturnType<Registry['whenAbsent']> {
  switch (areaOf(word)) {
    // A leaf that is not in the table reads as zeros (on Intel, one beyond the last as the last, which no guest asks
    // for); adding it is accepted, and what it promises is not there.
    case 'cpuid':
    case 'hyperv':
    // A raw dump holds every leaf that the CPU has.
    case 'host-cpuid':
      return { kind: 'zero', otherwise: CPUID_IGNORED };
    case 'msr':
    case 'feature-msr':
      return { kind: 'absent', otherwise: MSR_REFUSED };
    case 'quirk':
    case 'x2apic':
    case 'switch':
      return { kind: 'absent', otherwise: { how: 'refused', call: 'KVM_ENABLE_CAP', errno: 'EINVAL' } };
    default:
      return { kind: 'absent', otherwise: { how: 'unknown', why: 'what a restore does without it was not measured' } };
  }
}

/** MSRs of interfaces that a guest has to switch on: 0 is off. Ranges of numbers, both ends included. */
const OFF_AT_ZERO: readonly (readonly [first: number, last: number])[] = [
  [0x4000_0000, 0x4000_ffff], // Hyper-V's
  [0x4b56_4d00, 0x4b56_4d04], // KVM's clock, asynchronous page faults, stolen time, end of interrupt
  [0x4b56_4d06, 0x4b56_4d08], // KVM's page-ready interrupts, migration control
  [0x1c4, 0x1c5], // XFD, XFD_ERR
  [0x1db, 0x1de], // last branches and interrupts, recorded once DEBUGCTL says so
  [0x6a0, 0x6a8], // CET
  [0xd90, 0xd90], // BNDCFGS
  [0xda0, 0xda0], // XSS
];

const featureMsrs: ReadonlySet<number> = new Set(
  FEATURE_MSRS.filter(({ kind }) => kind === 'feature').map(({ index }) => index),
);

function neutral(word: WordPath): bigint | null {
  const area = areaOf(word);
  // A kernel that does not know a quirk has the historical behaviour, which is what the quirk is.
  if (area === 'quirk') return 1n;
  if (area === 'x2apic') return 0n;
  if (area === 'switch') return switchRow(word)?.neutral ?? 0n;
  const index = parseMsrWord(word);
  if (index === null) return null;
  if (featureMsrs.has(index)) return 0n;
  return OFF_AT_ZERO.some(([first, last]) => first <= index && index <= last) ? 0n : null;
}

const VENDOR_REGISTERS = ['ebx', 'edx', 'ecx'] as const;

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
