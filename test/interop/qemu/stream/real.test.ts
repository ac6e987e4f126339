import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { memorySource, openSource, readStream } from '../../../../src/interop/qemu/stream/index.ts';
import { foundSubsections, subsectionsOf } from '../../../../src/interop/qemu/stream/index.ts';
import { registersOf } from '../../../../src/interop/qemu/stream/registers.ts';
import type { StreamListing, StreamSection } from '../../../../src/interop/qemu/stream/index.ts';
import { pieces } from '../../../../scripts/fuzz/judge.ts';
import { REQUIRED } from '../../../lab/ready.ts';
import { asAnalyzed, fromScript } from './analyzed.ts';
import { GUESTS, fetchedQemus, saveGuest, systemQemu } from './real.ts';
import type { RealQemu, SaveOptions } from './real.ts';

const MINUTE = 60_000;
let directory = '';
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'evenkeel-stream-'))));
afterAll(() => rmSync(directory, { recursive: true }));

async function saved(qemu: RealQemu, parameters?: readonly string[], options?: SaveOptions): Promise<string> {
  const path = join(directory, `${Math.random().toString(36).slice(2)}.stream`);
  await saveGuest(qemu, path, parameters, options);
  return path;
}

async function read(path: string): Promise<StreamListing> {
  const source = await openSource(path);
  if (!source.ok) throw new Error(source.error.message);
  const stream = await readStream(source.value);
  if (!stream.ok) throw new Error(`${stream.error.offset}: ${stream.error.message}`);
  return stream.value;
}

function system(context: TestContext): RealQemu {
  const qemu = systemQemu();
  if (qemu !== null) return qemu;
  if (REQUIRED) throw new Error('there is no /usr/bin/qemu-system-x86_64: package qemu-system-x86');
  return context.skip('there is no /usr/bin/qemu-system-x86_64: package qemu-system-x86');
}

const q35 = (options: string = ''): readonly string[] => ['-M', `q35${options}`, ...GUESTS.x86_64.slice(2)];
const outline = ({ id, instance, version, bytes }: StreamSection): unknown => [id, instance, version, bytes];

describe('a guest of the system’s QEMU', () => {
  test('every page, every section and every field is there', { timeout: MINUTE }, async (context) => {
    const path = await saved(system(context), undefined, { run: 2000 });
    const stream = await read(path);
    expect(stream).toMatchObject({ architecture: 'x86_64', footers: true, pageSize: 4096 });
    expect(stream.machine).toMatch(/^pc-q35-/);
    for (const { name, size, normal, zero } of stream.ram?.blocks ?? []) {
      expect((normal + zero) * 4096, name).toBeGreaterThanOrEqual(size);
    }
    const undecoded = stream.sections.filter(({ undecoded: why }) => why !== null);
    expect(undecoded.map(({ id }) => id)).toEqual(['ram']);
    const cpus = stream.sections.filter(({ id }) => id === 'cpu');
    expect(cpus.map(({ instance }) => instance)).toEqual([0, 1]);
    const state = cpus[0]?.state;
    if (state === null || state === undefined) throw new Error('no state of the first vCPU');
    expect(registersOf(state).map(({ register }) => register)).toContain('msr/MSR_LSTAR');
    expect(subsectionsOf(state).length).toBeGreaterThan(0);
    const network = stream.sections.find(({ id }) => id.endsWith('/virtio-net'))?.state;
    const found = network === null || network === undefined ? [] : foundSubsections(network);
    expect(found.map(({ name }) => name)).toContain('virtio_pci/modern_state');
    const bytes = readFileSync(path);
    for (const { name, offset } of found)
      expect(bytes.toString('latin1', offset + 2, offset + 2 + name.length)).toBe(name);
    for (const { name, offset } of cpus.flatMap((cpu) => (cpu.state === null ? [] : subsectionsOf(cpu.state)))) {
      expect(bytes.subarray(offset + 2, offset + 2 + name.length).toString()).toBe(name);
    }
  });

  test('through a pipe in small pieces: the same', { timeout: MINUTE }, async (context) => {
    const path = await saved(system(context));
    const fromFile = await read(path);
    const fromPipe = await readStream(pieces(readFileSync(path), 1009));
    if (!fromPipe.ok) throw new Error(fromPipe.error.message);
    expect(asAnalyzed(fromPipe.value)).toEqual(asAnalyzed(fromFile));
    expect({ ...fromPipe.value, sections: [] }).toEqual({ ...fromFile, sections: [] });
  });

  test('without the description, without footers: the same sections', { timeout: MINUTE }, async (context) => {
    const qemu = system(context);
    const whole = await read(await saved(qemu, q35()));
    const undescribed = await read(await saved(qemu, q35(',suppress-vmdesc=on')));
    expect(undescribed.description).toBeNull();
    expect(undescribed.sections.map(outline)).toEqual(whole.sections.map(outline));
    const noFooters = [...q35(), '-global', 'migration.send-section-footer=off'];
    const bare = await read(await saved(qemu, noFooters));
    expect(bare.footers).toBe(false);
    expect(bare.sections.map(outline)).toEqual(whole.sections.map(outline));
    const plain = await read(await saved(qemu, [...q35(), '-global', 'migration.send-configuration=off']));
    expect(plain).toMatchObject({ machine: null, configuration: null });
    expect(plain.sections.map(outline)).toEqual(whole.sections.map(outline));
  });

  test('shared memory is listed and not sent', { timeout: MINUTE }, async (context) => {
    const backend = `memory-backend-file,id=m,size=32M,share=on,mem-path=${join(directory, 'memory')}`;
    const path = await saved(system(context), [...q35(',memory-backend=m'), '-object', backend], {
      capabilities: ['x-ignore-shared'],
    });
    const { ram, configuration } = await read(path);
    expect(configuration?.capabilities).toEqual(['x-ignore-shared']);
    expect(ram?.blocks[0]).toMatchObject({ name: 'm', size: 32 << 20, normal: 0, zero: 0 });
  });

  test('cut anywhere, it is said where it ends', { timeout: MINUTE }, async (context) => {
    const path = await saved(system(context));
    const bytes = readFileSync(path);
    const { description } = await read(path);
    if (description === null) throw new Error('no description');
    for (let cut = 0; cut < bytes.length; cut += 9973) {
      const answer = await readStream(memorySource(bytes.subarray(0, cut)));
      expect(answer.ok, `${cut} bytes`).toBe(false);
      if (!answer.ok) expect(answer.error.code, `${cut} bytes`).toBe('truncated');
    }
  });
});

