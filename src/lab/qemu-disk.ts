/**
 * A disk with the QEMUs that a lab machine starts: of each version the program, the libraries that it is linked to with
 * their own dynamic linker, and the firmware that it opens by itself. Some sixty megabytes a version, of which the machine
 * reads what is used.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import type { LabContext } from './context.ts';
import type { CpioEntry } from './cpio.ts';
import { writeDisk } from './disk.ts';
import { dynamicNeeds, elfArchitecture, loadedPart } from './elf.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { keep } from './store.ts';

/** To be raised when the layout of the disk changes. */
const LAYOUT = 1;

/** One version as it lies unpacked on this machine. */
export interface UnpackedQemu {
  /** As its folder on the disk is called: `10.0`. */
  readonly version: string;
  /** Package and version, which tells its files from every other's. */
  readonly identity: string;
  /** Files and folders of this machine. */
  readonly program: string;
  readonly libraries: readonly string[];
  readonly firmware: readonly string[];
}

/** Read when a PC is made (hw/i386/vapic.c, vapic_realize); everything else is asked for by options or devices. */
const FIRMWARE: Readonly<Record<Architecture, readonly string[]>> = { x86_64: ['kvmvapic.bin'], arm64: [] };

/** The disk, after making it where the cache does not have it. */
export async function qemuDisk(
  context: LabContext,
  mkfs: string,
  architecture: Architecture,
  versions: readonly UnpackedQemu[],
): Promise<Result<string, LabError>> {
  const names = versions.map(({ version, identity }) => `${version} ${identity}`);
  const hash = createHash('sha256')
    .update(`${LAYOUT}\n${names.join('\n')}`)
    .digest('hex')
    .slice(0, 32);
  return keep(context, join(context.cache, 'qemu-disks', `${architecture}-${hash}.ext4`), async (temporary) => {
    const entries: CpioEntry[] = [];
    for (const version of versions) {
      const placed = place(architecture, version);
      if (!placed.ok) return placed;
      entries.push(...placed.value);
    }
    return writeDisk(context, mkfs, temporary, entries);
  });
}

function place(architecture: Architecture, qemu: UnpackedQemu): Result<CpioEntry[], LabError> {
  const { version, program, libraries, firmware } = qemu;
  const folders = ['', '/bin', '/lib', '/share', '/modules'].map((folder): CpioEntry => ({
    kind: 'directory',
    path: `${version}${folder}`,
  }));
  const files: CpioEntry[] = [];
  const wanted: string[] = [];
  const add = (path: string, file: string): Result<null, LabError> => {
    const data = readFileSync(file);
    const found = elfArchitecture(data);
    if (!found.ok) return err(labError('image', `${file}: ${found.error}`));
    if (found.value !== architecture)
      return err(labError('image', `${file} is for ${found.value}, not ${architecture}`));
    const needs = dynamicNeeds(data);
    const loaded = loadedPart(data);
    if (!needs.ok || !loaded.ok) return err(labError('image', `${file} is not a whole program`));
    files.push({ kind: 'file', path, data: loaded.value, executable: true });
    wanted.push(...needs.value.libraries);
    if (needs.value.interpreter !== null) wanted.push(basename(needs.value.interpreter));
    return ok(null);
  };
  const added = add(`${version}/bin/${basename(program)}`, program);
  if (!added.ok) return added;
  const known = new Set<string>();
  for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
    if (known.has(name)) continue;
    known.add(name);
    const folder = libraries.find((directory) => existsSync(join(directory, name)));
    if (folder === undefined) return err(labError('image', `no package of QEMU ${version} holds ${name}`));
    const library = add(`${version}/lib/${name}`, join(folder, name));
    if (!library.ok) return library;
  }
  for (const name of FIRMWARE[architecture]) {
    const folder = firmware.find((directory) => existsSync(join(directory, name)));
    if (folder === undefined) return err(labError('image', `no package of QEMU ${version} holds ${name}`));
    files.push({ kind: 'file', path: `${version}/share/${name}`, data: readFileSync(join(folder, name)) });
  }
  return ok([...folders, ...files]);
}
