/** The snapshot file, `evenkeel.snapshot/1`: written whole or not at all, read only when every checksum fits. */
export type { Encoding, SectionRow } from './layout.ts';
export { openSnapshot } from './read.ts';
export type { ReadOptions, SnapshotFile } from './read.ts';
export type { Snapshot, SnapshotParts } from './snapshot.ts';
export { VERSIONS } from './versions.ts';
export type { JsonSection, JsonSections, SnapshotVersion } from './versions.ts';
export { writeSnapshot } from './write.ts';
export type { WriteOptions } from './write.ts';
