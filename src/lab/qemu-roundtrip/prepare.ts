/** What a machine with QEMUs in it boots from: a kernel, its image under a name of its own, and the disk with the programs. */
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { err, ok } from '../../model/index.ts';
import type { Architecture, Result } from '../../model/index.ts';
import { DEBIAN_ARCHITECTURE } from '../catalogue.ts';
import type { LabContext } from '../context.ts';
import { diskMaker } from '../disk.ts';
import { labError } from '../error.ts';
import type { LabError } from '../error.ts';
import { copyNamed, partitionName } from '../named-disk.ts';
import { prepare } from '../probe.ts';
import type { LabTarget, Prepared } from '../probe.ts';
import { qemuDisk } from '../qemu-disk.ts';
import type { UnpackedQemu } from '../qemu-disk.ts';
import { QEMU_PROGRAM } from '../qemu-sysroot.ts';
import type { Sysroot } from '../qemu-sysroot.ts';
import { QEMU_VERSIONS, provideQemuVersion } from '../qemu-version.ts';
import { keep } from '../store.ts';

/** The image's signature; any would do. */
const SIGNATURE = 0x4b45_0003;

export interface PreparedQemus extends Prepared {
  readonly root: string;
  readonly disk: string;
  /** Package and version of each QEMU, by its short version. */
  readonly packages: Readonly<Record<string, string>>;
}

export async function prepareQemus(context: LabContext, target: LabTarget): Promise<Result<PreparedQemus, LabError>> {
  const prepared = await prepare(context, target);
  if (!prepared.ok) return prepared;
  const { image, kernel, medium } = prepared.value;
  const mkfs = diskMaker(kernel);
  if (mkfs === null || medium !== 'disk') {
    const hint = 'apt-get install e2fsprogs, and a kernel of the catalogue';
    return err(labError('tool', 'QEMUs come to a lab machine on a disk', { hint }));
  }
  const named = await keep(context, `${image}.named`, async (temporary) => {
    await copyNamed(image, temporary, SIGNATURE);
    return ok(null);
  });
  if (!named.ok) return named;
  const versions = await unpackedQemus(context, target.architecture);
  if (!versions.ok) return versions;
  const disk = await qemuDisk(context, mkfs, target.architecture, versions.value);
  if (!disk.ok) return disk;
  return ok({
    ...prepared.value,
    image: named.value,
    root: partitionName(SIGNATURE),
    disk: disk.value,
    packages: Object.fromEntries(versions.value.map(({ version, identity }) => [version, identity])),
  });
}

async function unpackedQemus(
  context: LabContext,
  architecture: Architecture,
): Promise<Result<readonly UnpackedQemu[], LabError>> {
  const unpacked: UnpackedQemu[] = [];
  for (const version of QEMU_VERSIONS) {
    const runsOn = DEBIAN_ARCHITECTURE[architecture];
    const sysroot = await provideQemuVersion(context, { version, emulates: architecture, runsOn });
    if (!sysroot.ok) return sysroot;
    unpacked.push(unpackedQemu(version, sysroot.value));
  }
  return ok(unpacked);
}

/** Some libraries that QEMU is linked to live one folder down (pulseaudio, blas). */
const LIBRARIES = [
  'lib64',
  'usr/lib64',
  'lib',
  'usr/lib',
  ...['lib', 'usr/lib'].flatMap((at) => [`${at}/*-linux-gnu`, `${at}/*-linux-gnu/*/`]),
];

function unpackedQemu(version: string, { root, emulates, package: identity }: Sysroot): UnpackedQemu {
  return {
    version,
    identity,
    program: join(root, 'usr/bin', QEMU_PROGRAM[emulates]),
    libraries: globSync(LIBRARIES, { cwd: root }).map((folder) => join(root, folder)),
    firmware: globSync(['usr/share/qemu', 'usr/share/seabios'], { cwd: root }).map((folder) => join(root, folder)),
  };
}

/** Tells what was booted from every other, for results that are remembered. */
export function identityOfQemus({ kernel, qemu, image, disk }: PreparedQemus): string {
  return [kernel.identity, basename(image), qemu.version, qemu.package ?? '', basename(disk)].join('\n');
}
