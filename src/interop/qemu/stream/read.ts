/** A migration stream into what it holds: one pass, in memory that does not grow with the guest. */
import { err, ok } from '../../../model/index.ts';
import type { Architecture, Result } from '../../../model/index.ts';
import { enterStream } from './container.ts';
import { budget } from './decode.ts';
import { findDescription, readDescription } from './description.ts';
import type { Description } from './description.ts';
import { walkRun } from './device-state.ts';
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import { Input } from './input.ts';
import type { Run } from './kept.ts';
import type { StreamListing, StreamSection } from './model.ts';
import { passOver } from './parts.ts';
import type { Passed } from './parts.ts';
import { ramListing } from './ram.ts';
import { u32At } from './section-header.ts';
import type { ByteSource } from './source.ts';
import { State } from './state.ts';
import { PART } from './wire.ts';

/** Closes the source. Errors: what is wrong and at which offset; see `StreamCode`. */
export async function readStream(source: ByteSource): Promise<Result<StreamListing, StreamError>> {
  try {
    const input = new Input(source);
    const container = await enterStream(input);
    if (!container.ok) return container;
    const passed = await passOver(input);
    if (!passed.ok) return passed;
    return listing(passed.value, container.value, input.offset);
  } finally {
    await source.close();
  }
}

function listing(
  passed: Passed,
  container: StreamListing['container'],
  bytes: number,
): Result<StreamListing, StreamError> {
  const described = describe(passed);
  if (!described.ok) return described;
  const { description, runs } = described.value;
  const walk = {
    footers: passed.footers ?? hasFooters(runs),
    description,
    live: passed.live,
    budget: budget(),
    reason: 'the stream has no description of its sections (suppress-vmdesc)',
  };
  const sections: StreamSection[] = liveSections(passed);
  for (const [index, run] of runs.entries()) {
    const walked = walkRun(run, walk);
    if (!walked.ok) return walked;
    sections.push(...walked.value.sections);
    const fault = leftOver(run, walked.value.end, index === runs.length - 1);
    if (fault !== null) return err(fault);
  }
  sections.sort((a, b) => a.offset - b.offset);
  const { configuration, pageSize, ram, commands, footers } = passed;
  return ok({
    container,
    bytes,
    configuration,
    machine: configuration?.machine ?? null,
    architecture: architectureOf(sections),
    pageSize,
    footers: sections.length === 0 ? footers : walk.footers,
    ram: ram === null ? null : ramListing(ram),
    commands,
    sections,
    description: description === null ? null : { offset: description.offset, bytes: description.bytes },
  });
}

interface Described {
  readonly description: Description | null;
  /** Without the description. */
  readonly runs: readonly Run[];
}

function describe({ runs, pageSize, ram }: Passed): Result<Described, StreamError> {
  const last = runs.at(-1);
  const at = last === undefined ? -1 : findDescription(last.bytes);
  if (last === undefined || at < 0) return ok({ description: null, runs });
  const description = readDescription(last.bytes, at, last.offset + at);
  if (!description.ok) return description;
  const said = description.value.pageSize;
  if (ram !== null && said !== null && said !== pageSize) {
    const message = `pages were read as of ${pageSize} bytes; the description at the end says ${said}`;
    return err(streamError('unsupported', description.value.offset, message));
  }
  const before = { offset: last.offset, bytes: last.bytes.subarray(0, at) };
  return ok({ description: description.value, runs: [...runs.slice(0, -1), before] });
}

/** Only the last run ends with the byte that ends the stream, and nothing is behind it. */
function leftOver({ offset, bytes }: Run, end: number, last: boolean): StreamError | null {
  if (!last) {
    return end === bytes.length
      ? null
      : streamError('malformed', offset + end, 'the stream ends before its last section');
  }
  if (end === bytes.length) {
    const message = 'the stream ends here, in the list of sections: the byte that ends it is missing';
    return streamError('truncated', offset + end, message);
  }
  if (end + 1 === bytes.length) return null;
  if (bytes[end + 1] === PART.description && u32At(bytes, end + 2) > bytes.length - end - 6) {
    return streamError('truncated', offset + bytes.length, 'the stream ends here, in the description of its sections');
  }
  const message = `${bytes.length - end - 1} bytes behind the end of the stream that are no description of it`;
  return streamError('malformed', offset + end + 1, message);
}

/** Of streams that have no live section: with footers, the last section has one before the byte that ends all. */
function hasFooters(runs: readonly Run[]): boolean {
  const bytes = runs.at(-1)?.bytes ?? new Uint8Array();
  return bytes.at(-6) === PART.footer;
}

function liveSections({ live }: Passed): StreamSection[] {
  return [...live.values()].map(({ id, instance, version, offset, bytes }) => ({
    id,
    instance,
    version,
    offset,
    kind: 'live',
    bytes,
    state: null,
    undecoded: id === 'ram' ? 'pages of RAM' : 'a format of its own, no vmstate; it ends where its footer was found',
  }));
}

/** The fields of the vCPUs are those of one architecture (`vmstate_x86_cpu`, `vmstate_arm_cpu` in target/…/machine.c). */
const TELLING: readonly (readonly [field: string, architecture: Architecture])[] = [
  ['env.eip', 'x86_64'],
  ['env.xregs', 'arm64'],
];

function architectureOf(sections: readonly StreamSection[]): Architecture | null {
  const cpu = sections.find(({ id, state }) => id === 'cpu' && state !== null)?.state;
  return TELLING.find(([field]) => cpu instanceof State && cpu.has(field))?.[1] ?? null;
}
