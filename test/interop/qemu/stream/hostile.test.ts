import { describe, expect, test } from 'vitest';
import { memorySource, readStream, subsectionsOf } from '../../../../src/interop/qemu/stream/index.ts';
import { fuzz } from '../../../../scripts/fuzz/stream.ts';
import { differsInPieces, faultOf, pieces } from '../../../../scripts/fuzz/judge.ts';
import { SEEDS } from '../../../../scripts/fuzz/seeds.ts';
import {
  PAGE,
  description,
  device,
  endOfStream,
  field,
  full,
  header,
  ramBlocks,
  smallStream,
  start,
  text,
  u32,
  u64,
  u8,
} from './build.ts';

const read = (bytes: Buffer): ReturnType<typeof readStream> => readStream(memorySource(bytes));

describe('a stream that was cut', () => {
  test.each(SEEDS.map((seed, index) => [index, seed] as const))('seed %i, at every byte', async (_, seed) => {
    const whole = await read(seed);
    if (!whole.ok) throw new Error(whole.error.message);
    const described = whole.value.description;
    // Without its description a stream is whole too: machine types with suppress-vmdesc.
    const whole2 = described === null ? seed.length : described.offset - 5;
    for (let length = 0; length < seed.length; length++) {
      // Rows of pages tell nothing new.
      if (seed.length > 20_000 && length % 97 !== 0) continue;
      const answer = await read(seed.subarray(0, length));
      if (length === whole2) {
        expect(answer.ok, `${length} bytes, all but the description`).toBe(true);
        continue;
      }
      expect(answer.ok, `${length} of ${seed.length} bytes`).toBe(false);
      if (!answer.ok) expect(answer.error.offset).toBeLessThanOrEqual(length);
    }
  });
});

