import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocument } from '../../src/format/index.ts';
import { assessLiveUpdate, labContext, labLiveUpdate, liveUpdateTrip, roundTripGroup } from '../../src/lab/index.ts';
import { writeUpdateDisk } from '../../src/lab/live-update-disk.ts';
import { copyNamed, partitionName } from '../../src/lab/named-disk.ts';
import type { Surface } from '../../src/model/index.ts';
import { ready } from './ready.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'evenkeel-live-update-test-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('the disks of a live update', () => {
  test("a named copy is the image with a partition that begins where it does, and the image's own bytes stay", async () => {
    const image = Buffer.alloc(8192, 0);
    image.fill(0x5a, 1024);
    const [from, to] = [join(directory, 'image'), join(directory, 'copy')];
    writeFileSync(from, image);
    await copyNamed(from, to, 0x1234_abcd);
    const copy = readFileSync(to);
    // A master boot record: signature at 440, first entry at 446 (type, first sector, sectors), mark at 510.
    expect(copy.readUInt32LE(440)).toBe(0x1234_abcd);
    expect(copy.readUInt8(446 + 4)).toBe(0x83);
    expect([copy.readUInt32LE(446 + 8), copy.readUInt32LE(446 + 12)]).toEqual([0, 16]);
    expect(copy.readUInt16LE(510)).toBe(0xaa55);
    expect(copy.subarray(512)).toEqual(image.subarray(512));
    expect(readFileSync(from)).toEqual(image);
    expect(partitionName(0xcd)).toBe('PARTUUID=000000cd-01');
  });

  test('the update disk holds the kernel and the orders at the places that its table names, and is never written over', async () => {
    const file = join(directory, 'update');
    const kernel = Buffer.from('a kernel');
    const parts = { kernel, commandLine: 'root=PARTUUID=1-01', orders: { plans: [] } };
    await writeUpdateDisk(file, parts);
    const bytes = readFileSync(file).subarray(0, 1 << 20);
    const table = JSON.parse(bytes.subarray(0, 4096).toString()) as Record<string, { at: number; length: number }>;
    const part = (name: string): Buffer => {
      const { at = 0, length = 0 } = table[name] ?? {};
      return bytes.subarray(at, at + length);
    };
    expect(part('kernel')).toEqual(kernel);
    expect(JSON.parse(part('orders').toString())).toEqual({ plans: [] });
    expect(table['commandLine']).toBe('root=PARTUUID=1-01');
    const { at = 0, length = 0 } = table['saved'] ?? {};
    expect(at + length).toBe(statSync(file).size);
    await expect(writeUpdateDisk(file, parts)).rejects.toThrow('EEXIST');
  });
});

const MILLISECONDS = 600_000;

const CASES = [
  { architecture: 'x86_64', cpu: 'max', from: '5.10', to: '7.2' },
  { architecture: 'arm64', cpu: 'neoverse-n1', from: '7.3', to: '6.1' },
] as const;

async function surfaceOf(name: string): Promise<Surface> {
  const read = await readDocument(new URL(`../../surfaces/${name}.json`, import.meta.url).pathname);
  if (!read.ok || read.value.kind !== 'surface') throw new Error(`no surface ${name}`);
  return read.value.surface;
}

describe('a live update in one machine', () => {
  for (const { architecture, cpu, from, to } of CASES) {
    test(
      `${architecture}/${cpu}: a guest of debian:${from} is on debian:${to} as it was predicted to be`,
      { timeout: MILLISECONDS },
      async (context) => {
        const first = await ready(context, architecture, `debian:${from}`);
        const second = await ready(context, architecture, `debian:${to}`);
        if (first.medium !== 'disk' || second.medium !== 'disk') return context.skip('mkfs.ext4 is not installed');
        const recorded = [from, to].map(async (kernel) => ({
          kernel: `debian:${kernel}`,
          surface: await surfaceOf(`${architecture}/${cpu}/debian-${kernel}`),
        }));
        const group = roundTripGroup(architecture, cpu, await Promise.all(recorded));
        const trip = liveUpdateTrip(group, `debian:${from}`, `debian:${to}`);
        if (trip === null) throw new Error('no guest can be started');
        const options = { architecture, cpu, from: first, to: second, update: trip.update };
        const done = await labLiveUpdate(labContext(), options);
        if (!done.ok) throw new Error(`${done.error.message}\n${done.error.console?.join('\n')}`);
        const [leg] = assessLiveUpdate(group, trip, done.value).legs;
        expect(leg?.fault, `${leg?.prediction.level} and ${leg?.observation.outcome}`).toBeNull();
        expect(done.value.arrived.guest?.runsOn).toBe(true);
        expect(done.value.pauseMilliseconds).toBeGreaterThan(0);
      },
    );
  }
});
