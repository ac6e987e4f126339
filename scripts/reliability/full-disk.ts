/** A disk that becomes full while a snapshot is written: a small tmpfs, and a limit on the size of files. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface FullDisk {
  readonly tried: number;
  /** An error said what was wrong, the previous file was intact and readable, and nothing lay beside it. */
  readonly intact: number;
  readonly wrong: readonly string[];
}

/** In a mount namespace of its own: nobody else sees the tmpfs, and it is gone with the process. */
const IN_TMPFS =
  'mount -t tmpfs -o size=16m none "$1" && cp "$2" "$1/guest.snapshot" && exec "$3" "$4" "$2" "$1/guest.snapshot" "${@:5}"';

/** Null where this system lets nobody make a mount namespace. `directory` exists; sizes in KiB. */
export function smallTmpfs(from: string, directory: string, sizes: readonly number[]): FullDisk | null {
  const allowed = spawnSync('unshare', ['--mount', '--map-root-user', 'mount', '-t', 'tmpfs', 'none', directory]);
  if (allowed.status !== 0) return null;
  const words = [directory, from, process.execPath, script(), ...sizes.map(String)];
  const ran = spawnSync('unshare', ['--mount', '--map-root-user', 'bash', '-c', IN_TMPFS, 'bash', ...words], {
    encoding: 'utf8',
  });
  return tally(ran, sizes.length, /no space is left/);
}

/** `path` holds a snapshot; a process with the limit writes a larger one over it. Limits in KiB. */
export function limitedFile(from: string, path: string, limits: readonly number[]): FullDisk {
  const results = limits.map((limit) => {
    const command = `ulimit -f ${limit}; exec "$0" "$@"`;
    const ran = spawnSync('bash', ['-c', command, process.execPath, script(), from, path, '0'], { encoding: 'utf8' });
    return tally(ran, 1, /size limit/);
  });
  return {
    tried: limits.length,
    intact: results.reduce((sum, { intact }) => sum + intact, 0),
    wrong: results.flatMap(({ wrong }) => wrong),
  };
}

function script(): string {
  return join(import.meta.dirname, 'write-once.ts');
}

interface Outcome {
  readonly size: string;
  readonly error: string | null;
  readonly previous: boolean;
  readonly readable: boolean;
  readonly others: number;
}

function tally({ stdout, stderr }: { stdout: string; stderr: string }, tried: number, expected: RegExp): FullDisk {
  const outcomes = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Outcome);
  const wrong = outcomes
    .filter(
      ({ error, previous, readable, others }) => !(previous && readable && others === 0 && expected.test(error ?? '')),
    )
    .map((outcome) => JSON.stringify(outcome));
  const missing = outcomes.length < tried ? [`${tried - outcomes.length} without an answer: ${stderr.trim()}`] : [];
  return { tried, intact: outcomes.length - wrong.length, wrong: [...wrong, ...missing] };
}
