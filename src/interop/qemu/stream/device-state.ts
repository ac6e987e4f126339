/**
 * Device state that was kept, section by section. The description says how long each is, and the footer behind it must agree;
 * without a description (machine property `suppress-vmdesc`) footers are searched for, and what is inside stays undecoded.
 */
import { err, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { decodeState } from './decode.ts';
import type { Budget, Decoding } from './decode.ts';
import { deviceKey } from './description.ts';
import type { Description } from './description.ts';
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import { findEnd } from './footer-search.ts';
import type { Run } from './kept.ts';
import type { StreamSection, StreamState } from './model.ts';
import { isFooter, isName, sectionHeader, u32At } from './section-header.ts';
import type { SectionHeader } from './section-header.ts';
import { FOOTER_BYTES, PART } from './wire.ts';

export interface Walk {
  readonly footers: boolean;
  readonly description: Description | null;
  /** Numbers of live sections. */
  readonly live: { has(section: number): boolean };
  /** For all runs of the stream together. */
  readonly budget: Budget;
  /** Why no section can be decoded, where that is so. */
  readonly reason: string;
}

export interface Walked {
  readonly sections: readonly StreamSection[];
  /** Where the byte stands that ends the stream, in the run; its length where there is none. */
  readonly end: number;
}

/** All sections of a run up to the byte that ends the stream or the end of the run. */
export function walkRun(run: Run, walk: Walk): Result<Walked, StreamError> {
  const { bytes, offset } = run;
  const work = { bytes, offset, budget: walk.budget };
  const sections: StreamSection[] = [];
  let at = 0;
  while (at < bytes.length && bytes[at] !== PART.eof) {
    if (bytes[at] === PART.command) {
      at += 5 + (u32At(bytes, at + 1) & 0xffff);
      continue;
    }
    if (--walk.budget.sections < 0) return err(streamError('limit', offset + at, 'too many sections'));
    const section = readSection(work, at, walk);
    if (!section.ok) return section;
    sections.push(section.value.section);
    at = section.value.end;
  }
  if (at > bytes.length) return err(streamError('truncated', offset + bytes.length, 'the stream ends in a command'));
  return ok({ sections, end: at });
}

interface Read {
  readonly section: StreamSection;
  /** Behind its footer. */
  readonly end: number;
}

function readSection(work: Decoding, at: number, walk: Walk): Result<Read, StreamError> {
  const { bytes } = work;
  const offset = work.offset + at;
  const type = bytes[at] ?? 0;
  if (type !== PART.sectionFull) {
    const message = `a part of type 0x${type.toString(16)} where device state should go on`;
    return err(streamError('malformed', offset, message));
  }
  const header = sectionHeader(bytes, at, bytes.length);
  if (header === null) {
    return err(
      streamError('truncated', work.offset + bytes.length, 'the stream ends here, in the header of a section'),
    );
  }
  if (!isName(header.id)) return err(streamError('malformed', offset, 'a section without a name'));
  const begin = at + header.length;
  const decoded = decodeSection(work, header, begin, walk);
  if (decoded.ok) {
    const { state, end } = decoded.value;
    return ok({ section: sectionOf(header, offset, end - begin, state, null), end: end + footerBytes(walk) });
  }
  const end = walk.footers ? findEnd(bytes, begin, bytes.length, header.number, walk.live) : -1;
  if (end < 0) {
    const message = `the section "${header.id}" has no end: ${walk.footers ? 'its footer is missing' : decoded.error}`;
    return err(streamError(walk.footers ? 'truncated' : 'unsupported', offset, message));
  }
  return ok({ section: sectionOf(header, offset, end - begin, null, decoded.error), end: end + footerBytes(walk) });
}

function footerBytes({ footers }: Walk): number {
  return footers ? FOOTER_BYTES : 0;
}

/** State and the place behind it, or why not. */
function decodeSection(
  work: Decoding,
  { id, instance, number }: SectionHeader,
  begin: number,
  { description, footers, reason }: Walk,
): Result<{ readonly state: StreamState; readonly end: number }, string> {
  if (description === null) return err(reason);
  const device = description.devices.get(deviceKey(id, instance));
  if (device === undefined) return err('the description at the end does not have it');
  const name = isName(device['vmsd_name']) ? device['vmsd_name'] : id;
  const { bytes } = work;
  const decoded = decodeState(work, device, name, begin, bytes.length);
  if (!decoded.ok) return decoded;
  if (footers && !isFooter(bytes, decoded.value.end, bytes.length, number)) {
    return err(`its description says ${decoded.value.end - begin} bytes, and there is no footer behind them`);
  }
  return decoded;
}

function sectionOf(
  { id, instance, version }: SectionHeader,
  offset: number,
  bytes: number,
  state: StreamState | null,
  undecoded: string | null,
): StreamSection {
  return { id, instance, version, offset, kind: 'full', bytes, state, undecoded };
}
