/**
 * What a snapshot says of itself: the parts of the file `evenkeel.snapshot/1` that are not a contract, a plan or saved
 * state. Plain JSON.
 */
import type { Hex } from './hex.ts';
import type { Architecture, Host, Json } from './surface.ts';

export const SNAPSHOT_FORMAT = 'evenkeel.snapshot/1';

/** Guest memory at consecutive guest-physical addresses. Page aligned; regions do not overlap. */
export type MemoryRegion = {
  readonly base: Hex;
  /** Bytes. */
  readonly length: number;
};

export type SnapshotMetadata = {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** `evenkeel 0.1.0`, or the VMM that wrote it. */
  readonly by: string;
  /** One command that makes such a snapshot again, where there is one. */
  readonly command: string | null;
  readonly guest: {
    /** `witness`, `counter`, or what the VMM calls it. */
    readonly name: string;
    readonly vcpus: number;
    /** What the guest said of itself when it was saved: the witness' table of reads. Null where it says nothing. */
    readonly report: Json;
  };
  readonly memory: readonly MemoryRegion[];
  /** In the lab: QEMU's version, the kernel's package. Elsewhere empty. */
  readonly environment: Readonly<Record<string, string>>;
};

/** The host that the guest was saved on. */
export type SnapshotSource = {
  readonly architecture: Architecture;
  /** As in its surface. */
  readonly fingerprint: string;
  readonly host: Host | null;
};
