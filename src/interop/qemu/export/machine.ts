/** Machine types: a guest keeps the one that it was started with, and no QEMU has those of newer ones. */
import { err, ok } from '../../../model/index.ts';
import type { Architecture, Result } from '../../../model/index.ts';
import type { QemuVersion } from '../../../arch/vmm/qemu-version.ts';

const FAMILY: Readonly<Record<Architecture, RegExp>> = {
  x86_64: /^pc-(?:q35|i440fx)-(\d+)\.(\d+)$/,
  arm64: /^virt-(\d+)\.(\d+)$/,
};

const NEWEST: Readonly<Record<Architecture, string>> = { x86_64: 'pc-q35', arm64: 'virt' };

/** The machine type to start with: as named, or the newest of this version. The error is for people. */
export function machineType(
  architecture: Architecture,
  version: QemuVersion,
  named: string | undefined,
): Result<string, string> {
  if (named === undefined) return ok(`${NEWEST[architecture]}-${version}`);
  const found = FAMILY[architecture].exec(named);
  if (found === null) {
    return err(`${named} is no versioned machine type of ${architecture}, such as ${NEWEST[architecture]}-${version}`);
  }
  const age = (major: string | undefined, minor: string | undefined): number => Number(major) * 1000 + Number(minor);
  const [major, minor] = version.split('.');
  if (age(found[1], found[2]) > age(major, minor))
    return err(`QEMU ${version} is older than the machine type ${named}`);
  return ok(named);
}
