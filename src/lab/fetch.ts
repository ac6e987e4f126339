/** Lists and fetches kernels, for the commands; `labProbe` fetches what it needs by itself. */
import { ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { KERNELS } from './catalogue.ts';
import type { LabContext } from './context.ts';
import type { LabError } from './error.ts';
import { guestFiles } from './guest-files.ts';
import { cachedKernel, fetchKernel } from './kernel.ts';
import type { Kernel } from './kernel.ts';
import { fetchQemu } from './qemu.ts';

export interface ListedKernel {
  readonly name: string;
  readonly suite: string;
  readonly architecture: Architecture;
  /** Package and version in the cache, or null. */
  readonly cached: string | null;
}

/** Every catalogue kernel of every architecture. No network. */
export function listKernels(context: LabContext): readonly ListedKernel[] {
  return (['x86_64', 'arm64'] as const).flatMap((architecture) =>
    KERNELS.map(({ name, suite }) => ({
      name,
      suite,
      architecture,
      cached: cachedKernel(context, name, architecture)?.identity ?? null,
    })),
  );
}

/** Fetches the newest versions of kernels, and with them all else that booting them takes. */
export async function fetchKernels(
  context: LabContext,
  wanted: { readonly architectures: readonly Architecture[]; readonly kernels: readonly string[] },
): Promise<Result<readonly Kernel[], LabError>> {
  const fetched: Kernel[] = [];
  for (const architecture of wanted.architectures) {
    for (const name of wanted.kernels) {
      const kernel = await fetchKernel(context, name, architecture, true);
      if (!kernel.ok) return kernel;
      fetched.push(kernel.value);
    }
    const files = await guestFiles(context, architecture);
    if (!files.ok) return files;
    const qemu = await fetchQemu(context, architecture, true);
    if (!qemu.ok) return qemu;
  }
  return ok(fetched);
}
