/**
 * What a file for QEMU's `-kernel` is, from its first bytes: a machine that is given something else stays silent until
 * a deadline ends it.
 */
import type { Architecture } from '../model/index.ts';

/** Bytes of the file's start that `kernelArchitecture` looks at. */
export const KERNEL_HEAD = 0x210;

interface Mark {
  readonly architecture: Architecture;
  readonly offset: number;
  readonly bytes: readonly number[];
}

const MARKS: readonly Mark[] = [
  // "HdrS" of a bzImage: Documentation/arch/x86/boot.rst, the real-mode kernel header.
  { architecture: 'x86_64', offset: 0x202, bytes: [0x48, 0x64, 0x72, 0x53] },
  // "ARM\x64" of an Image: Documentation/arch/arm64/booting.rst, section 4.
  { architecture: 'arm64', offset: 56, bytes: [0x41, 0x52, 0x4d, 0x64] },
  // "zimg" of a compressed EFI image (CONFIG_EFI_ZBOOT; drivers/firmware/efi/libstub/zboot-header.S), not on x86.
  { architecture: 'arm64', offset: 4, bytes: [0x7a, 0x69, 0x6d, 0x67] },
  // Image.gz: QEMU decompresses a kernel of arm64 (load_aarch64_image), not one of x86_64.
  { architecture: 'arm64', offset: 0, bytes: [0x1f, 0x8b] },
];

/** The architecture of the kernel that starts with these bytes; null where it is none that QEMU boots. */
export function kernelArchitecture(head: Uint8Array): Architecture | null {
  const mark = MARKS.find(({ offset, bytes }) => bytes.every((byte, index) => head[offset + index] === byte));
  return mark?.architecture ?? null;
}

/** Where a build leaves the file that QEMU boots. */
export const KERNEL_FILES: Readonly<Record<Architecture, string>> = {
  x86_64: 'arch/x86/boot/bzImage',
  arm64: 'arch/arm64/boot/Image or Image.gz',
};
