/** GNU as and objdump, where they are installed. CI has them: there a test that needs them must not be skipped. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bits } from '../../../src/guest/x86/assembler/index.ts';

/** Why there is nothing to compare with, or null. Binutils of another architecture may lack x86. */
export function whyNoBinutils(): string | null {
  const listed = spawnSync('objdump', ['--info'], { encoding: 'utf8' });
  if (listed.status !== 0 || !/i386/.test(listed.stdout)) return 'binutils for x86 are not installed';
  return spawnSync('as', ['--64', '-o', '/dev/null', '/dev/null']).status === 0 ? null : 'as does not take --64';
}

export interface Disassembled {
  readonly address: number;
  readonly text: string;
}

const FORMAT: Readonly<Record<Bits, readonly string[]>> = {
  64: ['-m', 'i386:x86-64', '-M', 'intel'],
  16: ['-m', 'i8086', '-M', 'intel,i8086'],
};

/** What objdump makes of bytes that stand at an address. */
export function disassemble(bits: Bits, bytes: Uint8Array, origin: number): Disassembled[] {
  return inDirectory((directory) => {
    const file = join(directory, 'code');
    writeFileSync(file, bytes);
    const text = execFileSync(
      'objdump',
      ['-D', '-b', 'binary', '-w', ...FORMAT[bits], `--adjust-vma=${origin}`, file],
      {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      },
    );
    return [...text.matchAll(/^\s*([0-9a-f]+):\t[0-9a-f ]+\t(.*)$/gm)].map(([, address = '', line = '']) => ({
      address: Number.parseInt(address, 16),
      text: normal(line),
    }));
  });
}

/** The bytes that as makes of lines in Intel syntax, with symbols at addresses. */
export function assemble(bits: Bits, lines: readonly string[], origin: number): Uint8Array {
  return inDirectory((directory) => {
    const [source, object, binary] = ['code.s', 'code.o', 'code'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(source, [`.code${bits}`, '.intel_syntax noprefix', `.org 0`, ...lines, ''].join('\n'));
    execFileSync('as', ['--64', '-o', object, source]);
    execFileSync('objcopy', ['-O', 'binary', `--change-addresses=${origin}`, '-j', '.text', object, binary]);
    return readFileSync(binary);
  });
}

/** One blank, no comment, no padding; prefixes that change nothing are kept: they would be a mistake. */
export function normal(line: string): string {
  return line
    .replace(/\s*#.*$/, '')
    .replace(/\s*<[^>]*>/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function inDirectory<T>(use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-as-'));
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
