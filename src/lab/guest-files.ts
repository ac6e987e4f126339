/** What a guest needs besides its kernel and Evenkeel: Node and koffi from npm, their libraries from Debian. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { openAptRoot } from './apt-root.ts';
import { DEBIAN_ARCHITECTURE, GUEST_KOFFI, GUEST_LIBRARIES, GUEST_NODE, NODE_ARCHITECTURE } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { download, unpack } from './packages.ts';
import { run } from './run.ts';
import { keep } from './store.ts';

export interface GuestFiles {
  readonly node: string;
  readonly koffi: string;
  /** Directories in which the libraries are. */
  readonly libraries: readonly string[];
  /** Names and versions of all this. */
  readonly identity: string;
}

/** Everything for one architecture, fetched where it is not in the cache. */
export async function guestFiles(
  context: LabContext,
  architecture: Architecture,
): Promise<Result<GuestFiles, LabError>> {
  const name = NODE_ARCHITECTURE[architecture];
  const node = await npmPackage(context, `node-linux-${name}@${GUEST_NODE}`);
  if (!node.ok) return node;
  const koffi = await npmPackage(context, `@koromix/koffi-linux-${name}@${GUEST_KOFFI}`);
  if (!koffi.ok) return koffi;
  const libraries = await guestLibraries(context, architecture);
  if (!libraries.ok) return libraries;
  const { directory, versions } = libraries.value;
  const triple = architecture === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return ok({
    node: join(node.value, 'bin/node'),
    koffi: join(koffi.value, `linux_${name}/koffi.node`),
    libraries: [`lib/${triple}`, `usr/lib/${triple}`, 'lib64', 'lib'].map((folder) => join(directory, folder)),
    identity: `node ${GUEST_NODE}, koffi ${GUEST_KOFFI}, ${versions}`,
  });
}

/** An npm package unpacked in the cache; npm checks its integrity against the registry's statement. */
async function npmPackage(context: LabContext, specifier: string): Promise<Result<string, LabError>> {
  const path = join(context.cache, 'npm', specifier.replace(/^@/, '').replace('/', '-'));
  return keep(context, path, async (temporary) => {
    context.notify({ level: 'progress', text: `fetching ${specifier} from npm` });
    const packed = `${temporary}.packed`;
    await mkdir(packed, { recursive: true });
    await mkdir(temporary, { recursive: true });
    // Away from any project, whose .npmrc would apply.
    const options = { directory: packed, signal: context.signal };
    const done = await run('npm', ['pack', '--silent', '--pack-destination', packed, specifier], options);
    if (!done.ok) return done.error.code === 'tool' ? err({ ...done.error, code: 'download' }) : done;
    const archive = readdirSync(packed).find((file) => file.endsWith('.tgz'));
    if (archive === undefined) return err(labError('download', `npm packed no archive of ${specifier}`));
    const unpacked = await run(
      'tar',
      ['-xzf', join(packed, archive), '-C', temporary, '--strip-components=1'],
      options,
    );
    await rm(packed, { recursive: true, force: true });
    return unpacked;
  });
}

async function guestLibraries(
  context: LabContext,
  architecture: Architecture,
): Promise<Result<{ readonly directory: string; readonly versions: string }, LabError>> {
  const debian = DEBIAN_ARCHITECTURE[architecture];
  const parent = join(context.cache, 'libraries', debian);
  const cached = existsSync(parent) ? readdirSync(parent)[0] : undefined;
  if (cached !== undefined) return ok({ directory: join(parent, cached), versions: cached });
  const root = await openAptRoot(context, GUEST_LIBRARIES.suite, [debian]);
  if (!root.ok) return root;
  const wanted = GUEST_LIBRARIES.packages.map((name) => `${name}:${debian}`);
  const files = await download(context, root.value, wanted);
  if (!files.ok) return files;
  const versions = files.value.map((file) => /\/([^/]+)_[^_]+\.deb$/.exec(file)?.[1] ?? file).join(',');
  const kept = await keep(context, join(parent, versions), (temporary) => unpack(context, files.value, temporary));
  return kept.ok ? ok({ directory: kept.value, versions }) : kept;
}
