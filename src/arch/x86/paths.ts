/** Paths of x86 words, and back: `cpuid/0x7:0/ebx`, `msr/MSR_IA32_XSS`, `quirk/LINT0_REENABLED`. */
export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';

/** In the order in which the kernel's struct and the manuals have them. */
export const CPUID_REGISTERS: readonly ['eax', 'ebx', 'ecx', 'edx'] = ['eax', 'ebx', 'ecx', 'edx'];

/** The subleaf is hex too: `cpuid/0xd:b/eax` is leaf 0xd, subleaf 11. */
export function cpuidWord(leaf: number, subleaf: number, register: CpuidRegister): string {
  return `cpuid/0x${leaf.toString(16)}:${subleaf.toString(16)}/${register}`;
}

export interface CpuidWordName {
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: CpuidRegister;
}

const CPUID_WORD = /^cpuid\/0x([0-9a-f]{1,8}):([0-9a-f]{1,8})\/(eax|ebx|ecx|edx)$/;

export function parseCpuidWord(path: string): CpuidWordName | null {
  const match = CPUID_WORD.exec(path);
  if (match === null) return null;
  const register = CPUID_REGISTERS.find((candidate) => candidate === match[3]);
  return register === undefined
    ? null
    : { leaf: Number.parseInt(match[1] ?? '', 16), subleaf: Number.parseInt(match[2] ?? '', 16), register };
}
