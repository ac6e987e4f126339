/** Exit codes, and how a command ends. The codes are part of the interface: scripts and pipelines branch on them. */
import type { Level } from '../model/index.ts';

export const EXIT = {
  /** Every verdict is `same` or `selectable`; for commands without a verdict: done. */
  ok: 0,
  /**
   * A verdict is `refused`, `lost` or `silent`; for `surface diff`: the surfaces differ; for `snapshot restore`: it was not
   * restored, or what was restored is not what was saved.
   */
  worse: 1,
  usage: 2,
  /** The worst verdict is `unknown`. */
  unknown: 3,
  /** A file could not be read, is not what it should be, or could not be written. */
  input: 4,
  /** No KVM on this host, no permission to use it, or a guest that does not run on it. */
  kvm: 5,
  /** The lab could not fetch, boot or record. */
  lab: 6,
  /** A bug in Evenkeel. */
  internal: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What `--help` says of them. */
export const EXIT_HELP: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.ok, 'done; every verdict is same or selectable'],
  [
    EXIT.worse,
    'a verdict is refused, lost or silent; surface diff: they differ; snapshot restore: refused, or not as it was saved',
  ],
  [EXIT.usage, 'the command line is wrong'],
  [EXIT.unknown, 'the worst verdict is unknown'],
  [EXIT.input, 'a file cannot be read, written, or is not what it should be'],
  [EXIT.kvm, 'no KVM on this host, no permission to use it, or the guest does not run on it'],
  [EXIT.lab, 'the lab failed to fetch, boot or record'],
  [EXIT.internal, 'a bug in Evenkeel'],
  [EXIT.interrupted, 'interrupted'],
];

/** An expected failure that ends a command: one line for people, and what to do about it where that is known. */
export interface Failure {
  readonly exit: ExitCode;
  readonly message: string;
  readonly advice?: string;
}

export function failure(exit: ExitCode, message: string, advice?: string): Failure {
  return advice === undefined ? { exit, message } : { exit, message, advice };
}

/** The exit code that a verdict gives. */
export function exitOf(level: Level): ExitCode {
  switch (level) {
    case 'same':
    case 'selectable':
      return EXIT.ok;
    case 'unknown':
      return EXIT.unknown;
    case 'refused':
    case 'lost':
    case 'silent':
      return EXIT.worse;
  }
}
