/**
 * For people who write VMMs: a guest's state out of KVM and back, its memory in extents, whether it may go to a host, and
 * the file that keeps all of it. `index.ts` is the part that runs without the schemas of files.
 */
export { decide } from './decision.ts';
export type { Decision, DecisionInput } from './decision.ts';
export { VERSIONS, openSnapshot, writeSnapshot } from './file/index.ts';
export type { ReadOptions, SectionRow, Snapshot, SnapshotFile, SnapshotParts, WriteOptions } from './file/index.ts';
export * from './index.ts';
export { EXTENT_LIMIT, PAGE, extentsOf, fillMemory, unpackExtent } from './memory.ts';
export type { MemoryExtent, MemoryView } from './memory.ts';
export { carriedValues } from './values.ts';
