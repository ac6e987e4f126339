/**
 * The QEMU versions that are held against each other, each from the Debian suite that has it, for whichever machine they are
 * to run on: this one, or one of the lab's.
 */
import { join } from 'node:path';
import type { Architecture, Result } from '../model/index.ts';
import type { LabContext } from './context.ts';
import type { LabError } from './error.ts';
import { cachedSysroot, fetchSysroot } from './qemu-sysroot.ts';
import type { DebianArchitecture, QemuPackages, Sysroot } from './qemu-sysroot.ts';

export type QemuVersionName = '5.2' | '7.2' | '10.0' | '11.1';

/** From old to new. */
const SUITES: Readonly<Record<QemuVersionName, QemuPackages['suites']>> = {
  '5.2': ['bullseye'],
  '7.2': ['bookworm'],
  '10.0': ['trixie'],
  '11.1': ['trixie-backports', 'trixie'],
};

export const QEMU_VERSIONS: readonly QemuVersionName[] = ['5.2', '7.2', '10.0', '11.1'];

/** The firmware of q35, pc and virt's network cards is only recommended by some of these. */
const PACKAGES: Readonly<Record<Architecture, Omit<QemuPackages, 'suites'>>> = {
  x86_64: { package: 'qemu-system-x86', more: ['seabios', 'ipxe-qemu'] },
  arm64: { package: 'qemu-system-arm', more: ['ipxe-qemu'] },
};

/** Devices that Debian has in modules which QEMU only recommends since 10.0: qxl with spice, virtio-gpu with OpenGL. */
const MODULES: Readonly<Partial<Record<QemuVersionName, readonly string[]>>> = {
  '10.0': ['qemu-system-modules-spice', 'qemu-system-modules-opengl'],
  '11.1': ['qemu-system-modules-spice', 'qemu-system-modules-opengl'],
};

export interface WantedQemu {
  readonly version: QemuVersionName;
  readonly emulates: Architecture;
  /** Whose programs they are: the machine on which QEMU runs. */
  readonly runsOn: DebianArchitecture;
  /**
   * With all modules that have devices, as a record of the version needs them: some 60 MB more to fetch. Not where not given:
   * a machine without a display does without.
   */
  readonly everyDevice?: boolean;
}

/** That QEMU from the cache, or fetched into it: some 100 packages, 60 to 100 MB. */
export async function provideQemuVersion(
  context: LabContext,
  wanted: WantedQemu,
  refresh: boolean = false,
): Promise<Result<Sysroot, LabError>> {
  const cached = refresh ? null : cachedQemuVersion(context, wanted);
  if (cached !== null) return { ok: true, value: cached };
  return fetchSysroot(context, packagesOf(wanted), wanted.emulates, wanted.runsOn, folder(context, wanted), refresh);
}

/** The same without the network; null where it is not in the cache. */
export function cachedQemuVersion(context: LabContext, wanted: WantedQemu): Sysroot | null {
  return cachedSysroot(packagesOf(wanted), wanted.emulates, wanted.runsOn, folder(context, wanted));
}

function packagesOf({ version, emulates, everyDevice }: WantedQemu): QemuPackages {
  const { package: name, more } = PACKAGES[emulates];
  const modules = everyDevice === true ? (MODULES[version] ?? []) : [];
  return { suites: SUITES[version], package: name, more: [...more, ...modules] };
}

function folder(context: LabContext, { version, emulates, runsOn, everyDevice }: WantedQemu): string {
  const suffix = everyDevice === true && MODULES[version] !== undefined ? '-every-device' : '';
  return join(context.cache, 'qemu-versions', version, `${emulates}-on-${runsOn}${suffix}`);
}
