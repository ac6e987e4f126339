/** From what a person named to a QEMU that has been asked, failures with what to do about them. */
import { findProgram, probeQemu } from '../interop/qemu/probe/index.ts';
import type { QemuProbeError } from '../interop/qemu/probe/index.ts';
import { probeQemuVersion } from '../lab/index.ts';
import type { QemuVersionName } from '../lab/index.ts';
import { err } from '../model/index.ts';
import type { Architecture, Result, VmmSurface } from '../model/index.ts';
import { ownArchitecture } from '../probe/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { labFailure, labFor } from './lab.ts';
import type { Terminal } from './terminal.ts';

export interface NamedQemu {
  readonly binary: string | undefined;
  readonly version: QemuVersionName | undefined;
  readonly architecture: Architecture | undefined;
  readonly accelerator: 'auto' | 'kvm' | 'tcg';
  readonly machine: string;
}

/** Where distributions put it: Debian and Fedora, RHEL, older Debian and Ubuntu. */
const PROGRAMS: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['qemu-system-x86_64', '/usr/libexec/qemu-kvm', 'kvm'],
  arm64: ['qemu-system-aarch64', '/usr/libexec/qemu-kvm', 'kvm'],
};

export async function probeNamed(terminal: Terminal, named: NamedQemu): Promise<Result<VmmSurface, Failure>> {
  const { binary, version, accelerator, machine } = named;
  const architecture = named.architecture ?? ownArchitecture() ?? 'x86_64';
  const onProgress = (text: string): void => terminal.status(text);
  if (version !== undefined) {
    const options = { accelerator, machine, command: null, onProgress };
    const probed = await probeQemuVersion(labFor(terminal), version, architecture, options);
    terminal.status('');
    if (!probed.ok) return err(labFailure(terminal, probed.error));
    noteFallback(terminal, accelerator, probed.value);
    return probed;
  }
  const candidates = binary === undefined ? PROGRAMS[architecture] : [binary];
  const program = candidates.map(findProgram).find((path) => path !== null);
  if (program === undefined || program === null) {
    const advice = 'Name one with --binary, or take one of Debian: evenkeel qemu probe --qemu 10.0';
    return err(failure(EXIT.input, `there is no program ${candidates.join(' or ')} that can be executed`, advice));
  }
  const probed = await probeQemu(
    { program, parameters: [], environment: {} },
    {
      accelerator,
      machine,
      provenance: { method: 'probe', command: null, environment: {} },
      signal: terminal.signal,
      onProgress,
    },
  );
  terminal.status('');
  if (!probed.ok) return err(probeFailure(program, probed.error, accelerator));
  noteFallback(terminal, accelerator, probed.value);
  return probed;
}

/** What a CPU model lacks under TCG is no answer for who runs guests under KVM. */
function noteFallback(
  terminal: Terminal,
  wanted: NamedQemu['accelerator'],
  { accelerator, architecture }: VmmSurface,
): void {
  if (wanted !== 'auto' || accelerator !== 'tcg' || architecture !== ownArchitecture()) return;
  terminal.note(
    'KVM could not be used, so CPU models were asked under TCG, which lacks other features; --accel kvm says why',
  );
}

function probeFailure(
  program: string,
  { code, message, console }: QemuProbeError,
  accelerator: NamedQemu['accelerator'],
): Failure {
  const lines = console === undefined || console.length < 2 ? '' : `\n${console.map((line) => `  ${line}`).join('\n')}`;
  switch (code) {
    case 'interrupted':
      return failure(EXIT.interrupted, message);
    case 'no-qemu':
    case 'failed':
    case 'deadline':
      return accelerator === 'kvm'
        ? failure(EXIT.kvm, `${program}: ${message}${lines}`, 'Without KVM: --accel tcg.')
        : failure(EXIT.input, `${program}: ${message}${lines}`);
  }
}
