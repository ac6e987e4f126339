/** Bytes made wrong: as a disk, a network or somebody who means harm would. */

/** From 0 to below a bound. */
export type Next = (bound: number) => number;

/** Values at which lengths and counts go over an edge. */
const EDGES: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 0x7e, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x7fffffff];
const EDGES_32: readonly number[] = [...EDGES, 0x80000000, 0xfffffff0, 0xffffffff];

/** Words of the format, put where they do not belong. */
const WORDS: readonly string[] = [
  '"array_len":4294967295,',
  '"array_len":1000000,"size":0,',
  '"size":9007199254740991',
  '"struct":{"vmsd_name":"x","version":1,"fields":[]},',
  '"type":"struct",',
  '"type":"vstruct","fields":[],',
  '"subsections":[{"vmsd_name":"cpu/a","version":1,"fields":[]}],',
  '"index":1,',
  '"__proto__":{"fields":[]},',
  'null,',
  '[[[[[[[[',
  '{"fields":{"fields":',
  '\u0005\u0007pci/irq',
  '~\0\0\0\u0001',
  '\u0002\0\0\0\u0002',
  '\b\0\u0007\0\u0004\0\0\0\u0008',
];

type Mutation = (bytes: Buffer, next: Next, other: Buffer) => Buffer;

const MUTATIONS: readonly Mutation[] = [flipBit, setByte, setLength, cut, remove, repeat, insertWord, splice, digit];

/** One to eight changes, one after the other. */
export function mutate(seed: Buffer, next: Next, other: Buffer): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let left = 1 + next(8); left > 0 && bytes.length > 0; left--) {
    bytes = (MUTATIONS[next(MUTATIONS.length)] ?? flipBit)(bytes, next, other);
  }
  return bytes;
}

function flipBit(bytes: Buffer, next: Next): Buffer {
  const at = next(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
  return bytes;
}

function setByte(bytes: Buffer, next: Next): Buffer {
  bytes[next(bytes.length)] = EDGES[next(EDGES.length)] ?? 0;
  return bytes;
}

function setLength(bytes: Buffer, next: Next): Buffer {
  if (bytes.length < 4) return bytes;
  bytes.writeUInt32BE(EDGES_32[next(EDGES_32.length)] ?? 0, next(bytes.length - 3));
  return bytes;
}

function cut(bytes: Buffer, next: Next): Buffer {
  return next(4) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes;
}

function remove(bytes: Buffer, next: Next): Buffer {
  const at = next(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + next(16))]);
}

function repeat(bytes: Buffer, next: Next): Buffer {
  const at = next(bytes.length);
  const piece = bytes.subarray(at, at + 1 + next(64));
  return Buffer.concat([bytes.subarray(0, at), piece, piece, bytes.subarray(at)]);
}

function insertWord(bytes: Buffer, next: Next): Buffer {
  const at = next(bytes.length);
  const word = Buffer.from(WORDS[next(WORDS.length)] ?? '', 'latin1');
  return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at)]);
}

function splice(bytes: Buffer, next: Next, other: Buffer): Buffer {
  const at = next(bytes.length);
  const from = next(other.length);
  return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + next(200)), bytes.subarray(at)]);
}

/** Of a number in the description, whose length stays right. */
function digit(bytes: Buffer, next: Next): Buffer {
  const at = next(bytes.length);
  const begin = bytes.findIndex((byte, index) => index >= at && byte >= 0x30 && byte <= 0x39);
  if (begin >= 0) bytes[begin] = 0x30 + next(10);
  return bytes;
}

/** The length of the description made right again after a change inside it, so that what is in it is looked at. */
export function repairDescription(bytes: Buffer): Buffer {
  const at = bytes.lastIndexOf('{"page_size"');
  if (at < 5) return bytes;
  bytes[at - 5] = 0x06;
  bytes.writeUInt32BE(bytes.length - at, at - 4);
  return bytes;
}
