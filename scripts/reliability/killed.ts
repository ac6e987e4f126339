/** A process killed while it writes a snapshot: what is then in the file's place, and beside it. */
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openSnapshot, writeSnapshot } from '../../src/snapshot/file/index.ts';
import { large, partsOf } from './large.ts';
import { random } from './random.ts';

export interface Killed {
  readonly tried: number;
  /** The file was one that had been written to its end: the one before, or a later one. */
  readonly whole: number;
  /** Of these, the one from before the process began. */
  readonly previous: number;
  /** Temporary files that were left beside it, and how many of them were complete: every checksum fits. */
  readonly left: number;
  readonly taken: number;
}

/** The longest time that a writer is given, milliseconds: several snapshots, each of some tens. */
const LONGEST = 400;
const PREVIOUS = 'the one before';

export async function killWriters(from: string, path: string, times: number, seed: number): Promise<Killed> {
  const next = random(seed);
  const parts = await partsOf(from);
  const tally = { tried: 0, whole: 0, previous: 0, left: 0, taken: 0 };
  for (; tally.tried < times; tally.tried++) {
    const written = await writeSnapshot(path, large(parts, PREVIOUS, 1));
    if (!written.ok) throw new Error(written.error.message);
    await writeAndKill(from, path, next(LONGEST));
    const mark = await markOf(path);
    if (mark !== null) tally.whole++;
    if (mark === PREVIOUS) tally.previous++;
    for (const name of readdirSync(dirname(path)).filter((each) => each.startsWith(`.${basename(path)}.`))) {
      tally.left++;
      if ((await markOf(join(dirname(path), name))) !== null) tally.taken++;
      rmSync(join(dirname(path), name));
    }
  }
  return tally;
}

function writeAndKill(from: string, path: string, milliseconds: number): Promise<undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const script = join(import.meta.dirname, 'write-for-ever.ts');
  const child = spawn(process.execPath, [script, from, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), milliseconds));
  child.on('close', (_, signal) => (signal === 'SIGKILL' ? resolve(undefined) : reject(new Error('the writer ended'))));
  return promise;
}

/** Null where the file is no whole snapshot. */
async function markOf(path: string): Promise<string | null> {
  const opened = await openSnapshot(path);
  if (!opened.ok) return null;
  await opened.value.close();
  return opened.value.parts.metadata.command;
}
