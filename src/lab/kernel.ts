/** A kernel that can be booted: Debian's by name, or a file that the user built. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { openAptRoot } from './apt-root.ts';
import type { AptRoot } from './apt-root.ts';
import { DEBIAN_ARCHITECTURE, KERNELS } from './catalogue.ts';
import type { CatalogueKernel } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { fileError, labError } from './error.ts';
import type { LabError } from './error.ts';
import { KERNEL_FILES, KERNEL_HEAD, kernelArchitecture } from './kernel-file.ts';
import { download, findPackage, packageNames, unpack } from './packages.ts';
import type { Package } from './packages.ts';
import { keep } from './store.ts';

export interface Kernel {
  /** `debian:6.12`, or the path that the user gave. */
  readonly name: string;
  readonly architecture: Architecture;
  /** The file for QEMU's `-kernel`. */
  readonly image: string;
  /** The directory with its modules, searched in depth; null where there are none. */
  readonly modules: string | null;
  /** Tells this kernel from every other: package and version, or a digest of the file. */
  readonly identity: string;
}

/** Where the newest cached version of a catalogue kernel is, or null. No network. */
export function cachedKernel(context: LabContext, name: string, architecture: Architecture): Kernel | null {
  const directory = kernelDirectory(context, name, architecture);
  if (!existsSync(directory)) return null;
  const newest = readdirSync(directory)
    .map((version) => join(directory, version))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  return newest === undefined ? null : readKernel(name, architecture, newest);
}

/** Fetches a catalogue kernel, or what the suite has newer; `name` as in `KERNELS`. */
export async function fetchKernel(
  context: LabContext,
  name: string,
  architecture: Architecture,
  refresh: boolean = false,
): Promise<Result<Kernel, LabError>> {
  const row = KERNELS.find((kernel) => kernel.name === name);
  if (row === undefined) {
    const known = KERNELS.map((kernel) => kernel.name).join(', ');
    return err(labError('usage', `no kernel is called ${name}`, { hint: `known are ${known}, or a file` }));
  }
  const debian = DEBIAN_ARCHITECTURE[architecture];
  const root = await openAptRoot(context, row.suite, [debian], refresh);
  if (!root.ok) return root;
  const image = await findImage(context, root.value, row, debian);
  if (!image.ok) return image;
  // Since 7.2 the image package is empty and depends on linux-binary-… and linux-modules-….
  const parts = image.value.depends.flat().filter((name) => /^linux-(binary|modules)-\d/.test(name));
  const names = parts.length === 0 ? [image.value.name] : parts;
  const path = join(kernelDirectory(context, name, architecture), image.value.version);
  const kept = await keep(context, path, async (temporary) => {
    const files = await download(
      context,
      root.value,
      names.map((part) => `${part}:${debian}`),
    );
    if (!files.ok) return files;
    const unpacked = await unpack(context, files.value, temporary);
    if (!unpacked.ok) return unpacked;
    writeFileSync(join(temporary, 'package'), `${image.value.name} ${image.value.version}`);
    // What was unpacked is kept, so the packages need not be.
    for (const file of files.value) await rm(file, { force: true });
    return ok(null);
  });
  if (!kept.ok) return kept;
  const kernel = readKernel(name, architecture, kept.value);
  return kernel === null ? err(labError('image', `the packages of ${name} hold no kernel: ${kept.value}`)) : ok(kernel);
}

/** A kernel that the user built. `modules` is searched in depth, as `make INSTALL_MOD_PATH=… modules_install` leaves it. */
export function userKernel(
  architecture: Architecture,
  image: string,
  modules: string | null,
): Result<Kernel, LabError> {
  try {
    if (!statSync(image).isFile()) return err(labError('usage', `${image} is not a file`));
    if (modules !== null && !statSync(modules).isDirectory()) {
      return err(labError('usage', `${modules} is not a directory`));
    }
    const bytes = readFileSync(image);
    const found = kernelArchitecture(bytes.subarray(0, KERNEL_HEAD));
    if (found !== architecture) return err(notThisKernel(image, architecture, found));
    const digest = createHash('sha256').update(bytes).digest('hex');
    return ok({ name: image, architecture, image, modules, identity: `${basename(image)} sha256:${digest}` });
  } catch (error) {
    return err({ ...fileError('cannot read the kernel', error), code: 'usage' });
  }
}

function notThisKernel(image: string, wanted: Architecture, found: Architecture | null): LabError {
  return found === null
    ? labError('usage', `${image} is no kernel that QEMU boots`, {
        hint: `a build leaves it in ${KERNEL_FILES[wanted]}`,
      })
    : labError('usage', `${image} is a kernel of ${found}, and ${wanted} was asked for`, { hint: `--arch ${found}` });
}

/** The package of the series: what the suite's meta package depends on, else the newest with a fitting name. */
async function findImage(
  context: LabContext,
  root: AptRoot,
  row: CatalogueKernel,
  debian: string,
): Promise<Result<Package, LabError>> {
  const wanted = new RegExp(`^linux-image-${row.series.replace('.', '\\.')}[.\\-+].*cloud-${debian}$`);
  const meta = await findPackage(context, root, `linux-image-cloud-${debian}`, debian);
  if (!meta.ok) return meta;
  const named = (meta.value?.depends.flat() ?? []).filter((name) => wanted.test(name));
  const listed = await packageNames(context, root, `linux-image-${row.series}`);
  if (!listed.ok) return listed;
  const others = listed.value.filter((name) => wanted.test(name)).reverse();
  for (const name of [...named, ...others]) {
    const found = await findPackage(context, root, name, debian);
    if (!found.ok) return found;
    if (found.value !== null) return ok(found.value);
  }
  return err(labError('download', `Debian ${row.suite} has no cloud kernel ${row.series} for ${debian} any more`));
}

function kernelDirectory(context: LabContext, name: string, architecture: Architecture): string {
  return join(context.cache, 'kernels', `${name.replace(':', '-')}-${architecture}`);
}

function readKernel(name: string, architecture: Architecture, directory: string): Kernel | null {
  const image = globSync(['boot/vmlinuz-*', 'usr/lib/modules/*/vmlinuz'], { cwd: directory })[0];
  const modules = globSync(['lib/modules/*', 'usr/lib/modules/*'], { cwd: directory })[0];
  if (image === undefined) return null;
  return {
    name,
    architecture,
    image: join(directory, image),
    modules: modules === undefined ? null : join(directory, modules),
    identity: readFileSync(join(directory, 'package'), 'utf8'),
  };
}
