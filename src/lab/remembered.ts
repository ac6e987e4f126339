/** Jobs' answers kept in the cache, compressed: a job that was done with the same programs on the same kernel is not done again. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * What `remember` wrote there. The path says what was asked and of which program, so that the shape is the asker's. A file that
 * cannot be read is as good as none: the job is done again.
 */
export function remembered<Done>(path: string): Done | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(zstdDecompressSync(readFileSync(path)).toString()) as Done;
  } catch {
    return null;
  }
}

/** Whole or not at all. A cache that cannot be written is no cache: the next run does the job again. */
export function remember(path: string, done: unknown): void {
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, zstdCompressSync(JSON.stringify(done)));
    renameSync(temporary, path);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
}
