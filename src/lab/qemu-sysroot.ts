/**
 * A QEMU as a folder: Debian's packages with all that they depend on, unpacked over each other, and how its program is
 * started from there, through its own dynamic linker and with its own libraries, whatever the machine around it has.
 */
import { existsSync, globSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { openAptRoot } from './apt-root.ts';
import type { Suite } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { closure, download, findPackage, unpack } from './packages.ts';
import { keep } from './store.ts';

/** Debian's name of the architecture that a QEMU is built for: that of the machine on which it runs. */
export type DebianArchitecture = 'amd64' | 'arm64';

export interface QemuPackages {
  /** The first has QEMU, and comes first for all else; the others have what it depends on. */
  readonly suites: readonly [Suite, ...Suite[]];
  readonly package: string;
  /** What the package only recommends. */
  readonly more: readonly string[];
}

export interface Sysroot {
  readonly root: string;
  /** Package and version: `qemu-system-x86 1:7.2+dfsg-7+deb12u18 (bookworm)`. */
  readonly package: string;
  readonly emulates: Architecture;
  readonly runsOn: DebianArchitecture;
}

/** A program with the arguments that come before a person's own. */
export interface QemuStart {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The program of each architecture; QEMU calls arm64 aarch64. */
export const QEMU_PROGRAM: Readonly<Record<Architecture, string>> = {
  arm64: 'qemu-system-aarch64',
  x86_64: 'qemu-system-x86_64',
};

/** How the machine on which QEMU runs is called by Debian's folders and by the dynamic linker. */
const RUNS_ON: Readonly<Record<DebianArchitecture, { readonly triple: string; readonly linker: string }>> = {
  amd64: { triple: 'x86_64-linux-gnu', linker: 'ld-linux-x86-64.so.2' },
  arm64: { triple: 'aarch64-linux-gnu', linker: 'ld-linux-aarch64.so.1' },
};

/** Where QEMU looks for firmware. Debian's SeaBIOS is a package of its own. */
const DATA = ['usr/share/qemu', 'usr/share/seabios', 'usr/lib/ipxe/qemu'];

/** This machine's, or null where Debian has no QEMU for it that the lab knows how to start. */
export function thisMachine(): DebianArchitecture | null {
  if (process.arch === 'x64') return 'amd64';
  return process.arch === 'arm64' ? 'arm64' : null;
}

/** What is in `parent` already: the newest by the time of its making. No network. */
export function cachedSysroot(
  packages: QemuPackages,
  emulates: Architecture,
  runsOn: DebianArchitecture,
  parent: string,
): Sysroot | null {
  if (!existsSync(parent)) return null;
  const newest = readdirSync(parent)
    .filter((name) => name.startsWith(`${packages.package}_`))
    .map((name) => join(parent, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  return newest === undefined ? null : describeSysroot(packages, emulates, runsOn, newest);
}

/** Downloads the packages for a machine and unpacks them into a folder of `parent`, unless they are there. */
export async function fetchSysroot(
  context: LabContext,
  packages: QemuPackages,
  emulates: Architecture,
  runsOn: DebianArchitecture,
  parent: string,
  refresh: boolean = false,
): Promise<Result<Sysroot, LabError>> {
  const [suite, ...others] = packages.suites;
  const root = await openAptRoot(context, suite, [runsOn], refresh, others);
  if (!root.ok) return root;
  const found = await findPackage(context, root.value, packages.package, runsOn);
  if (!found.ok) return found;
  if (found.value === null) return err(labError('qemu', `Debian ${suite} has no ${packages.package} for ${runsOn}`));
  const name = `${packages.package}_${found.value.version.replace(':', '%3a')}`;
  const kept = await keep(context, join(parent, name), async (temporary) => {
    const all = await closure(context, root.value, [packages.package, ...packages.more]);
    if (!all.ok) return all;
    const files = await download(context, root.value, all.value);
    return files.ok ? unpack(context, files.value, temporary) : files;
  });
  return kept.ok ? ok(describeSysroot(packages, emulates, runsOn, kept.value)) : kept;
}

/**
 * How QEMU is started from the sysroot. `at`: where the folder will be found by then, if that is not where it is now, as on
 * a disk that is made of it.
 */
export function startFrom(sysroot: Sysroot, at: string = sysroot.root): Result<QemuStart, LabError> {
  const { root } = sysroot;
  const { triple, linker: name } = RUNS_ON[sysroot.runsOn];
  const linker = globSync(
    [`lib64/${name}`, `lib/${triple}/${name}`, `usr/lib/${triple}/${name}`, `usr/lib64/${name}`],
    {
      cwd: root,
    },
  )[0];
  if (linker === undefined) return err(labError('qemu', `${root} has no ${name}`));
  const program = `usr/bin/${QEMU_PROGRAM[sysroot.emulates]}`;
  if (!existsSync(join(root, program))) return err(labError('qemu', `${root} has no ${program}`));
  const libraries = [`usr/lib/${triple}`, `lib/${triple}`].flatMap((folder) => [
    join(at, folder),
    // Some libraries that QEMU is linked to live one folder down (pulseaudio, blas).
    ...globSync('*/', { cwd: join(root, folder) }).map((inner) => join(at, folder, inner)),
  ]);
  const data = DATA.filter((folder) => existsSync(join(root, folder)));
  return ok({
    program: join(at, linker),
    parameters: [
      '--library-path',
      libraries.join(':'),
      join(at, program),
      ...data.flatMap((folder) => ['-L', join(at, folder)]),
    ],
    // Devices and accelerators may be modules, which QEMU would look for beside the program, here the dynamic linker.
    environment: { QEMU_MODULE_DIR: join(at, 'usr/lib', triple, 'qemu') },
  });
}

function describeSysroot(
  packages: QemuPackages,
  emulates: Architecture,
  runsOn: DebianArchitecture,
  root: string,
): Sysroot {
  const [, version = ''] = root.slice(root.lastIndexOf('/') + 1).split('_');
  const name = `${packages.package} ${version.replace('%3a', ':')} (${packages.suites[0]})`;
  return { root, package: name, emulates, runsOn };
}
