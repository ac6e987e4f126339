/** Documents to files: whole or not at all, whatever happens on the way. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
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

interface Target {
  /** With symbolic links resolved, so that a link stays one. */
  readonly path: string;
  readonly mode: number;
  /** Neither a file nor missing. */
  readonly special: boolean;
}

function resolveTarget(path: string): Target {
  const stats = fs.statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { path, mode: 0o666, special: false };
  return { path: fs.realpathSync(path), mode: stats.mode & 0o777, special: !stats.isFile() };
}

function replace(path: string, text: string, mode: number): void {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
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
