/** What can go wrong in the lab, as values. */
export type LabErrorCode =
  /** A program of the system that the lab needs is not there; `hint` is the command that installs it. */
  | 'missing-tool'
  /** A program of the system ended with an error. */
  | 'tool'
  /** The kernel, CPU or file that was asked for does not exist or is not what it should be. */
  | 'usage'
  | 'download'
  | 'no-space'
  | 'image'
  | 'qemu'
  /** The machine started and the probe in it did not answer; `console` has the last lines. */
  | 'boot'
  /** Inside, /dev/kvm is missing or refuses. */
  | 'unavailable'
  | 'interrupted';

export interface LabError {
  readonly code: LabErrorCode;
  /** One sentence for people. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** The last lines that the machine, or the tool, wrote. */
  readonly console?: readonly string[];
}

export function labError(code: LabErrorCode, message: string, more: Omit<LabError, 'code' | 'message'> = {}): LabError {
  return { code, message, ...more };
}

/** An exception of a file operation as a value; anything else is a bug and thrown on. */
export function fileError(what: string, error: unknown): LabError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return labError('no-space', `${what}: no space is left on the device`, {
      hint: 'free some space, or set EVENKEEL_CACHE to a directory on a larger disk',
    });
  }
  return labError('tool', `${what}: ${error.message}`);
}
