/**
 * Another kernel in the place of this one, without a reboot (kexec(8)). x86_64 kernels of Debian read it from a file; those
 * of arm64 have kexec_load(2) alone, which wants everything where it is to lie in memory: the Image, its device tree, and a
 * few instructions that hand one to the other.
 */
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { assemble, br, ldrLiteral, label, movz } from '../../guest/arm64/assembler/index.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE, openLibc } from '../../kvm/index.ts';
import type { Segment, System } from './system.ts';

/** Loads the kernel; `System.startNextKernel` starts it. */
export function loadNextKernel(
  system: System,
  architecture: 'x64' | 'arm64',
  kernel: Uint8Array,
  commandLine: string,
): void {
  if (architecture === 'arm64') return loadArm64(system, kernel, commandLine);
  // Only a file of a file system will do (kernel_read_file wants a regular one).
  system.mount('tmpfs', '/tmp');
  writeFileSync('/tmp/kernel', kernel);
  system.loadKernelFile(openSync('/tmp/kernel', 'r'), commandLine);
}

/** The largest page that an arm64 kernel may have; kexec_load takes whole pages. */
const PAGE = 0x1_0000;
/** An Image begins at a multiple of 2 MiB plus its text_offset (Documentation/arch/arm64/booting.rst, section 4). */
const ALIGNMENT = 0x20_0000n;
/** Offsets in an Image's header: text_offset, image_size. */
const TEXT_OFFSET = 8;
const IMAGE_SIZE = 16;

function loadArm64(system: System, kernel: Uint8Array, commandLine: string): void {
  const header = new DataView(kernel.buffer, kernel.byteOffset, 64);
  const textOffset = header.getBigUint64(TEXT_OFFSET, true);
  const size = header.getBigUint64(IMAGE_SIZE, true);
  const tree = deviceTree(commandLine);
  // In the middle of the machine's memory: the running kernel lies near its beginning, its first program's data anywhere;
  // kexec moves what is in the way.
  const { start, end } = memory();
  const base = alignUp(start + (end - start) / 2n);
  const kernelAt = base + textOffset;
  const treeAt = alignUp(kernelAt + size);
  const handoverAt = treeAt + ALIGNMENT;
  if (handoverAt + BigInt(PAGE) > end) throw new Error('the machine has no room for another kernel');
  const pieces = [
    { bytes: kernel, at: kernelAt },
    { bytes: tree, at: treeAt },
    { bytes: handover(kernelAt, treeAt), at: handoverAt },
  ];
  system.loadKernel(handoverAt, pieces.map(segment));
}

/** What a kernel expects of who starts it: X0 the device tree, X1 to X3 zero (booting.rst, section 4). */
function handover(kernel: bigint, tree: bigint): Uint8Array {
  const [X0, X1, X2, X3, X4] = [0, 1, 2, 3, 4] as const;
  const program = assemble(0, [
    ldrLiteral(X0, 'tree'),
    ldrLiteral(X4, 'kernel'),
    movz(X1, 0),
    movz(X2, 0),
    movz(X3, 0),
    br(X4),
    label('tree'),
    { quad: tree },
    label('kernel'),
    { quad: kernel },
  ]);
  return program.bytes;
}

/**
 * The device tree of this machine with another command line. The text is replaced where it stands, so that nothing of
 * the tree moves: the new one may be no longer than the present one, and is filled up with blanks.
 */
function deviceTree(commandLine: string): Uint8Array {
  const tree = readFileSync('/sys/firmware/fdt');
  const present = readFileSync('/proc/cmdline', 'utf8').replace(/\n$/, '');
  const at = tree.indexOf(present);
  if (at < 0) throw new Error("the machine's device tree does not hold its command line");
  if (commandLine.length > present.length) throw new Error('the new command line is longer than the present one');
  tree.write(commandLine.padEnd(present.length, ' '), at, 'latin1');
  return tree;
}

/** The largest range of memory that the kernel has, physical addresses; `end` is behind its last byte. */
function memory(): { readonly start: bigint; readonly end: bigint } {
  const ranges = [...readFileSync('/proc/iomem', 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) : System RAM$/gm)]
    .map(([, first, last]) => ({ start: BigInt(`0x${first}`), end: BigInt(`0x${last}`) + 1n }))
    .sort((a, b) => Number(b.end - b.start - (a.end - a.start)));
  const [largest] = ranges;
  if (largest === undefined || largest.end <= 1n) throw new Error('/proc/iomem names no memory');
  return largest;
}

function segment({ bytes, at }: { readonly bytes: Uint8Array; readonly at: bigint }): Segment {
  const length = Math.ceil(bytes.length / PAGE) * PAGE;
  const mapping = openLibc().mmap(length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping === null) throw new Error(`no memory for ${length} bytes of the next kernel`);
  new Uint8Array(mapping.memory).set(bytes);
  return { address: mapping.address, length, at };
}

function alignUp(address: bigint): bigint {
  return ((address + ALIGNMENT - 1n) / ALIGNMENT) * ALIGNMENT;
}
