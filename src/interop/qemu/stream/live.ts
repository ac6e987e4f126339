/**
 * Sections that are sent in parts while the guest runs. `ram` is read page by page. Of the others (`dirty-bitmap`, `block`,
 * VFIO devices, `spapr/htab`, `s390-storage_attributes`, …) each has a format of its own that is no vmstate, and each part
 * ends with a footer: that is what is looked for.
 */
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import { LOOK_AHEAD, findEnd } from './footer-search.ts';
import type { Input } from './input.ts';
import { MAXIMUM_LISTED } from './limits.ts';
import type { Pass } from './parts.ts';
import { ramState, readRam } from './ram.ts';
import { isFooter, isName, sectionHeader } from './section-header.ts';
import type { SectionHeader } from './section-header.ts';
import { FOOTER_BYTES, LONGEST_HEADER, PART, RAM_VERSION } from './wire.ts';

export interface Live {
  readonly id: string;
  readonly instance: number;
  readonly version: number;
  readonly offset: number;
  /** Of all parts, without headers and footers. */
  bytes: number;
  parts: number;
}

/** One part of a live section, from its type byte to its footer. */
export async function passLive(input: Input, pass: Pass, type: number): Promise<StreamError | null> {
  const { offset } = input;
  const header = type === PART.sectionStart ? await startSection(input, pass) : await goOn(input, pass);
  if ('code' in header) return header;
  if (type !== PART.sectionStart) pass.late = true;
  const live = pass.live.get(header.number);
  if (live === undefined) return streamError('malformed', offset, `section ${header.number} goes on without a start`);
  const begin = input.offset;
  const fault =
    live.id === 'ram' && pass.ram !== null ? await readRam(input, pass.ram) : await passUnknown(input, pass, header);
  if (fault !== null) return fault;
  live.bytes += input.offset - begin;
  live.parts++;
  return await readFooter(input, pass, header.number);
}

async function startSection(input: Input, pass: Pass): Promise<SectionHeader | StreamError> {
  await input.has(LONGEST_HEADER);
  const { offset } = input;
  const header = sectionHeader(input.buffer, input.at, input.end);
  if (header === null) return input.missing('the header of a section');
  const { number, id, instance, version } = header;
  if (!isName(id)) return streamError('malformed', offset, 'a section without a name');
  if (pass.live.has(number)) return streamError('malformed', offset, `section ${number} starts twice`);
  if (pass.live.size >= MAXIMUM_LISTED) return streamError('limit', offset, 'too many live sections');
  if (id === 'ram') {
    if (version !== RAM_VERSION) {
      return streamError('unsupported', offset, `RAM of version ${version}; known is version ${RAM_VERSION}`);
    }
    pass.ram ??= ramState(pass.pageSize, pass.configuration?.capabilities ?? []);
    pass.ram.postcopy = pass.commands.some(({ name, bytes }) => name === 'POSTCOPY_ADVISE' && bytes > 0);
  }
  input.at += header.length;
  pass.live.set(number, { id, instance, version, offset, bytes: 0, parts: 0 });
  return header;
}

async function goOn(input: Input, pass: Pass): Promise<SectionHeader | StreamError> {
  const { offset } = input;
  if (!(await input.has(5))) return input.missing('the header of a section');
  input.at++;
  const number = input.u32();
  const live = pass.live.get(number);
  if (live !== undefined) return { ...live, number, length: 5 };
  return streamError('malformed', offset, `section ${number} goes on and has not started`);
}

/** To the footer of a section that is not read. `keep` gets its bytes; false where they are too many. */
export async function passUnknown(
  input: Input,
  pass: Pass,
  { id, number }: SectionHeader,
  keep: (bytes: Uint8Array) => boolean = () => true,
): Promise<StreamError | null> {
  const { offset } = input;
  if (pass.footers === false) {
    const message = `the section "${id}" is no vmstate and has no footers: where it ends cannot be said`;
    return streamError('unsupported', offset, message);
  }
  for (;;) {
    const more = await input.has(LOOK_AHEAD);
    // A place is judged by what follows it: of all but the last bytes that is there.
    const judged = more ? input.end - LOOK_AHEAD + 1 : input.end;
    const found = findEnd(input.buffer, input.at, input.end, number, pass.live);
    const stop = found >= 0 && found < judged ? found : judged;
    if (!keep(input.buffer.subarray(input.at, stop))) {
      return streamError('limit', input.offset, 'there is more device state than any guest has; it was not kept');
    }
    input.at = stop;
    if (stop === found) return null;
    if (!more) return input.missing(`the section "${id}", which has no footer`);
  }
}

/** Behind the section; sets whether the stream has footers, which is the same for all. */
export async function readFooter(input: Input, pass: Pass, section: number): Promise<StreamError | null> {
  const there = await input.has(FOOTER_BYTES);
  const isThere = isFooter(input.buffer, input.at, input.end, section);
  pass.footers ??= isThere;
  if (!pass.footers) return null;
  if (!isThere) {
    if (!there) return input.missing('the footer of a section');
    return streamError('malformed', input.offset, `section ${section} does not end here: its footer is missing`);
  }
  input.at += FOOTER_BYTES;
  return null;
}
