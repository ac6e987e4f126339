/**
 * What the hook for libvirt answers from: verdicts on one host, made beforehand. The file `evenkeel.libvirt-answers/1`.
 * The hook must be fast and may not ask libvirt, so everything that it needs is in here.
 */
import type { Host } from './surface.ts';
import type { Level } from './verdict.ts';

export const LIBVIRT_ANSWERS_FORMAT = 'evenkeel.libvirt-answers/1';

export interface AnsweredContract {
  /** Its file, as `evenkeel libvirt cache` found it. */
  readonly file: string;
  /** The worst level of the contract on this host. */
  readonly level: Level;
  /** The worst reasons, one line each, the worst first. */
  readonly reasons: readonly string[];
  /** How many more there are at that level. */
  readonly more: number;
}

export interface LibvirtAnswers {
  readonly format: typeof LIBVIRT_ANSWERS_FORMAT;
  readonly prepared: {
    /** ISO 8601, UTC. */
    readonly at: string;
    /** `evenkeel 0.1.0`. */
    readonly by: string;
  };
  /** The host that the verdicts are true of; on another one, or another kernel, they answer nothing. */
  readonly host: Host;
  /** The fingerprint of its surface. */
  readonly surface: string;
  /** The VMM that was judged on top of KVM, or null. */
  readonly vmm: string | null;
  readonly contracts: readonly AnsweredContract[];
  /** A domain's UUID (lower case) or name, and the index of its contract. */
  readonly guests: readonly { readonly guest: string; readonly contract: number }[];
  /** The contract of KVM guests that are not named, or null. */
  readonly others: number | null;
}
