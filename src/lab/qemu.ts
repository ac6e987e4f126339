/**
 * Which QEMU boots a lab machine: the lab's own, a set of Debian packages in the cache that is run with its own
 * ld.so and libraries and so does not depend on the host; or one that the user names; or, where the own cannot be
 * had, the one in PATH.
 */
import { join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { LAB_QEMU } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { QEMU_PROGRAM, cachedSysroot, fetchSysroot, startFrom, thisMachine } from './qemu-sysroot.ts';
import type { QemuPackages, Sysroot } from './qemu-sysroot.ts';
import { run } from './run.ts';

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
  const inPath = await systemQemu(context, QEMU_PROGRAM[architecture], 'path');
  if (!inPath.ok) return fetched;
  context.notify({
    level: 'warning',
    text: `the lab's own QEMU cannot be had (${fetched.error.message}); using ${inPath.value.version} of this system`,
  });
  return inPath;
}

/** The lab's own QEMU if it is in the cache; no network. */
export async function cachedQemu(context: LabContext, architecture: Architecture): Promise<Qemu | null> {
  const machine = thisMachine();
  if (machine === null) return null;
  const sysroot = cachedSysroot(packagesOf(architecture), architecture, machine, folder(context, architecture));
  const qemu = sysroot === null ? null : await sysrootQemu(context, sysroot);
  return qemu?.ok === true ? qemu.value : null;
}

/** Downloads QEMU's packages with all that they depend on and unpacks them into the cache. */
export async function fetchQemu(
  context: LabContext,
  architecture: Architecture,
  refresh: boolean = false,
): Promise<Result<Qemu, LabError>> {
  const machine = thisMachine();
  if (machine === null) return err(labError('qemu', `there is no lab QEMU for a ${process.arch} machine`));
  const parent = folder(context, architecture);
  const fetched = await fetchSysroot(context, packagesOf(architecture), architecture, machine, parent, refresh);
  return fetched.ok ? sysrootQemu(context, fetched.value) : fetched;
}

function packagesOf(architecture: Architecture): QemuPackages {
  const { suite, package: name, more } = LAB_QEMU[architecture];
  return { suites: [suite], package: name, more };
}

function folder(context: LabContext, architecture: Architecture): string {
  return join(context.cache, 'qemu', architecture);
}

async function sysrootQemu(context: LabContext, sysroot: Sysroot): Promise<Result<Qemu, LabError>> {
  const start = startFrom(sysroot);
  if (!start.ok) return start;
  return describe(context, { origin: 'lab', ...start.value, version: '', package: sysroot.package });
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