describe('every version that the lab has fetched', () => {
  const qemus = fetchedQemus();
  test('there are some', (context) => {
    if (qemus.length === 0) context.skip('no QEMU version is in the cache: evenkeel qemu record');
    expect(qemus.length).toBeGreaterThan(0);
  });

  test.each(qemus.map((qemu) => [qemu.name, qemu.emulates, qemu] as const))(
    'QEMU %s, %s: all is decoded, and as analyze-migration.py says',
    { timeout: 2 * MINUTE },
    async (_, emulates, qemu) => {
      const path = await saved(qemu, undefined, { run: 1000 });
      const stream = await read(path);
      expect(stream.architecture).toBe(emulates);
      expect(stream.sections.filter(({ undecoded }) => undecoded !== null).map(({ id }) => id)).toEqual(['ram']);
      const said = analyzed(path, stream);
      if (said !== null) expect(asAnalyzed(stream)).toEqual(said);
    },
  );

  const newest = qemus.findLast(({ emulates, name }) => emulates === 'x86_64' && Number(name) >= 9);
  test('pages at their places in the file (mapped-ram)', { timeout: MINUTE }, async (context) => {
    if (newest === undefined) return context.skip('no QEMU from 9.0 on is in the cache: evenkeel qemu record');
    const options = { run: 1000, capabilities: ['mapped-ram'], uri: (path: string) => `file:${path}` };
    const { ram, sections } = await read(await saved(newest, undefined, options));
    expect(ram?.layout).toBe('mapped-ram');
    expect(ram?.blocks.find(({ name }) => name === 'pc.bios')?.normal).toBeGreaterThan(0);
    expect(sections.filter(({ undecoded }) => undecoded !== null).map(({ id }) => id)).toEqual(['ram']);
  });
});

/**
 * By the script, where EVENKEEL_ANALYZE_MIGRATION names one; null where not. It does not know the configuration's
 * subsections of a stream that does not describe them (arm64 before 8.2): it gets a copy without.
 */
function analyzed(
  path: string,
  { configuration, sections, commands }: StreamListing,
): ReturnType<typeof fromScript> | null {
  const script = process.env['EVENKEEL_ANALYZE_MIGRATION'];
  if (script === undefined || configuration === null) return null;
  const bytes = readFileSync(path);
  const described = bytes.includes('"configuration"');
  const first = Math.min(...[...sections, ...commands].map(({ offset }) => offset));
  const begin = bytes.subarray(0, configuration.offset + 5 + configuration.machine.length);
  const copy = join(directory, 'plain.stream');
  writeFileSync(copy, described ? bytes : Buffer.concat([begin, bytes.subarray(first)]));
  return fromScript(execFileSync('python3', [script, '-f', copy], { maxBuffer: 1 << 30 }).toString());
}
