/** What is known of the subsections of a vCPU's state. */
import type { WordPath } from '../../../model/index.ts';

/** Those that were read. A subsection that came in between counts for the next of them. */
export const READ_VERSIONS = ['5.2', '7.2', '10.0', '11.1'] as const;

export type ReadVersion = (typeof READ_VERSIONS)[number];

export interface SubsectionRow {
  readonly name: string;
  /** The oldest that knows it. */
  readonly since: ReadVersion;
  /** The newest that knows it, where a newer one has dropped it. */
  readonly until?: ReadVersion;
  /** Completes "it is sent …". */
  readonly sent: string;
  /** A load is refused where the host does not have this capability. */
  readonly insists?: WordPath;
}
