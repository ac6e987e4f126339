/**
 * Things in the cache appear whole or not at all: they are made under a temporary name in the same file system and
 * renamed when they are finished. What a killed run left behind is removed by the next one.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import type { LabContext } from './context.ts';
import { fileError } from './error.ts';
import type { LabError } from './error.ts';

let made = 0;

/**
 * Returns `path`, after `make` has produced it if it was not there. `make` is given a temporary name to write to, a
 * file or a directory; it is removed when `make` fails.
 */
export async function keep(
  context: LabContext,
  path: string,
  make: (temporary: string) => Promise<Result<unknown, LabError>>,
): Promise<Result<string, LabError>> {
  if (existsSync(path)) return ok(path);
  const directory = temporaryDirectory(context);
  const temporary = join(directory, `${made++}-${basename(path)}`);
  try {
    await removeAbandoned(context);
    await mkdir(directory, { recursive: true });
    await mkdir(dirname(path), { recursive: true });
    const result = await make(temporary);
    if (!result.ok) return result;
    await publish(temporary, path);
    return ok(path);
  } catch (error) {
    return err(fileError(`cannot write ${path}`, error));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Another process may have made the same thing meanwhile: then its result stays and ours goes. */
async function publish(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

/** One a process; `keep` calls are not made at the same time within one. */
function temporaryDirectory(context: LabContext): string {
  return join(context.cache, 'temporary', `${process.pid}-${made}`);
}

async function removeAbandoned(context: LabContext): Promise<void> {
  const root = join(context.cache, 'temporary');
  const names = existsSync(root) ? await readdir(root) : [];
  for (const name of names) {
    if (!isRunning(Number.parseInt(name, 10))) await rm(join(root, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
