/**
 * A guest's memory to a snapshot file and back: half of it zero, a quarter text, a quarter noise. Baselines on the same
 * bytes: zstd over what is not zero, in one piece, which any program pays that compresses it; and a copy in memory.
 */
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { hex } from '../src/model/index.ts';
import { openSnapshot, writeSnapshot } from '../src/snapshot/file/index.ts';
import { extentsOf, fillMemory } from '../src/snapshot/memory.ts';
import { sample } from '../test/snapshot/sample.ts';

const MEGABYTES = 128;
const BYTES = MEGABYTES * 1024 * 1024;
const ROUNDS = 3;

function guestMemory(): Uint8Array {
  const memory = new Uint8Array(BYTES);
  const docs = new URL('../docs/', import.meta.url).pathname;
  const text = Buffer.concat(
    readdirSync(docs, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => readFileSync(join(docs, name))),
  );
  for (let at = BYTES / 2; at < (BYTES / 4) * 3; at += text.length) {
    memory.set(text.subarray(0, Math.min(text.length, (BYTES / 4) * 3 - at)), at);
  }
  randomFillSync(memory, (BYTES / 4) * 3);
  return memory;
}

export async function run(): Promise<void> {
  const memory = guestMemory();
  const views = [{ base: 0n, bytes: memory }];
  const made = await sample();
  const parts = { ...made, metadata: { ...made.metadata, memory: [{ base: hex(0n), length: BYTES }] } };
  const used = memory.subarray(BYTES / 2);
  const packed = zstdCompressSync(used);
  const target = new Uint8Array(BYTES);
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  const file = join(directory, 'guest.snapshot');
  const variants: readonly (() => unknown)[] = [
    () => target.set(memory),
    () => zstdCompressSync(used),
    () => writeSnapshot(file, { ...parts, memory: extentsOf(views) }),
    () => zstdDecompressSync(packed),
    async () => {
      const opened = await openSnapshot(file);
      if (!opened.ok) throw new Error(opened.error.message);
      await using snapshot = opened.value;
      for await (const extent of snapshot.extents()) {
        const filled = fillMemory([extent], [{ base: 0n, bytes: target }]);
        if (!filled.ok) throw new Error(filled.error);
      }
    },
  ];
  try {
    const best = variants.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, variant] of variants.entries()) {
        const begun = performance.now();
        await variant();
        best[index] = Math.min(best[index] ?? 0, performance.now() - begun);
      }
    }
    if (Buffer.compare(target, memory) !== 0) throw new Error('what came back is not what was saved');
    const [copy = 0, compress = 0, write = 0, decompress = 0, read = 0] = best;
    const rate = (milliseconds: number): string => `${Math.round(MEGABYTES / (milliseconds / 1000))} MB/s`;
    const ratio = (value: number, of: number): string => `${(value / of).toFixed(2)} x`;
    console.log(`snapshot of ${MEGABYTES} MB; a copy in memory: ${copy.toFixed(0)} ms (${rate(copy)})`);
    console.log(`  zstd of what is used:   ${compress.toFixed(0)} ms; unpacked ${decompress.toFixed(0)} ms`);
    console.log(`  to a file, checksums:   ${write.toFixed(0)} ms (${rate(write)}), ${ratio(write, compress)} zstd`);
    console.log(`  checked and back:       ${read.toFixed(0)} ms (${rate(read)}), ${ratio(read, decompress)} zstd`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