describe('a stream in which something is changed', () => {
  test('every bit of a small one: an answer, with every offset inside the stream', async () => {
    const seed = SEEDS[0] ?? Buffer.alloc(0);
    for (let bit = 0; bit < seed.length * 8; bit++) {
      const changed = Buffer.from(seed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(faultOf(changed, await read(changed)), `bit ${bit}`).toBeNull();
    }
  });

  test('the fuzzer finds nothing', async () => {
    const { faults, inputs, answers } = await fuzz(6000, 20261121);
    expect(faults).toEqual([]);
    expect(inputs).toBe(6000);
    // It got past the first bytes, and changed what matters.
    expect(answers['read']).toBeGreaterThan(100);
    expect(answers['malformed']).toBeGreaterThan(1000);
  });

  test('the fuzzer would see a reader that answers nonsense', async () => {
    const bytes = smallStream();
    const answer = await read(bytes);
    if (!answer.ok) throw new Error(answer.error.message);
    const sections = answer.value.sections.map((section) => ({ ...section, offset: bytes.length }));
    expect(faultOf(bytes, { ok: true, value: { ...answer.value, sections } })).toContain('the section ram');
    expect(faultOf(bytes, { ok: false, error: { code: 'malformed', offset: -1, message: 'x' } })).not.toBeNull();
  });
});

describe('a stream that asks for more than it has', () => {
  const one = (devices: Parameters<typeof description>[0], content: Buffer = u32(1)): Buffer =>
    Buffer.concat([header(), full(1, 'cpu', content), endOfStream(), description(devices)]);
  const described = (fields: Parameters<typeof device>[1]): Parameters<typeof description>[0] => ({
    page_size: PAGE,
    devices: [device('cpu', fields)],
  });

  test.each([
    ['elements without size', field('a', 'uint8', 0, { array_len: 4_294_967_295 })],
    ['elements without end', field('a', 'uint8', 4, { array_len: Number.MAX_SAFE_INTEGER })],
    ['a size without end', field('a', 'buffer', Number.MAX_SAFE_INTEGER)],
    ['half a byte', field('a', 'buffer', 0.5)],
    ['less than nothing', field('a', 'buffer', -4)],
    ['a struct that is longer than its fields', field('a', 'struct', 4, { struct: { fields: [] } })],
  ])('%s: the section is undecoded, with the reason', async (_, described1) => {
    const answer = await read(one(described([described1])));
    if (!answer.ok) throw new Error(answer.error.message);
    expect(answer.value.sections[0]).toMatchObject({ id: 'cpu', state: null, bytes: 4 });
    expect(answer.value.sections[0]?.undecoded).toContain('cpu');
  });

  test('structs in structs in structs, each many times: a bound on fields, at once', async () => {
    let inner = field('x', 'uint8', 0);
    for (let level = 0; level < 15; level++) {
      inner = field('s', 'struct', 0, { array_len: 100, struct: { vmsd_name: 's', fields: [inner] } });
    }
    const begun = performance.now();
    const answer = await read(one(described([inner, field('b', 'uint32', 4)])));
    expect(performance.now() - begun).toBeLessThan(30_000);
    if (!answer.ok) throw new Error(answer.error.message);
    expect(answer.value.sections[0]?.undecoded).toContain('fields are described');
  });

  test('a description that is deeper than any: the place where it is too deep', async () => {
    const deep = Buffer.from(`{"devices":${'['.repeat(1_000_000)}`);
    const begin = Buffer.concat([header(), full(1, 'cpu', u32(1)), endOfStream(), u8(6), u32(deep.length)]);
    const answer = await read(Buffer.concat([begin, deep]));
    expect(answer).toMatchObject({ ok: false, error: { code: 'limit', offset: begin.length + 11 + 63 } });
  });

  test('a description of a million nothings', async () => {
    const wide = Buffer.from(`{"devices":[${'{},'.repeat(1_000_001)}{}]}`);
    const begin = Buffer.concat([header(), full(1, 'cpu', u32(1)), endOfStream(), u8(6), u32(wide.length)]);
    expect(await read(Buffer.concat([begin, wide]))).toMatchObject({ ok: false, error: { code: 'limit' } });
  });

  test('names of JavaScript are names as any other', async () => {
    const fields = Buffer.from(
      '{"devices":[{"name":"__proto__","instance_id":0,"fields":[]}],"__proto__":{"fields":1}}',
    );
    const bytes = Buffer.concat([
      header(),
      full(1, '__proto__', Buffer.alloc(0)),
      endOfStream(),
      u8(6),
      u32(fields.length),
      fields,
    ]);
    const answer = await read(bytes);
    expect(answer.ok && answer.value.sections[0]?.state?.fields).toEqual([]);
    const configured = header('pc', Buffer.concat([u8(5), text('constructor'), u32(1)]));
    expect(await read(configured)).toMatchObject({ ok: false, error: { code: 'unsupported' } });
  });

  test('a RAM block of more than there can be, and one more than all', async () => {
    const blocks = ramBlocks({ 'pc.ram': PAGE });
    blocks.writeBigUInt64BE(0xffff_ffff_ffff_f000n, 8 + 1 + 6);
    const bytes = Buffer.concat([header(), start(2, 'ram', blocks, { version: 4 })]);
    expect(await read(bytes)).toMatchObject({ ok: false, error: { code: 'malformed' } });
  });
});

describe('a stream that comes in pieces', () => {
  test.each([1, 3, 7, 4095, 70_000])('of %i bytes: the same answer as in one', async (size) => {
    for (const seed of SEEDS) {
      const whole = await read(seed);
      const parted = await readStream(pieces(seed, size));
      if (!whole.ok || !parted.ok) throw new Error('a seed was not read');
      const names = (answer: typeof whole): unknown =>
        answer.value.sections.map(({ id, offset, bytes, state }) => [
          ...[id, offset, bytes],
          state === null ? [] : subsectionsOf(state).map(({ name }) => name),
        ]);
      expect(names(parted)).toEqual(names(whole));
      expect(parted.value.ram).toEqual(whole.value.ram);
    }
  });

  // A footer, and behind it the beginning of a part of section 2: with two bytes more, which were read long ago.
  test('what lies in the buffer from before does not make a stream longer', async () => {
    const begin = Buffer.concat([header(), start(2, 'ram', ramBlocks({ 'pc.ram': PAGE }), { version: 4 })]);
    const bitmap = start(3, 'dirty-bitmap', Buffer.concat([Buffer.alloc(300, 0xaa), Buffer.from([0, 2])]));
    const bytes = Buffer.concat([begin, bitmap, Buffer.from([0x02, 0, 0])]);
    expect(await differsInPieces(bytes, await read(bytes), bytes.length - 10)).toBe(false);
  });

  test('a source that cannot be read on is said to be that, with the place', async () => {
    const bytes = smallStream();
    const good = pieces(bytes, 1000);
    const broken = Object.assign(new Error('EIO'), { code: 'EIO' });
    const answer = await readStream({
      ...good,
      read: (into, position) => (position > 3000 ? Promise.reject(broken) : good.read(into, position)),
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'unreadable', offset: 4000 } });
  });

  test('bytes that count for nothing do not make it slow: footers of another section without end', async () => {
    const look = Buffer.concat(Array.from({ length: 40_000 }, () => Buffer.concat([u8(0x7e), u32(1), u8(4), u32(0)])));
    const bytes = Buffer.concat([header(), start(1, 'vfio', Buffer.concat([look, u64(0)])), endOfStream()]);
    const begun = performance.now();
    const answer = await read(bytes);
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(answer.ok && answer.value.sections[0]?.bytes).toBe(look.length + 8);
  });
});
