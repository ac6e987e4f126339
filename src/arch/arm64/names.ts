/**
 * Word paths of registers: `reg/ID_AA64PFR0_EL1`, `reg/X0`, `reg/KVM_REG_ARM_PSCI_VERSION`, `cache/CCSIDR/L1D`,
 * `sve/vector-lengths`; a register that no table names is `reg/0x603000000013…`, the KVM id.
 */
import { hex, isHex, fromHex } from '../../model/index.ts';
import { systemRegisterName } from './fields.ts';
import { FIRMWARE_REGISTERS } from './firmware.ts';
import { bytesOf, groupOf, GROUP, isArm64Register, registerId, restOf, SVE_VLS, sysregId } from './ids.ts';
import { SYSTEM_REGISTERS } from './tables/system-registers.ts';

/**
 * Core registers: struct kvm_regs, in units of 4 bytes (KVM_REG_ARM_CORE_REG). The names of the architecture, except
 * that SPSR keeps KVM's five banks.
 */
const CORE: readonly (readonly [name: string, offset: number, bytes: number])[] = [
  ...Array.from({ length: 31 }, (_, n) => [`X${n}`, 2 * n, 8] as const),
  ['SP_EL0', 0x3e, 8],
  ['PC', 0x40, 8],
  ['PSTATE', 0x42, 8],
  ['SP_EL1', 0x44, 8],
  ['ELR_EL1', 0x46, 8],
  ['SPSR_EL1', 0x48, 8],
  ['SPSR_abt', 0x4a, 8],
  ['SPSR_und', 0x4c, 8],
  ['SPSR_irq', 0x4e, 8],
  ['SPSR_fiq', 0x50, 8],
  ...Array.from({ length: 32 }, (_, n) => [`V${n}`, 0x54 + 4 * n, 16] as const),
  ['FPSR', 0xd4, 4],
  ['FPCR', 0xd5, 4],
];

/**
 * Ids that do not mean what their encoding says. KVM swapped two when it gave them out, and the mistake is ABI now
 * (arch/arm64/include/uapi/asm/kvm.h); naming them after the encoding would name the counter a compare value.
 */
const SWAPPED: readonly (readonly [string, bigint])[] = [
  ['KVM_REG_ARM_TIMER_CVAL', sysregId(0xdf02)],
  ['KVM_REG_ARM_TIMER_CNT', sysregId(0xdf1a)],
];

/** Registers that the architecture numbers; breakpoints and watchpoints in op0 2, event counters in op0 3. */
const NUMBERED: readonly (readonly [string, number])[] = [
  ...Array.from({ length: 16 }, (_, n) => [
    [`DBGBVR${n}_EL1`, 0x8000 | (n << 3) | 4] as const,
    [`DBGBCR${n}_EL1`, 0x8000 | (n << 3) | 5] as const,
    [`DBGWVR${n}_EL1`, 0x8000 | (n << 3) | 6] as const,
    [`DBGWCR${n}_EL1`, 0x8000 | (n << 3) | 7] as const,
  ]).flat(),
  ...Array.from({ length: 31 }, (_, n) => [
    [`PMEVCNTR${n}_EL0`, 0xdf40 | n] as const,
    [`PMEVTYPER${n}_EL0`, 0xdf60 | n] as const,
  ]).flat(),
];

/** Z, P and FFR, first slice; KVM has given out no other (vector lengths end at 2048 bits, a slice's size). */
const SVE: readonly (readonly [string, bigint])[] = [
  ...Array.from({ length: 32 }, (_, n) => [`Z${n}`, registerId(GROUP.sve, 256, n << 5)] as const),
  ...Array.from({ length: 16 }, (_, n) => [`P${n}`, registerId(GROUP.sve, 32, 0x400 | (n << 5))] as const),
  ['FFR', registerId(GROUP.sve, 32, 0x600)],
];

const ID_OF: ReadonlyMap<string, bigint> = collect();
const WORD_OF: ReadonlyMap<bigint, string> = new Map([...ID_OF].map(([word, id]) => [id, word]));

function collect(): Map<string, bigint> {
  const words = new Map<string, bigint>();
  const used = new Set<bigint>();
  const add = (word: string, id: bigint): void => {
    if (words.has(word) || used.has(id)) return;
    words.set(word, id);
    used.add(id);
  };
  for (const [name, offset, bytes] of CORE) add(`reg/${name}`, registerId(GROUP.core, bytes, offset));
  for (const { name, id } of FIRMWARE_REGISTERS) add(`reg/${name}`, id);
  for (const [name, id] of [...SWAPPED, ...SVE]) add(`reg/${name}`, id);
  add('sve/vector-lengths', SVE_VLS);
  // CSSELR_EL1: bit 0 chooses the instruction cache, bits 3:1 the level less one.
  for (let index = 0; index < 14; index++) {
    add(`cache/CCSIDR/L${(index >> 1) + 1}${(index & 1) === 1 ? 'I' : 'D'}`, registerId(GROUP.demux, 4, index));
  }
  for (const [name, encoding] of NUMBERED) add(`reg/${name}`, sysregId(encoding));
  for (const [name, encoding] of Object.entries(SYSTEM_REGISTERS)) add(`reg/${name}`, sysregId(encoding));
  return words;
}

/** Every register that has a name, as word and KVM id. */
export function namedRegisters(): readonly (readonly [word: string, id: bigint])[] {
  return [...ID_OF];
}

/** The word of a KVM register id. */
export function wordOf(id: bigint): string {
  return WORD_OF.get(id) ?? `reg/${hex(id)}`;
}

/** The KVM register id of a word, or null where the word is no register. Knows both of a register's names. */
export function idOf(word: string): bigint | null {
  const known = ID_OF.get(word);
  if (known !== undefined) return known;
  const text = word.startsWith('reg/') ? word.slice('reg/'.length) : '';
  if (!isHex(text)) return null;
  const id = fromHex(text);
  return isArm64Register(id) ? id : null;
}

/** For messages: the register's name without a path. */
export function registerName(id: bigint): string {
  const word = wordOf(id);
  return groupOf(id) === GROUP.sysreg ? (systemRegisterName(restOf(id)) ?? word.slice(4)) : word.replace(/^reg\//, '');
}

/** Bits. */
export function widthOf(id: bigint): number {
  return bytesOf(id) * 8;
}
