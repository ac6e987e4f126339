/** Where a stream comes from: a file, whose bytes can be passed over, or a pipe, whose bytes come once. */
import { constants, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { err, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';

/** Throws what the system throws: the reader makes a value of it. */
export interface ByteSource {
  /** Bytes in all; null where nobody knows before the end. Only a source that knows can be read ahead and skipped in. */
  readonly size: number | null;
  /** At most `into.length` bytes from `position`, which a pipe takes for granted. 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export interface OpenError {
  readonly code: 'missing' | 'directory' | 'unreadable';
  readonly message: string;
}

/** `-` is the standard input. `signal` ends a read that waits for a writer; a source that it ended throws ABORT_ERR. */
export async function openSource(path: string, signal?: AbortSignal): Promise<Result<ByteSource, OpenError>> {
  if (path === '-') return ok(standardInput(signal));
  try {
    const file = await open(path, constants.O_RDONLY);
    const stats = await file.stat();
    if (stats.isDirectory()) {
      await file.close();
      return err({ code: 'directory', message: 'this is a directory, not a file' });
    }
    return ok(stats.isFile() ? fileSource(file, stats.size, signal) : pipeSource(file, signal));
  } catch (error) {
    return err(openError(error));
  }
}

/** Bytes that are there already. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return Promise.resolve(part.length);
    },
    close: () => Promise.resolve(),
  };
}

/**
 * Read without leaving for another thread, which would take as long again as the reading itself: half a gigabyte is read in
 * some 30 ms where the system has it in memory. Ctrl-C and the like get their turn now and then.
 */
function fileSource(file: FileHandle, size: number, signal: AbortSignal | undefined): ByteSource {
  let sinceTurn = 0;
  return {
    size,
    async read(into, position) {
      sinceTurn += into.length;
      if (sinceTurn >= TURN) {
        sinceTurn = 0;
        await turn();
      }
      signal?.throwIfAborted();
      return readSync(file.fd, into, 0, into.length, position);
    },
    close: () => file.close(),
  };
}

/** Bytes between two turns of the event loop. */
const TURN: number = 64 * 1024 * 1024;

/** A pipe with a name, a device and the like: a read may wait for a writer. */
function pipeSource(file: FileHandle, signal: AbortSignal | undefined): ByteSource {
  return {
    size: null,
    async read(into) {
      signal?.throwIfAborted();
      return (await file.read(into, 0, into.length, null)).bytesRead;
    },
    close: () => file.close(),
  };
}

/**
 * Read as a stream: a read of the descriptor would sit in a thread of its own until the writer writes, and keep the program
 * from ending. Also where it is a file, because of a descriptor that is inherited nobody knows where it stands.
 */
function standardInput(signal: AbortSignal | undefined): ByteSource {
  const { stdin } = process;
  const chunks: AsyncIterator<Uint8Array | string> = stdin[Symbol.asyncIterator]();
  const abort = (): void => void stdin.destroy();
  signal?.addEventListener('abort', abort);
  let rest: Uint8Array = new Uint8Array(0);
  return {
    size: null,
    async read(into) {
      signal?.throwIfAborted();
      while (rest.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return 0;
        rest = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
      }
      const part = rest.subarray(0, into.length);
      into.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    close() {
      signal?.removeEventListener('abort', abort);
      stdin.destroy();
      return Promise.resolve();
    },
  };
}

const MEANINGS: Readonly<Record<string, OpenError>> = {
  ENOENT: { code: 'missing', message: 'there is no such file' },
  ENOTDIR: { code: 'missing', message: 'there is no such file: a part of the path is not a directory' },
  EACCES: { code: 'unreadable', message: 'you have no permission to read it' },
  EPERM: { code: 'unreadable', message: 'the system refuses to open it' },
};

/** What is no error of the system is thrown on: it is a bug. */
function openError(error: unknown): OpenError {
  const name = systemErrorName(error);
  return MEANINGS[name] ?? { code: 'unreadable', message: `it cannot be read: ${name}` };
}

/** `EIO`. */
export function systemErrorName(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
