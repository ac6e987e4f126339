/** Kernel modules for an image: those that a lab machine needs, with what they depend on, in the order of insertion. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import type { LabContext } from './context.ts';
import { moduleInformation } from './elf.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import type { Kernel } from './kernel.ts';
import { run } from './run.ts';

export interface GuestModule {
  readonly name: string;
  readonly data: Uint8Array;
}

/** The channel's drivers, and KVM where Debian builds it as a module. One that is built in has no file. */
const WANTED: Readonly<Record<Architecture, readonly string[]>> = {
  arm64: ['virtio_pci', 'virtio_console', 'kvm'],
  x86_64: ['virtio_pci', 'virtio_console', 'kvm_amd'],
};

export async function guestModules(
  context: LabContext,
  kernel: Kernel,
): Promise<Result<readonly GuestModule[], LabError>> {
  if (kernel.modules === null) return ok([]);
  const directory = kernel.modules;
  const files = new Map(
    globSync('**/*.ko{,.xz,.zst}', { cwd: directory }).map((file) => [moduleName(file), join(directory, file)]),
  );
  const inserted = new Map<string, GuestModule>();
  const add = async (name: string): Promise<Result<null, LabError>> => {
    const file = files.get(name);
    if (file === undefined || inserted.has(name)) return ok(null);
    const data = await decompressed(context, file);
    if (!data.ok) return data;
    const information = moduleInformation(data.value);
    if (!information.ok) return err(labError('image', `${file}: ${information.error}`));
    const depends = (information.value.get('depends') ?? '').split(',').filter((word) => word !== '');
    for (const dependency of depends) {
      const added = await add(moduleName(dependency));
      if (!added.ok) return added;
    }
    inserted.set(name, { name, data: data.value });
    return ok(null);
  };
  for (const name of WANTED[kernel.architecture]) {
    const added = await add(name);
    if (!added.ok) return added;
  }
  return ok([...inserted.values()]);
}

/** As the kernel names it: without folder and ending, and with underscores. */
function moduleName(file: string): string {
  return basename(file)
    .replace(/\.ko(\.xz|\.zst)?$/, '')
    .replaceAll('-', '_');
}

/** By the build machine, which is faster at it than an emulated one. */
async function decompressed(context: LabContext, file: string): Promise<Result<Uint8Array, LabError>> {
  if (file.endsWith('.xz')) return run('xz', ['--decompress', '--stdout', file], { signal: context.signal });
  const data = readFileSync(file);
  return ok(file.endsWith('.zst') ? zstdDecompressSync(data) : data);
}
