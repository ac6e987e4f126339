/** Documents to files: whole or not at all, whatever happens on the way. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SURFACE_FORMAT, err, ok } from '../model/index.ts';
import type { Contract, Json, Result, Surface } from '../model/index.ts';
import { contractSchema } from './contract.ts';
import { documentError } from './error.ts';
import type { DocumentError } from './error.ts';
import { stringify } from './stringify.ts';
import { surfaceSchema } from './surface.ts';

/** Surfaces have their keys in the schema's order and their sections by name, so that equal hosts give equal text. */
export function surfaceText(surface: Surface): string {
  const sections = Object.fromEntries(Object.entries(surface.sections).sort(([a], [b]) => (a < b ? -1 : 1)));
  return stringify(surfaceSchema.encode({ ...surface, format: SURFACE_FORMAT, sections }) as Json);
}

export function contractText(contract: Contract): string {
  return stringify(contractSchema.encode(contract) as Json);
}

/**
 * Writes a file through a temporary one beside it: fsync, rename, fsync of the directory. A reader sees the old
 * content or the new; an error leaves the old and no temporary file. A device or a pipe is written straight.
 */
export function writeWhole(path: string, text: string): Result<null, DocumentError> {
  try {
    const target = resolveTarget(path);
    if (target.special) {
      fs.writeFileSync(path, text);
      return ok(null);
    }
    replace(target.path, text, target.mode);
    return ok(null);
  } catch (error) {
    return err(writeError(path, error));
  }
}

/**
 * `writeWhole` for files that are too large to be held: `fill` writes to the temporary file, wherever in it it wants.
 * Nothing is at `path` but the old content until all of the new is on the disk. Only for files: a pipe has no places.
 * `mode`: of a file that was not there before.
 */
export async function fillWhole(
  path: string,
  fill: (file: FileHandle) => Promise<void>,
  mode: number = 0o666,
): Promise<Result<null, DocumentError>> {
  try {
    const target = resolveTarget(path, mode);
    if (target.special) {
      const message = 'this is no file that could be replaced: such a document is written with its index first';
      return err(documentError('unwritable', path, message));
    }
    await fillThenRename(target, fill);
    return ok(null);
  } catch (error) {
    return err(writeError(path, error));
  }
}

async function fillThenRename({ path, mode }: Target, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = temporaryBeside(path);
  const file = await open(temporary, 'wx', mode);
  try {
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

interface Target {
  /** With symbolic links resolved, so that a link stays one. */
  readonly path: string;
  readonly mode: number;
  /** Neither a file nor missing. */
  readonly special: boolean;
}

function resolveTarget(path: string, mode: number = 0o666): Target {
  const stats = fs.statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { path, mode, special: false };
  return { path: fs.realpathSync(path), mode: stats.mode & 0o777, special: !stats.isFile() };
}

function replace(path: string, text: string, mode: number): void {
  const temporary = temporaryBeside(path);
  const file = fs.openSync(temporary, 'wx', mode);
  try {
    try {
      fs.writeFileSync(file, text);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

/** The rename itself is on the disk when this returns. */
function syncDirectory(directory: string): void {
  const parent = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(parent);
  } finally {
    fs.closeSync(parent);
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'this is a directory, not a file',
  EACCES: 'you have no permission to write there',
  EPERM: 'the system refuses to write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device; nothing was written',
  EDQUOT: 'the disk quota is used up; nothing was written',
  EFBIG: 'the file would exceed the size limit of this process',
};

function writeError(path: string, error: unknown): DocumentError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  const message = MEANINGS[error.code] ?? `it cannot be written: ${error.code}`;
  return documentError('unwritable', path, message);
}
