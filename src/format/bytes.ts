/**
 * Reads a whole file, and refuses what cannot be a document: directories, files above the limit (without reading
 * them), files that somebody changes meanwhile. `-` is the standard input.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { documentError } from './error.ts';
import type { DocumentError } from './error.ts';

/** Bytes. A surface with every register of every vCPU feature combination is below 4 MiB. */
export const DEFAULT_LIMIT: number = 64 * 1024 * 1024;

export async function readBytes(
  path: string,
  limit: number = DEFAULT_LIMIT,
): Promise<Result<Uint8Array, DocumentError>> {
  try {
    if (path === '-') return await drain(process.stdin, path, limit);
    const file = await open(path, constants.O_RDONLY);
    try {
      return await readOpen(file, path, limit);
    } finally {
      await file.close().catch(() => undefined);
    }
  } catch (error) {
    return err(systemError(path, error));
  }
}

async function readOpen(file: FileHandle, path: string, limit: number): Promise<Result<Uint8Array, DocumentError>> {
  const before = await file.stat({ bigint: true });
  if (before.isDirectory()) {
    return err(documentError('directory', path, 'this is a directory, not a file'));
  }
  // A pipe or a process substitution has no size and no times that could be compared.
  if (!before.isFile()) return drain(file.createReadStream({ autoClose: false }), path, limit);
  if (before.size > BigInt(limit)) return err(tooLarge(path, limit, before.size));
  const bytes = await atMost(file, Number(before.size) + 1);
  const after = await file.stat({ bigint: true });
  if (differs(before, after) || BigInt(bytes.length) !== before.size) {
    return err(documentError('changed', path, 'the file changed while it was read; try again when its writer is done'));
  }
  return ok(bytes);
}

/** From the beginning; in one read where the file system gives as much as it is asked for. */
async function atMost(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function differs(before: BigIntStats, after: BigIntStats): boolean {
  return before.size !== after.size || before.mtimeNs !== after.mtimeNs;
}

async function drain(
  stream: AsyncIterable<Uint8Array | string>,
  path: string,
  limit: number,
): Promise<Result<Uint8Array, DocumentError>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > limit) return err(tooLarge(path, limit, null));
    chunks.push(bytes);
  }
  return ok(Buffer.concat(chunks, size));
}

function tooLarge(path: string, limit: number, size: bigint | null): DocumentError {
  const mebibytes = (bytes: bigint | number): string => `${Math.ceil(Number(bytes) / 1024 / 1024)} MiB`;
  const is = size === null ? 'more than' : `${mebibytes(size)}, more than`;
  return documentError('too-large', path, `${is} the limit of ${mebibytes(limit)} for a document; it was not read`);
}

const SYSTEM: Readonly<Record<string, readonly [DocumentError['code'], string]>> = {
  ENOENT: ['missing', 'there is no such file'],
  ENOTDIR: ['missing', 'there is no such file: a part of the path is not a directory'],
  EISDIR: ['directory', 'this is a directory, not a file'],
  EACCES: ['unreadable', 'you have no permission to read it'],
  EPERM: ['unreadable', 'the system refuses to open it'],
  ELOOP: ['unreadable', 'too many symbolic links'],
};

/** What the system said of a file that could not be opened or read. What is no such error is thrown on: it is a bug. */
export function systemError(path: string, error: unknown): DocumentError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  const [code, message] = SYSTEM[error.code] ?? ['unreadable', `it cannot be read: ${error.code}`];
  return documentError(code, path, message);
}
