/**
 * Which QEMU boots a lab machine: the lab's own, a set of Debian packages in the cache that is run with its own
 * ld.so and libraries and so does not depend on the host; or one that the user names; or, where the own cannot be
 * had, the one in PATH.
 */
import { existsSync, globSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { openAptRoot } from './apt-root.ts';
import { LAB_QEMU } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { closure, download, findPackage, unpack } from './packages.ts';
import { run } from './run.ts';
import { keep } from './store.ts';

export interface Qemu {
  readonly origin: 'lab' | 'given' | 'path';
  /** The program to start, its first arguments and environment. */
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The first line of `--version`. */
  readonly version: string;
  /** Package and version for the lab's own. */
  readonly package: string | null;
}

const PROGRAM: Readonly<Record<Architecture, string>> = {
  arm64: 'qemu-system-aarch64',
  x86_64: 'qemu-system-x86_64',
};

/** How this machine, on which QEMU runs, is called by Debian and by the dynamic linker. */
const HOST = {
  x64: { debian: 'amd64', triple: 'x86_64-linux-gnu', linker: 'ld-linux-x86-64.so.2' },
  arm64: { debian: 'arm64', triple: 'aarch64-linux-gnu', linker: 'ld-linux-aarch64.so.1' },
} as const;

/** The QEMU to use, fetched where needed. `given`: a path that the user named. */
export async function provideQemu(
  context: LabContext,
  architecture: Architecture,
  given?: string,
): Promise<Result<Qemu, LabError>> {
  if (given !== undefined) return systemQemu(context, given, 'given');
  const cached = await cachedQemu(context, architecture);
  if (cached !== null) return ok(cached);
  const fetched = await fetchQemu(context, architecture);
  if (fetched.ok || fetched.error.code === 'interrupted') return fetched;
  const inPath = await systemQemu(context, PROGRAM[architecture], 'path');
  if (!inPath.ok) return fetched;
  context.notify({
    level: 'warning',
    text: `the lab's own QEMU cannot be had (${fetched.error.message}); using ${inPath.value.version} of this system`,
  });
  return inPath;
}

/** The lab's own QEMU if it is in the cache; no network. */
export async function cachedQemu(context: LabContext, architecture: Architecture): Promise<Qemu | null> {
  const parent = join(context.cache, 'qemu', architecture);
  if (!existsSync(parent)) return null;
  const newest = readdirSync(parent)
    .map((name) => join(parent, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (newest === undefined) return null;
  const qemu = await sysrootQemu(context, architecture, newest);
  return qemu.ok ? qemu.value : null;
}

/** Downloads QEMU's packages with all that they depend on and unpacks them into the cache. */
export async function fetchQemu(
  context: LabContext,
  architecture: Architecture,
  refresh: boolean = false,
): Promise<Result<Qemu, LabError>> {
  const host = process.arch === 'x64' || process.arch === 'arm64' ? HOST[process.arch] : null;
  if (host === null) return err(labError('qemu', `there is no lab QEMU for a ${process.arch} machine`));
  const row = LAB_QEMU[architecture];
  const root = await openAptRoot(context, row.suite, [host.debian], refresh);
  if (!root.ok) return root;
  const found = await findPackage(context, root.value, row.package, host.debian);
  if (!found.ok) return found;
  if (found.value === null) return err(labError('qemu', `Debian ${row.suite} has no ${row.package}`));
  const name = `${row.package}_${found.value.version.replace(':', '%3a')}`;
  const path = join(context.cache, 'qemu', architecture, name);
  const kept = await keep(context, path, async (temporary) => {
    const packages = await closure(context, root.value, [row.package, ...row.more]);
    if (!packages.ok) return packages;
    const files = await download(context, root.value, packages.value);
    return files.ok ? unpack(context, files.value, temporary) : files;
  });
  return kept.ok ? sysrootQemu(context, architecture, kept.value) : kept;
}

async function sysrootQemu(
  context: LabContext,
  architecture: Architecture,
  root: string,
): Promise<Result<Qemu, LabError>> {
  const host = process.arch === 'x64' || process.arch === 'arm64' ? HOST[process.arch] : null;
  if (host === null) return err(labError('qemu', `there is no lab QEMU for a ${process.arch} machine`));
  const libraries = [`usr/lib/${host.triple}`, `lib/${host.triple}`].flatMap((folder) => [
    join(root, folder),
    // Some libraries that QEMU is linked to live one folder down (pulseaudio, blas).
    ...globSync('*/', { cwd: join(root, folder) }).map((name) => join(root, folder, name)),
  ]);
  const linker = globSync(
    [
      `lib64/${host.linker}`,
      `lib/${host.triple}/${host.linker}`,
      `usr/lib/${host.triple}/${host.linker}`,
      `usr/lib64/${host.linker}`,
    ],
    { cwd: root },
  )[0];
  if (linker === undefined) return err(labError('qemu', `${root} has no ${host.linker}`));
  const data = ['usr/share/qemu', 'usr/share/seabios'].map((folder) => join(root, folder)).filter(existsSync);
  const [, version = ''] = root.slice(root.lastIndexOf('/') + 1).split('_');
  return describe(context, {
    origin: 'lab',
    program: join(root, linker),
    parameters: [
      '--library-path',
      libraries.join(':'),
      join(root, 'usr/bin', PROGRAM[architecture]),
      ...data.flatMap((folder) => ['-L', folder]),
    ],
    // Accelerators may be modules, which QEMU would look for beside the program, here the dynamic linker.
    environment: { QEMU_MODULE_DIR: join(root, 'usr/lib', host.triple, 'qemu') },
    version: '',
    package: `${LAB_QEMU[architecture].package} ${version.replace('%3a', ':')} (${LAB_QEMU[architecture].suite})`,
  });
}

function systemQemu(context: LabContext, program: string, origin: 'given' | 'path'): Promise<Result<Qemu, LabError>> {
  return describe(context, { origin, program, parameters: [], environment: {}, version: '', package: null });
}

async function describe(context: LabContext, qemu: Qemu): Promise<Result<Qemu, LabError>> {
  const options = { environment: qemu.environment, signal: context.signal };
  const said = await run(qemu.program, [...qemu.parameters, '--version'], options);
  if (!said.ok) {
    if (said.error.code === 'interrupted') return said;
    return err(
      labError('qemu', `${qemu.program} does not run: ${said.error.message}`, {
        hint: 'evenkeel lab fetch, or --qemu PATH',
      }),
    );
  }
  return ok({ ...qemu, version: said.value.toString().split('\n')[0] ?? '' });
}
