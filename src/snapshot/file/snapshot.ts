/** A snapshot in memory, but for the guest's memory, which may be larger than this process wants to hold. */
import type { Contract, Plan, SavedState, SnapshotMetadata, SnapshotSource, Surface } from '../../model/index.ts';
import type { MemoryExtent } from '../memory.ts';

/** Everything but the memory. */
export interface SnapshotParts {
  readonly metadata: SnapshotMetadata;
  /** Where it was saved. */
  readonly source: SnapshotSource;
  /** What the guest was promised. */
  readonly contract: Contract;
  /** The source's whole surface; null where a writer has none. */
  readonly surface: Surface | null;
  /** How the machine was made there; null where it was not made by a plan. */
  readonly plan: Plan | null;
  readonly state: SavedState;
}

export interface Snapshot extends SnapshotParts {
  /** In ascending order of addresses, within the regions of `metadata.memory`; what none covers is zero. */
  readonly memory: Iterable<MemoryExtent> | AsyncIterable<MemoryExtent>;
}
