/**
 * The caches and TLBs that QEMU tells a guest of where neither the CPU model brings its own nor host-cache-info passes the
 * host's: the legacy caches of target/i386/cpu.c (legacy_l1d_cache and the others), encoded by encode_cache_cpuid4 and its
 * sisters; the same in 5.2, 7.2, 10.0 and 10.2.2. How many threads share a cache is topology and left out.
 */
import type { WordPath } from '../../model/index.ts';
import type { QemuVersion } from './qemu-version.ts';
import { isSince } from './qemu-version.ts';

/** Leaf 2: descriptors of 32 KiB L1, 2 MiB L2, 16 MiB L3. Leaf 4: type, level, self-initializing; line, ways; sets. */
const INTEL: Readonly<Record<WordPath, bigint>> = {
  'cpuid/0x2:0/eax': 0x1n,
  'cpuid/0x2:0/ebx': 0x0n,
  'cpuid/0x2:0/ecx': 0x4dn,
  'cpuid/0x2:0/edx': 0x2c_307dn,
  'cpuid/0x4:0/eax': 0x121n,
  'cpuid/0x4:0/ebx': 0x1c0_003fn,
  'cpuid/0x4:0/ecx': 0x3fn,
  'cpuid/0x4:0/edx': 0x1n,
  'cpuid/0x4:1/eax': 0x122n,
  'cpuid/0x4:1/ebx': 0x1c0_003fn,
  'cpuid/0x4:1/ecx': 0x3fn,
  'cpuid/0x4:1/edx': 0x1n,
  'cpuid/0x4:2/eax': 0x143n,
  'cpuid/0x4:2/ebx': 0x3c0_003fn,
  'cpuid/0x4:2/ecx': 0xfffn,
  'cpuid/0x4:2/edx': 0x1n,
  'cpuid/0x4:3/eax': 0x163n,
  'cpuid/0x4:3/ebx': 0x3c0_003fn,
  'cpuid/0x4:3/ecx': 0x3fffn,
  'cpuid/0x4:3/edx': 0x6n,
};

/** 64 KiB L1, 512 KiB L2, 16 MiB L3. */
const AMD: Readonly<Record<WordPath, bigint>> = {
  'cpuid/0x80000005:0/eax': 0x1ff_01ffn,
  'cpuid/0x80000005:0/ebx': 0x1ff_01ffn,
  'cpuid/0x80000005:0/ecx': 0x4002_0140n,
  'cpuid/0x80000005:0/edx': 0x4002_0140n,
  'cpuid/0x80000006:0/eax': 0x0n,
  'cpuid/0x80000006:0/ebx': 0x4200_4200n,
  'cpuid/0x80000006:0/ecx': 0x200_8140n,
  'cpuid/0x80000006:0/edx': 0x80_8140n,
  'cpuid/0x8000001d:0/eax': 0x121n,
  'cpuid/0x8000001d:0/ebx': 0x40_003fn,
  'cpuid/0x8000001d:0/ecx': 0x1ffn,
  'cpuid/0x8000001d:0/edx': 0x1n,
  'cpuid/0x8000001d:1/eax': 0x122n,
  'cpuid/0x8000001d:1/ebx': 0x40_003fn,
  'cpuid/0x8000001d:1/ecx': 0x1ffn,
  'cpuid/0x8000001d:1/edx': 0x1n,
  'cpuid/0x8000001d:2/eax': 0x43n,
  'cpuid/0x8000001d:2/ebx': 0x3c0_003fn,
  'cpuid/0x8000001d:2/ecx': 0x1ffn,
  'cpuid/0x8000001d:2/edx': 0x0n,
  'cpuid/0x8000001d:3/eax': 0x163n,
  'cpuid/0x8000001d:3/ebx': 0x3c0_003fn,
  'cpuid/0x8000001d:3/ecx': 0x3fffn,
};

const LEAVES = /^cpuid\/0x(?:2|4|80000005|80000006|8000001d):/;

/**
 * What a guest with legacy caches reads; null for words of other leaves, and where it was not read. `amd`: the vendor that
 * the guest sees. `vendorOnly`: x-vendor-cpuid-only, since 6.1: an AMD CPU has no leaves 2 and 4. For Intel, 11.1 leaves out
 * parts of AMD's leaves (x-vendor-cpuid-only-v2), which were not read.
 */
export function qemuLegacyCache(
  version: QemuVersion,
  { amd, vendorOnly }: { readonly amd: boolean; readonly vendorOnly: boolean },
  word: WordPath,
): bigint | null {
  if (!LEAVES.test(word)) return null;
  if (/^cpuid\/0x[24]:/.test(word)) return amd && vendorOnly ? 0n : (INTEL[word] ?? 0n);
  if (version === '11.1' && !amd) return null;
  // Complex indexing is left out since 9.1 (x-amd-topoext-features-only).
  if (word === 'cpuid/0x8000001d:3/edx') return isSince(version, '10.0') ? 0x2n : 0x6n;
  return AMD[word] ?? 0n;
}
