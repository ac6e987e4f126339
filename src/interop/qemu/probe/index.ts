/** What a QEMU can give a guest, asked of the program itself: over QMP, with a machine that is never run, and by dumps. */
import { accessSync, constants } from 'node:fs';
import { VMM_SURFACE_FORMAT, err, ok } from '../../../model/index.ts';
import type { Accelerator, Architecture, Recorded, Result, VmmSurface } from '../../../model/index.ts';
import { vmmFingerprint } from '../../../format/vmm-fingerprint.ts';
import { readHost } from '../../../probe/steps/host.ts';
import { evenkeelVersion } from '../../../probe/version.ts';
import { isObject } from '../qmp/index.ts';
import type { Qmp } from '../qmp/index.ts';
import type { QemuProgram } from './child.ts';
import { askCpuModels } from './cpu-models.ts';
import { dumpMachines } from './dump.ts';
import { conversationError, probeError } from './error.ts';
import type { QemuProbeError } from './error.ts';
import { askMachines } from './machines.ts';
import { startQemu } from './process.ts';
import type { RunningQemu } from './process.ts';

export type { QemuProbeError } from './error.ts';
export { findProgram } from './child.ts';
export type { QemuProgram } from './child.ts';

export interface QemuProbeOptions {
  /** `auto`: KVM where this user may use it and QEMU can, else TCG. */
  readonly accelerator: Accelerator | 'auto';
  /** The machine type under which CPU models are asked for. */
  readonly machine: string;
  readonly provenance: Pick<Recorded, 'method' | 'command' | 'environment'>;
  /** For each question, and for each dump. */
  readonly milliseconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

const MILLISECONDS = 30_000;

/** QEMU's names of the architectures (qapi/machine.json, SysEmuTarget). */
const TARGETS: Readonly<Record<string, Architecture>> = { x86_64: 'x86_64', aarch64: 'arm64' };

/**
 * Machine types that are kept as they are for older guests, and `none`, which every QEMU can make. Their versions are QEMU's
 * (pc-q35-7.2, virt-9.0), Red Hat's (pc-q35-rhel9.4.0) or Ubuntu's (pc-q35-noble).
 */
const KEPT_FOR_GUESTS = /^none$|^(pc|virt)-.|-\d+\.\d+$/;

export async function probeQemu(
  qemu: QemuProgram,
  options: QemuProbeOptions,
): Promise<Result<VmmSurface, QemuProbeError>> {
  const begun = performance.now();
  const process = { milliseconds: options.milliseconds ?? MILLISECONDS, signal: options.signal };
  const tell = options.onProgress ?? (() => undefined);
  tell(`starting ${qemu.program}`);
  const started = await startWith(qemu, options, process);
  if (!started.ok) return started;
  const { running, accelerator } = started.value;
  const asked = await ask(running.qmp, options.machine, tell);
  await running.end();
  if (options.signal?.aborted === true) return err(probeError('interrupted', 'interrupted; QEMU was ended'));
  if (!asked.ok) return asked;
  const { architecture, machines, cpu, version } = asked.value;
  const kept = Object.keys(machines).filter((name) => KEPT_FOR_GUESTS.test(name));
  const vmstate = await dumpMachines(qemu, ['none', ...kept.filter((name) => name !== 'none')], process, tell);
  if (!vmstate.ok) return vmstate;
  const host = accelerator === 'kvm' ? readHost() : null;
  const content = { architecture, vmm: version, accelerator, machines, cpu, vmstate: vmstate.value };
  return ok({
    format: VMM_SURFACE_FORMAT,
    ...content,
    host: host === null ? null : { kernelRelease: host.kernelRelease, cpu: host.cpu },
    recorded: {
      at: new Date().toISOString(),
      by: `evenkeel ${evenkeelVersion()}`,
      ...options.provenance,
      milliseconds: Math.round(performance.now() - begun),
      ioctls: null,
    },
    fingerprint: vmmFingerprint(content),
  });
}

type Asked = Pick<VmmSurface, 'architecture' | 'machines' | 'cpu'> & { readonly version: VmmSurface['vmm'] };

async function ask(qmp: Qmp, machine: string, tell: (text: string) => void): Promise<Result<Asked, QemuProbeError>> {
  const target = await qmp.execute('query-target');
  if (!target.ok) return err(conversationError(target.error));
  const arch = isObject(target.value) ? target.value['arch'] : undefined;
  const architecture = typeof arch === 'string' && Object.hasOwn(TARGETS, arch) ? TARGETS[arch] : undefined;
  if (architecture === undefined) {
    return err(
      probeError(
        'no-qemu',
        `a QEMU for ${typeof arch === 'string' ? arch : 'nothing known'}; Evenkeel knows x86_64 and aarch64`,
      ),
    );
  }
  const machines = await askMachines(qmp);
  if (!machines.ok) return machines;
  const cpu = await askCpuModels(qmp, machine, tell);
  if (!cpu.ok) return cpu;
  const { major, minor, micro, package: name } = qmp.version;
  const version = { name: 'qemu', version: `${major}.${minor}.${micro}`, package: name } as const;
  return ok({ architecture, machines: machines.value, cpu: cpu.value, version });
}

async function startWith(
  qemu: QemuProgram,
  { accelerator, machine }: QemuProbeOptions,
  process: Parameters<typeof startQemu>[3],
): Promise<Result<{ readonly running: RunningQemu; readonly accelerator: Accelerator }, QemuProbeError>> {
  const wanted: readonly Accelerator[] =
    accelerator === 'auto' ? (mayUseKvm() ? ['kvm', 'tcg'] : ['tcg']) : [accelerator];
  let last: QemuProbeError = probeError('failed', 'no accelerator');
  for (const one of wanted) {
    const running = await startQemu(qemu, machine, one, process);
    if (running.ok) return ok({ running: running.value, accelerator: one });
    last = running.error;
    if (last.code !== 'no-qemu') break;
  }
  return err(last);
}

function mayUseKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
