/**
 * Records the VMM surfaces that come with Evenkeel: each QEMU version from Debian, asked on this machine under TCG, so that the
 * record is the same on the next machine.
 */
import { join } from 'node:path';
import { vmmSurfaceText } from '../format/index.ts';
import { probeQemu } from '../interop/qemu/probe/index.ts';
import type { QemuProbeError } from '../interop/qemu/probe/index.ts';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result, VmmSurface } from '../model/index.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { startFrom, thisMachine } from './qemu-sysroot.ts';
import { provideQemuVersion } from './qemu-version.ts';
import type { QemuVersionName } from './qemu-version.ts';
import { writeRecording } from './recorded-file.ts';
import type { Compared } from './recorded-file.ts';

export interface RecordQemuOptions {
  /** Where `qemu-VERSION/ARCHITECTURE.json` are written. */
  readonly directory: string;
  readonly versions: readonly QemuVersionName[];
  readonly architectures: readonly Architecture[];
  readonly onProgress?: (text: string) => void;
}

export interface RecordedQemu {
  /** `qemu-7.2/x86_64`. */
  readonly name: string;
  readonly path: string;
  readonly result: Result<{ readonly surface: VmmSurface; readonly compared: Compared }, LabError>;
}

/** One result each, in order; what was interrupted ends it. */
export async function recordQemu(context: LabContext, options: RecordQemuOptions): Promise<readonly RecordedQemu[]> {
  const recorded: RecordedQemu[] = [];
  for (const version of options.versions) {
    for (const architecture of options.architectures) {
      const name = `qemu-${version}/${architecture}`;
      const path = join(options.directory, `${name}.json`);
      const tell = (text: string): void => options.onProgress?.(`${name}: ${text}`);
      const result = await recordOne(context, version, architecture, path, tell);
      recorded.push({ name, path, result });
      if (!result.ok && result.error.code === 'interrupted') return recorded;
    }
  }
  return recorded;
}

async function recordOne(
  context: LabContext,
  version: QemuVersionName,
  architecture: Architecture,
  path: string,
  onProgress: (text: string) => void,
): Promise<RecordedQemu['result']> {
  const probed = await probeQemuVersion(context, version, architecture, {
    accelerator: 'tcg',
    machine: 'none',
    command: `evenkeel qemu record --qemu ${version} --arch ${architecture}`,
    onProgress,
  });
  if (!probed.ok) return probed;
  const written = writeRecording(path, probed.value.fingerprint, vmmSurfaceText(probed.value));
  return written.ok ? ok({ surface: probed.value, compared: written.value }) : written;
}

export interface ProbeVersionOptions {
  readonly accelerator: 'kvm' | 'tcg' | 'auto';
  readonly machine: string;
  readonly command: string | null;
  readonly onProgress?: (text: string) => void;
}

/** What Debian's QEMU of a version says it can do, with every module that has devices; fetched where needed. */
export async function probeQemuVersion(
  context: LabContext,
  version: QemuVersionName,
  emulates: Architecture,
  { accelerator, machine, command, onProgress }: ProbeVersionOptions,
): Promise<Result<VmmSurface, LabError>> {
  const runsOn = thisMachine();
  if (runsOn === null) return err(labError('qemu', `Debian has no QEMU for a ${process.arch} machine`));
  const sysroot = await provideQemuVersion(context, { version, emulates, runsOn, everyDevice: true });
  if (!sysroot.ok) return sysroot;
  const start = startFrom(sysroot.value);
  if (!start.ok) return start;
  const probed = await probeQemu(start.value, {
    accelerator,
    machine,
    provenance: { method: 'lab', command, environment: { QEMU: sysroot.value.package } },
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return probed.ok ? probed : err(probeFailed(sysroot.value.package, probed.error));
}

function probeFailed(name: string, { code, message, console }: QemuProbeError): LabError {
  const more = console === undefined ? {} : { console };
  return code === 'interrupted' ? labError(code, message) : labError('qemu', `${name}: ${message}`, more);
}
