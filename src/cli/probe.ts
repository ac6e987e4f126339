/** Probes this host for a command: progress on standard error, failures with what to do about them. */
import { probeHost } from '../worker/index.ts';
import type { Message, ProbeFailure } from '../worker/index.ts';
import { err } from '../model/index.ts';
import type { Result, Surface } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import type { Terminal } from './terminal.ts';

export async function probe(terminal: Terminal, device?: string): Promise<Result<Surface, Failure>> {
  const result = await probeHost({
    signal: terminal.signal,
    onProgress: (message) => showProgress(terminal, message),
    ...(device === undefined ? {} : { device }),
  });
  terminal.status('');
  return result.ok ? result : err(probeFailure(result.error, terminal.signal.aborted));
}

function showProgress(terminal: Terminal, message: Message): void {
  switch (message.event) {
    case 'begin':
      return terminal.status(`probing ${message.step}`);
    case 'note':
      return terminal.status(`probing ${message.step}: ${message.what}`);
    case 'end':
      if (message.section.outcome === 'failed') {
        terminal.note(
          `${message.step}: ${message.section.call} failed with ${message.section.errno}; recorded as such`,
        );
      }
      return;
    case 'hello':
    case 'unavailable':
    case 'done':
      return terminal.status('');
  }
}

/** What to do, by errno of opening /dev/kvm or creating a VM. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'Load the module (modprobe kvm_intel or kvm_amd), or pass the device in (docker run --device /dev/kvm).',
  EACCES: 'Run as root, or join the group that owns the device: ls -l /dev/kvm; usermod -aG kvm USER; log in again.',
  EPERM: "Allow the device and KVM's ioctls in the container's device and seccomp rules.",
  ENOTTY: 'Look at what is there: ls -l /dev/kvm shows a character device, 10, 232, where it is KVM.',
  ENXIO: 'Enable virtualization in the firmware, or nested virtualization in the outer hypervisor.',
  ENODEV: 'Enable virtualization in the firmware, or nested virtualization in the outer hypervisor.',
  EBUSY: 'Stop the other hypervisor on this host.',
};

export function probeFailure(error: ProbeFailure, interrupted: boolean): Failure {
  if (interrupted) return failure(EXIT.interrupted, 'interrupted; no VM is left');
  const advice = error.errno === undefined ? undefined : ADVICE[error.errno];
  return failure(error.code === 'unavailable' ? EXIT.kvm : EXIT.internal, error.message, advice);
}
