/** What can go wrong when a QEMU is asked what it can do, as values. */
import { describeQmpError } from '../qmp/index.ts';
import type { QmpError } from '../qmp/index.ts';

export interface QemuProbeError {
  readonly code:
    /** It ran and gave no greeting: no QEMU, or one that refused its arguments. Or one for an architecture not known here. */
    | 'no-qemu'
    /** It is a QEMU, and refused, died or did not answer. */
    | 'failed'
    | 'deadline'
    | 'interrupted';
  /** One sentence for people. */
  readonly message: string;
  /** The last lines that it wrote. */
  readonly console?: readonly string[];
}

export function probeError(
  code: QemuProbeError['code'],
  message: string,
  console: readonly string[] = [],
): QemuProbeError {
  return console.length === 0 ? { code, message } : { code, message, console };
}

/** An error of a conversation that had begun. */
export function conversationError(error: QmpError): QemuProbeError {
  return probeError(error.code === 'deadline' ? 'deadline' : 'failed', describeQmpError(error));
}
