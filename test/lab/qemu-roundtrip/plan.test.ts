import { describe, expect, test } from 'vitest';
import { packedGuest } from '../../../src/lab/qemu-roundtrip/guest.ts';
import { qemuItinerary, restoreRequest, saveRequest } from '../../../src/lab/qemu-roundtrip/plan.ts';
import type { QemuSelection } from '../../../src/lab/qemu-roundtrip/plan.ts';
import { recordedGroup } from '../roundtrip/fakes.ts';

const group = await recordedGroup('x86_64', 'max', ['6.1', '6.12', '7.2']);
const every: QemuSelection = { modes: ['host'], versions: ['7.2', '10.0'], changes: 'one' };

describe('an itinerary', () => {
  test('goes from each place to each, by what may change on the way', () => {
    const count = (changes: QemuSelection['changes']): number =>
      qemuItinerary(group, { ...every, changes }).moves.length;
    expect(count('kernel')).toBe(2 * 9);
    expect(count('one')).toBe(2 * 9 + 3 * 2);
    expect(count('both')).toBe(6 * 6);
  });

  test('asks each kernel once for each guest, and gives each stream to all that wait for it', () => {
    const itinerary = qemuItinerary(group, every);
    const packed = packedGuest('x86_64');
    const [first, second] = group.hosts;
    if (first === undefined || second === undefined) throw new Error('three kernels');
    const saves = saveRequest(itinerary, first, packed);
    expect(saves.jobs.map(({ name }) => name)).toEqual(['host debian:6.1 7.2', 'host debian:6.1 10.0']);
    expect(saves.jobs.every(({ stream, save }) => stream === null && save)).toBe(true);
    const streams = new Map(saves.jobs.map(({ name }) => [name, name]));
    const loads = restoreRequest(itinerary, second, packed, streams);
    expect(loads.jobs.map(({ name, stream }) => [name, stream])).toEqual([
      ['host debian:6.1 7.2 to debian:6.12 7.2', 'host debian:6.1 7.2'],
      ['host debian:6.1 10.0 to debian:6.12 10.0', 'host debian:6.1 10.0'],
    ]);
    expect(Object.keys(loads.blobs).toSorted()).toEqual([...Object.keys(packed.files), ...streams.keys()].toSorted());
  });

  test('writes -cpu for each mode, with the machine type that every version has', () => {
    const modes = ['host', 'named', 'exported'] as const;
    const { jobs } = saveRequest(
      qemuItinerary(group, { ...every, modes, versions: ['7.2'] }),
      group.hosts[0]!,
      packedGuest('x86_64'),
    );
    const cpus = jobs.map((job) => job.arguments[job.arguments.indexOf('-cpu') + 1]);
    expect(cpus[0]).toBe('host');
    expect(cpus[1]).toBe('EPYC');
    expect(cpus[2]).toMatch(/^\w+,.*=on/);
    for (const job of jobs) expect(job.arguments[job.arguments.indexOf('-machine') + 1]).toMatch(/^pc-q35-5\.2/);
  });
});
