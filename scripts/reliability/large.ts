/** A snapshot that takes a while to write: another one's parts with memory of noise. */
import { hex } from '../../src/model/index.ts';
import { openSnapshot } from '../../src/snapshot/file/index.ts';
import type { Snapshot, SnapshotParts } from '../../src/snapshot/file/index.ts';
import { EXTENT_LIMIT, extentsOf } from '../../src/snapshot/memory.ts';
import { random } from './random.ts';

const next = random(1);
/** What zstd makes no smaller. */
const NOISE: Uint8Array = Uint8Array.from({ length: EXTENT_LIMIT }, () => next(256));

export async function partsOf(path: string): Promise<SnapshotParts> {
  const opened = await openSnapshot(path);
  if (!opened.ok) throw new Error(opened.error.message);
  await opened.value.close();
  return opened.value.parts;
}

/** `mark` is kept in its metadata, so that a reader can tell which of several it has. */
export function large(parts: SnapshotParts, mark: string, extents: number): Snapshot {
  const views = Array.from({ length: extents }, (_, index) => ({ base: BigInt(index * EXTENT_LIMIT), bytes: NOISE }));
  const memory = [{ base: hex(0), length: extents * EXTENT_LIMIT }];
  return { ...parts, metadata: { ...parts.metadata, command: mark, memory }, memory: extentsOf(views) };
}
