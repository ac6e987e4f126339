/** Finding, downloading and unpacking Debian packages through a private apt root. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { downloadError } from './apt-root.ts';
import type { AptRoot } from './apt-root.ts';
import type { LabContext } from './context.ts';
import { fileError, labError } from './error.ts';
import type { LabError } from './error.ts';
import { run } from './run.ts';
import { controlFields } from './sources.ts';

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Names of alternatives are apart: `a | b` gives `['a', 'b']`. */
  readonly depends: readonly (readonly string[])[];
}

/** Bytes. */
const WORTH_TELLING = 2e6;

const APT_HELPER = '/usr/lib/apt/apt-helper';

/** The newest version of a package in the root's suite; `null` where there is none. */
export async function findPackage(
  context: LabContext,
  root: AptRoot,
  name: string,
  architecture: string,
): Promise<Result<Package | null, LabError>> {
  const options = { environment: root.environment, signal: context.signal };
  const shown = await run('apt-cache', ['show', '--no-all-versions', `${name}:${architecture}`], options);
  // Exit code 100: no such package (apt-cache(8) knows no other code for it).
  if (!shown.ok) return shown.error.code === 'tool' ? ok(null) : shown;
  const fields = controlFields(shown.value.toString().split('\n\n')[0] ?? '');
  const version = fields.get('version');
  if (version === undefined) return ok(null);
  const depends = (fields.get('depends') ?? '')
    .split(',')
    .map((group) => group.split('|').map((word) => word.trim().split(/[\s:(]/)[0] ?? ''));
  return ok({
    name: fields.get('package') ?? name,
    version,
    architecture: fields.get('architecture') ?? architecture,
    depends,
  });
}

/** All package names of the suite that begin with `prefix`. */
export async function packageNames(
  context: LabContext,
  root: AptRoot,
  prefix: string,
): Promise<Result<readonly string[], LabError>> {
  const listed = await run('apt-cache', ['pkgnames', prefix], {
    environment: root.environment,
    signal: context.signal,
  });
  return listed.ok
    ? ok(
        listed.value
          .toString()
          .split('\n')
          .filter((name) => name !== '')
          .sort(),
      )
    : listed;
}

/** What apt would install for `names` on a machine that has nothing: `name:architecture=version` of each. */
export async function closure(
  context: LabContext,
  root: AptRoot,
  names: readonly string[],
): Promise<Result<readonly string[], LabError>> {
  const options = { environment: root.environment, signal: context.signal };
  const simulated = await run('apt-get', ['install', '-s', '-q', '-y', '--no-install-recommends', ...names], options);
  if (!simulated.ok) return simulated;
  // "Inst libc6 (2.36-9+deb12u14 Debian:12.14/oldstable [amd64])"
  const found = [...simulated.value.toString().matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\S+)\]\)/gm)];
  return ok(
    found.map(
      ([, name, version, architecture]) =>
        `${name?.split(':')[0]}:${architecture === 'all' ? 'all' : architecture}=${version}`,
    ),
  );
}

/**
 * Downloads packages (`name:architecture`, `name:architecture=version`) and returns their files. A download that was
 * interrupted goes on where it stopped; each file's SHA-256 is checked against the signed index.
 */
export async function download(
  context: LabContext,
  root: AptRoot,
  packages: readonly string[],
): Promise<Result<readonly string[], LabError>> {
  const options = { environment: root.environment, signal: context.signal };
  const located = await run('apt-get', ['download', '--print-uris', '-q', ...packages], options);
  if (!located.ok) return located;
  const items = [...located.value.toString().matchAll(/^'([^']+)' (\S+) (\d+) (SHA256:[0-9a-f]{64})$/gm)];
  if (items.length < packages.length) {
    return err(labError('download', `apt knows no address with a SHA-256 for some of: ${packages.join(' ')}`));
  }
  const files: string[] = [];
  for (const [, address = '', name = '', bytes = '', digest = ''] of items) {
    const file = join(root.directory, 'archives', name);
    if (!existsSync(file)) {
      // QEMU comes with some eighty small libraries that nobody needs to read the names of.
      if (Number(bytes) > WORTH_TELLING) {
        const text = `fetching ${decodeURIComponent(name)}, ${megabytes(Number(bytes))}`;
        context.notify({ level: 'progress', text });
      }
      const partial = join(root.directory, 'archives/partial', name);
      const fetched = await run(APT_HELPER, ['download-file', address, partial, digest], options);
      if (!fetched.ok) return err(downloadError(fetched.error));
      try {
        if ((await sha256(partial)) !== digest) {
          await rm(partial, { force: true });
          return err(labError('download', `${name} is not what the signed index says; it was removed`));
        }
        await rename(partial, file);
      } catch (error) {
        return err(fileError(`cannot keep ${file}`, error));
      }
    }
    files.push(file);
  }
  return ok(files);
}

/** Unpacks packages over each other into `directory`, which is created. */
export async function unpack(
  context: LabContext,
  files: readonly string[],
  directory: string,
): Promise<Result<null, LabError>> {
  await mkdir(directory, { recursive: true });
  for (const file of files) {
    const done = await run('dpkg-deb', ['--extract', file, directory], { signal: context.signal });
    if (!done.ok) return done;
  }
  return ok(null);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `SHA256:${hash.digest('hex')}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
