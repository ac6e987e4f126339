/**
 * Run as a program of its own, with a small heap: `node --max-old-space-size=48 large.ts MEGABYTES`. A stream of that much
 * RAM comes through a pipe that nobody can seek in; what is printed is what was counted and the most memory that was used.
 */
import { readStream } from '../../../../src/interop/qemu/stream/index.ts';
import type { ByteSource } from '../../../../src/interop/qemu/stream/index.ts';
import { PAGE, endOfRam, goOn, header, page, ramBlocks, smallDescription, start } from './build.ts';
import { description, endOfStream, full, u64 } from './build.ts';

const megabytes = Number(process.argv[2]);
const pages = (megabytes * 1024 * 1024) / PAGE;

function* parts(): Generator<Buffer, undefined> {
  yield Buffer.concat([header(), start(2, 'ram', ramBlocks({ 'pc.ram': pages * PAGE }), { version: 4 })]);
  const content = Buffer.alloc(PAGE, 0x7e);
  yield Buffer.concat([goOn('end', 2, page(0, 0x08, 'pc.ram', content), false)]);
  for (let number = 1; number < pages; number++) yield page(number * PAGE, 0x08, null, content);
  yield Buffer.concat([endOfRam(), Buffer.from([0x7e, 0, 0, 0, 2]), full(5, 'timer', Buffer.concat([u64(1), u64(2)]))]);
  yield Buffer.concat([endOfStream(), description(smallDescription())]);
}

const all = parts();
let rest: Uint8Array = new Uint8Array();
const source: ByteSource = {
  size: null,
  read(into) {
    if (rest.length === 0) rest = all.next().value ?? rest;
    const part = rest.subarray(0, into.length);
    into.set(part);
    rest = rest.subarray(part.length);
    return Promise.resolve(part.length);
  },
  close: () => Promise.resolve(),
};

const stream = await readStream(source);
if (!stream.ok) throw new Error(`${stream.error.offset}: ${stream.error.message}`);
const { bytes, ram, sections } = stream.value;
const { maxRSS } = process.resourceUsage();
process.stdout.write(
  JSON.stringify({ bytes, normal: ram?.blocks[0]?.normal, sections: sections.length, kilobytes: maxRSS }),
);
