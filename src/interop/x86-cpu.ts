/** What the values of CPUID leaves say of a CPU: vendor, name, family, model and stepping. */
import type { Cpu } from '../model/index.ts';

/** Registers of one leaf's subleaf 0, as hex texts. */
export type LeafValues = Readonly<Partial<Record<'eax' | 'ebx' | 'ecx' | 'edx', string>>>;

/** `leaf(0x80000002)`: its registers, or undefined where the capture has no such leaf. */
export function cpuOfLeaves(leaf: (number: number) => LeafValues | undefined): Omit<Cpu, 'microcode'> {
  const vendor = characters(leaf(0x0), ['ebx', 'edx', 'ecx']);
  const model = [0x8000_0002, 0x8000_0003, 0x8000_0004]
    .map((number) => characters(leaf(number), ['eax', 'ebx', 'ecx', 'edx']))
    .join('')
    .trim();
  const signature = leaf(0x1)?.eax;
  return {
    vendor: vendor === '' ? 'unknown' : vendor,
    model: model === '' ? null : model,
    ...(signature === undefined ? {} : signatureOf(Number(signature))),
  };
}

function characters(row: LeafValues | undefined, registers: readonly (keyof LeafValues)[]): string {
  const bytes = registers.flatMap((register) => {
    const value = BigInt(row?.[register] ?? '0x0');
    return [0n, 8n, 16n, 24n].map((shift) => Number((value >> shift) & 0xffn));
  });
  return String.fromCharCode(...bytes.filter((byte) => byte !== 0));
}

/** Displayed family and model (Intel SDM volume 2, CPUID leaf 1; AMD APM volume 3, appendix E). */
function signatureOf(eax: number): {
  readonly family: number;
  readonly modelNumber: number;
  readonly stepping: number;
} {
  const base = (eax >> 8) & 0xf;
  const family = base === 0xf ? base + ((eax >> 20) & 0xff) : base;
  const extended = base === 0xf || base === 0x6 ? ((eax >> 16) & 0xf) << 4 : 0;
  return { family, modelNumber: extended | ((eax >> 4) & 0xf), stepping: eax & 0xf };
}
