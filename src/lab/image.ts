/**
 * The image of a lab kernel: Node, koffi, their libraries, kernel modules, Evenkeel's bundle; as a read-only disk, or
 * as an uncompressed initramfs where that cannot be. Why is in docs/decisions/0005-lab-image.md.
 * Kept in the cache by content; of each kernel only what was used lately.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { buildGuestBundle, prebuiltBundle } from './bundle.ts';
import type { LabContext } from './context.ts';
import { cpio } from './cpio.ts';
import type { CpioEntry } from './cpio.ts';
import { diskMaker, writeDisk } from './disk.ts';
import { dynamicNeeds, elfArchitecture, loadedPart } from './elf.ts';
import { fileError, labError } from './error.ts';
import type { LabError } from './error.ts';
import { guestFiles } from './guest-files.ts';
import type { GuestFiles } from './guest-files.ts';
import type { Kernel } from './kernel.ts';
import type { Medium } from './machine.ts';
import { guestModules } from './modules.ts';
import type { GuestModule } from './modules.ts';
import { keep } from './store.ts';

/** To be raised when the layout of the image changes. */
const LAYOUT = 5;

export interface Image {
  readonly path: string;
  readonly medium: Medium;
}

/** The image, after building it where the cache does not have it. */
export async function buildImage(context: LabContext, kernel: Kernel): Promise<Result<Image, LabError>> {
  const files = await guestFiles(context, kernel.architecture);
  if (!files.ok) return files;
  const program = await guestProgram(context);
  if (!program.ok) return program;
  const modules = await guestModules(context, kernel);
  if (!modules.ok) return modules;
  const hash = createHash('sha256').update(`${LAYOUT}\n${files.value.identity}\n`);
  for (const { name, data } of [...program.value, ...modules.value]) hash.update(`\n${name}\n`).update(data);
  const mkfs = diskMaker(kernel);
  const prefix = `${kernel.architecture}-${kernel.name.replaceAll(/[^\w.]+/g, '-')}-`;
  const path = join(
    context.cache,
    'images',
    `${prefix}${hash.digest('hex').slice(0, 32)}.${mkfs === null ? 'cpio' : 'ext4'}`,
  );
  const image: Image = { path, medium: mkfs === null ? 'initramfs' : 'disk' };
  if (existsSync(path)) {
    utimesSync(path, new Date(), new Date());
    return ok(image);
  }
  const entries = imageEntries(kernel, files.value, modules.value, program.value);
  if (!entries.ok) return entries;
  const kept = await keep(context, path, (temporary) =>
    mkfs === null ? writeImage(temporary, cpio(entries.value)) : writeDisk(context, mkfs, temporary, entries.value),
  );
  if (!kept.ok) return kept;
  await removeOthers(join(context.cache, 'images'), prefix, path);
  return ok(image);
}

/** A file of the program that runs inside. */
interface ProgramFile {
  readonly name: string;
  readonly data: Buffer;
}

async function guestProgram(context: LabContext): Promise<Result<readonly ProgramFile[], LabError>> {
  const prebuilt = prebuiltBundle();
  if (prebuilt !== null) return ok(programFiles(prebuilt));
  const directory = join(context.cache, 'temporary', `${process.pid}-bundle`);
  try {
    await mkdir(directory, { recursive: true });
    await buildGuestBundle(directory);
    return ok(programFiles(directory));
  } catch (error) {
    return err(fileError('cannot bundle the program for the guest', error));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function programFiles(directory: string): readonly ProgramFile[] {
  return readdirSync(directory)
    .sort()
    .map((name) => ({ name, data: readFileSync(join(directory, name)) }));
}

function imageEntries(
  kernel: Kernel,
  files: GuestFiles,
  modules: readonly GuestModule[],
  program: readonly ProgramFile[],
): Result<CpioEntry[], LabError> {
  const entries: CpioEntry[] = ['dev', 'proc', 'sys', 'tmp', 'qemu', 'modules', 'program', 'lib', 'lib64'].map(
    (path) => ({
      kind: 'directory',
      path,
    }),
  );
  entries.push({ kind: 'character', path: 'dev/console', major: 5, minor: 1 });
  const programs = [
    ['node', files.node],
    ['koffi.node', files.koffi],
  ] as const;
  const wanted: string[] = [];
  // Named by the program and by libraries that can be run themselves.
  const interpreters = new Set<string>();
  const add = (path: string, file: string): Result<null, LabError> => {
    const data = readFileSync(file);
    const architecture = elfArchitecture(data);
    if (!architecture.ok) return err(labError('image', `${file}: ${architecture.error}`));
    if (architecture.value !== kernel.architecture) {
      return err(labError('image', `${file} is for ${architecture.value}, not ${kernel.architecture}`));
    }
    const needs = dynamicNeeds(data);
    const trimmed = loadedPart(data);
    if (!needs.ok || !trimmed.ok) return err(labError('image', `${file} is not a whole program`));
    wanted.push(...needs.value.libraries);
    entries.push({ kind: 'file', path, data: trimmed.value, executable: true });
    const interpreter = needs.value.interpreter;
    if (interpreter !== null && !interpreter.startsWith('/lib/')) interpreters.add(interpreter);
    return ok(null);
  };
  for (const [path, file] of programs) {
    const added = add(path, file);
    if (!added.ok) return added;
  }
  const placed = new Set<string>();
  for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
    if (placed.has(name)) continue;
    placed.add(name);
    const folder = files.libraries.find((directory) => existsSync(join(directory, name)));
    if (folder === undefined) return err(labError('image', `no package of the guest's libraries holds ${name}`));
    const added = add(`lib/${name}`, join(folder, name));
    if (!added.ok) return added;
  }
  for (const interpreter of interpreters) {
    const name = interpreter.slice(interpreter.lastIndexOf('/') + 1);
    entries.push({ kind: 'link', path: interpreter.slice(1), target: `/lib/${name}` });
  }
  for (const { name, data } of modules) entries.push({ kind: 'file', path: `modules/${name}.ko`, data });
  const order = modules.map((module) => `${module.name}\n`).join('');
  entries.push({ kind: 'file', path: 'modules/order', data: Buffer.from(order) });
  for (const { name, data } of program) entries.push({ kind: 'file', path: `program/${name}`, data });
  return ok(entries);
}

async function writeImage(path: string, pieces: readonly Uint8Array[]): Promise<Result<null, LabError>> {
  const file = await open(path, 'wx');
  try {
    for (const piece of pieces) await file.writeFile(piece);
    return ok(null);
  } finally {
    await file.close();
  }
}

/** Images of the same kernel that nobody used for this long are removed; another process may just be booting one. */
const UNUSED_MILLISECONDS = 3600 * 1000;

/** An image is 110 MB, and the sources change often while somebody works on them. */
async function removeOthers(directory: string, prefix: string, path: string): Promise<void> {
  for (const name of readdirSync(directory)) {
    const file = join(directory, name);
    if (!name.startsWith(prefix) || file === path) continue;
    const used = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - used > UNUSED_MILLISECONDS) await rm(file, { force: true });
  }
}
