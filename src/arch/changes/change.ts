/**
 * A change of KVM that a guest can see and that is known from KVM's sources: what a surface of one kernel and a surface
 * of the next differ by, and what can be done about it. Measurement finds such changes by itself; a row adds what no
 * measurement says: which way back there is, what KVM does not give out, and what surfaces cannot show at all.
 */
import type { Architecture, ElementPath } from '../../model/index.ts';

/**
 * Between which kernels a change came: the newest tree looked at that is `without` it, and the oldest `with` it. Never a
 * key: late stable kernels carry backports (`also`), so only probing a host says what it does. Null where no tree that
 * was looked at is without it, or where the change has no single point.
 */
export interface KernelEvidence {
  readonly without: string | null;
  readonly with: string | null;
  readonly also?: readonly string[];
}

export interface Selectable {
  /** Whether the behaviour before can be selected on a kernel after. */
  readonly answer: 'yes' | 'partly' | 'no';
  /** For `yes` what it takes beyond the mechanism, if anything; for the others what is in the way. */
  readonly reason: string | null;
}

export interface KnownChange {
  /** Stable, and unique over both architectures. */
  readonly id: string;
  readonly architecture: Architecture;
  readonly title: string;
  /** What shows it: words, elements, or with a trailing `*` all paths that begin so. */
  readonly elements: readonly ElementPath[];
  /** What of it no element of a surface can show, so that two equal surfaces prove nothing of it; null where they do. */
  readonly unseen: string | null;
  /** What a guest sees, before and after. */
  readonly before: string;
  readonly after: string;
  readonly kernels: KernelEvidence;
  /** Which behaviour a guest gets on a kernel with the change where nobody asks. */
  readonly byDefault: 'before' | 'after' | 'host';
  /** The call that selects, with its arguments; null where there is none. */
  readonly mechanism: string | null;
  /** How a program finds out that a kernel has it; null where only its behaviour tells. */
  readonly discovery: string | null;
  /** What becomes of it when a guest is saved and restored. */
  readonly saved: string;
  readonly selectable: Selectable;
  /** Whether an ioctl tells what was selected. Where not, whoever selected it must remember. */
  readonly readable: boolean;
  /** Why a running guest is not hurt by it in either direction: such a change is listed and not counted. */
  readonly harmless: string | null;
  /** Where in Linux 7.3 (another tree where named) this was read. */
  readonly source: string;
}
