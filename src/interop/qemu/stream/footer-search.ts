/**
 * The end of a section whose length nobody has said yet: its footer, and behind that the beginning of something that can
 * follow. The five bytes of a footer alone could be anybody's data.
 */
import { isFooter, isName, sectionHeader, u32At } from './section-header.ts';
import { COMMANDS, FOOTER_BYTES, LONGEST_HEADER, PART } from './wire.ts';

/** Bytes that a place must be followed by to be judged, where the stream has so many. */
export const LOOK_AHEAD: number = FOOTER_BYTES + LONGEST_HEADER;

/** Whether the section ends at `at`. `end`: of the bytes that are there; `live`: sections that go on. */
function endsAt(
  bytes: Uint8Array,
  at: number,
  end: number,
  section: number,
  live: { has(section: number): boolean },
): boolean {
  if (!isFooter(bytes, at, end, section)) return false;
  const next = at + FOOTER_BYTES;
  if (next >= end) return true;
  switch (bytes[next]) {
    case PART.eof:
      return next + 1 >= end || bytes[next + 1] === PART.description;
    case PART.sectionStart:
    case PART.sectionFull: {
      const header = sectionHeader(bytes, next, end);
      return header !== null && isName(header.id);
    }
    case PART.sectionPart:
    case PART.sectionEnd:
      return end - next >= 5 && live.has(u32At(bytes, next + 1));
    case PART.command:
      return end - next >= 5 && bytes[next + 1] === 0 && (bytes[next + 2] ?? 0) < COMMANDS.length;
    default:
      return false;
  }
}

/** The next place from `at` where the section ends, or -1. */
export function findEnd(
  bytes: Uint8Array,
  at: number,
  end: number,
  section: number,
  live: { has(section: number): boolean },
): number {
  const there = bytes.subarray(0, end);
  for (let place = there.indexOf(PART.footer, at); place >= 0; place = there.indexOf(PART.footer, place + 1)) {
    if (endsAt(bytes, place, end, section, live)) return place;
  }
  return -1;
}
