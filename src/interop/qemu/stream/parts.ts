/**
 * One pass over a stream: RAM and other live sections are passed over, device state is kept as it is. What is kept is taken
 * apart afterwards (`device-state.ts`), because how long a section is, and what is in it, only the description at the end
 * says.
 */
import { err, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { readCommand } from './commands.ts';
import { readConfiguration } from './configuration.ts';
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import type { Input } from './input.ts';
import { Keeper } from './kept.ts';
import type { Run } from './kept.ts';
import { passLive, passUnknown, readFooter } from './live.ts';
import type { Live } from './live.ts';
import type { Configuration, StreamCommand } from './model.ts';
import type { RamState } from './ram.ts';
import { sectionHeader } from './section-header.ts';
import { FOOTER_BYTES, LONGEST_HEADER, PART } from './wire.ts';

/** Pages of every architecture that QEMU can tell nothing else of: subsection `configuration/target-page-bits` is missing. */
const USUAL_PAGE = 4096;

/** What the pass has found so far. */
export interface Pass {
  configuration: Configuration | null;
  pageSize: number;
  footers: boolean | null;
  ram: RamState | null;
  readonly commands: StreamCommand[];
  /** By the number that the stream gives them. */
  readonly live: Map<number, Live>;
  readonly keeper: Keeper;
  /** A section has gone on after its start: device state that comes now is the last. */
  late: boolean;
}

export interface Passed extends Omit<Pass, 'keeper' | 'late'> {
  /** Device state, and with the last run whatever follows it. */
  readonly runs: readonly Run[];
  /** Whether the last run goes to the end of the stream. */
  readonly open: boolean;
}

/** Behind the stream's version, to the end of what can be told apart. */
export async function passOver(input: Input): Promise<Result<Passed, StreamError>> {
  const pass: Pass = {
    configuration: null,
    pageSize: USUAL_PAGE,
    footers: null,
    ram: null,
    commands: [],
    live: new Map(),
    keeper: new Keeper(),
    late: false,
  };
  for (;;) {
    if (!(await input.has(1))) return err(input.missing('the list of sections: the byte that ends it is missing'));
    const outcome = await readPart(input, pass);
    if (outcome === 'next') continue;
    if (outcome === 'end') return ok({ ...pass, runs: pass.keeper.finish(), open: true });
    return err(outcome);
  }
}

type Outcome = 'next' | 'end' | StreamError;

async function readPart(input: Input, pass: Pass): Promise<Outcome> {
  const offset = input.offset;
  const type = input.buffer[input.at];
  switch (type) {
    case PART.eof:
      return await keepRest(input, pass);
    case PART.configuration:
      return await enterConfiguration(input, pass);
    case PART.sectionFull:
      // After live sections have gone on, nothing but device state comes: no need to guess where each ends.
      return pass.late ? await keepRest(input, pass) : await keepSection(input, pass);
    case PART.sectionStart:
    case PART.sectionPart:
    case PART.sectionEnd:
      return (await passLive(input, pass, type)) ?? 'next';
    case PART.command:
      return (await readCommand(input, pass)) ?? 'next';
    case PART.footer: {
      const message = 'a footer without a section before it';
      return streamError('malformed', offset, message);
    }
    default:
      return streamError('malformed', offset, `a part of the unknown type 0x${(type ?? 0).toString(16)}`);
  }
}

async function enterConfiguration(input: Input, pass: Pass): Promise<Outcome> {
  const offset = input.offset;
  if (pass.configuration !== null || pass.live.size > 0) {
    return streamError('malformed', offset, 'a configuration that is not at the beginning');
  }
  input.at++;
  const read = await readConfiguration(input);
  if (!read.ok) return read.error;
  pass.configuration = read.value;
  if (read.value.targetPageBits !== null) pass.pageSize = 2 ** read.value.targetPageBits;
  return 'next';
}

/** All that is left. */
async function keepRest(input: Input, pass: Pass): Promise<Outcome> {
  while (await input.has(1)) {
    const { offset } = input;
    if (!pass.keeper.keep(offset, input.buffer.subarray(input.at, input.end))) return tooMuch(offset);
    input.at = input.end;
  }
  return input.failed() ?? 'end';
}

/** Device state that comes before RAM (`early_setup`), or where nothing else comes. */
async function keepSection(input: Input, pass: Pass): Promise<Outcome> {
  await input.has(LONGEST_HEADER);
  const { offset } = input;
  const header = sectionHeader(input.buffer, input.at, input.end);
  if (header === null) return input.missing('the header of a section');
  if (pass.footers === false) {
    const message = `the section "${header.id}" stands before RAM and has no footer: where it ends cannot be said`;
    return streamError('unsupported', offset, message);
  }
  const keep = (bytes: Uint8Array): boolean => pass.keeper.keep(input.offset, bytes);
  if (!keep(input.buffer.subarray(input.at, input.at + header.length))) return tooMuch(offset);
  input.at += header.length;
  const fault = await passUnknown(input, pass, header, keep);
  if (fault !== null) return fault;
  await input.has(FOOTER_BYTES);
  const { at: begin, offset: footerOffset } = input;
  const footer = await readFooter(input, pass, header.number);
  if (footer !== null) return footer;
  pass.keeper.keep(footerOffset, input.buffer.subarray(begin, input.at));
  return 'next';
}

function tooMuch(offset: number): StreamError {
  return streamError('limit', offset, 'there is more device state than any guest has; it was not kept');
}
