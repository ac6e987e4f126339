/**
 * The part that comes first: machine type, and what both sides must agree on (`vmstate_configuration` in
 * migration/savevm.c). It is there since QEMU 2.4; machine types before that leave it out.
 */
import { err, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import type { Input } from './input.ts';
import type { Configuration } from './model.ts';
import { isName, latin1 } from './section-header.ts';
import { PART } from './wire.ts';

const LONGEST_MACHINE_NAME = 255;
/** `MIGRATION_CAPABILITY__MAX` is 25 in QEMU 10.0; two of them are sent. */
const MOST_CAPABILITIES = 256;
/** `TARGET_PAGE_BITS_MIN`: flags take the low ten bits of an address. */
const FEWEST_PAGE_BITS = 10;
const MOST_PAGE_BITS = 16;

interface Draft {
  targetPageBits: number | null;
  capabilities: readonly string[];
  uuid: string | null;
}

/** Behind the part's type byte. */
export async function readConfiguration(input: Input): Promise<Result<Configuration, StreamError>> {
  const offset = input.offset - 1;
  if (!(await input.has(4))) return err(input.missing('the configuration section'));
  const length = input.u32();
  if (length > LONGEST_MACHINE_NAME) {
    const message = `the configuration section has a machine type of ${length} characters`;
    return err(streamError('malformed', offset + 1, message));
  }
  if (!(await input.has(length))) return err(input.missing('the machine type'));
  const machine = latin1(input.take(length), 0, length);
  if (!isName(machine)) return err(streamError('malformed', offset + 5, 'the machine type is no name'));
  const draft: Draft = { targetPageBits: null, capabilities: [], uuid: null };
  while ((await input.has(2)) && input.buffer[input.at] === PART.subsection) {
    const fault = await readSubsection(input, draft);
    if (fault !== null) return err(fault);
  }
  return ok({ offset, machine, ...draft });
}

async function readSubsection(input: Input, draft: Draft): Promise<StreamError | null> {
  const offset = input.offset;
  input.u8();
  const length = input.u8();
  if (!(await input.has(length + 4))) return input.missing('a subsection of the configuration');
  const name = latin1(input.take(length), 0, length);
  const version = input.u32();
  const read = version === 1 ? SUBSECTIONS.get(name) : undefined;
  if (read !== undefined) return await read(input, draft);
  const known = isName(name) ? `"${name}", version ${version},` : 'without a name';
  // Nothing says how long it is: the description comes at the end.
  return streamError('unsupported', offset, `a subsection ${known} of the configuration that is not known`);
}

type Reader = (input: Input, draft: Draft) => Promise<StreamError | null>;

const SUBSECTIONS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['configuration/target-page-bits', readTargetPageBits],
  ['configuration/capabilities', readCapabilities],
  ['configuration/uuid', readUuid],
]);

async function readTargetPageBits(input: Input, draft: Draft): Promise<StreamError | null> {
  if (!(await input.has(4))) return input.missing('the page size of the configuration');
  const offset = input.offset;
  const bits = input.u32();
  if (bits < FEWEST_PAGE_BITS || bits > MOST_PAGE_BITS) {
    return streamError('malformed', offset, `pages of 2^${bits} bytes`);
  }
  draft.targetPageBits = bits;
  return null;
}

async function readCapabilities(input: Input, draft: Draft): Promise<StreamError | null> {
  if (!(await input.has(4))) return input.missing('the capabilities of the configuration');
  const offset = input.offset;
  const count = input.u32();
  if (count > MOST_CAPABILITIES) return streamError('malformed', offset, `${count} migration capabilities`);
  const names: string[] = [];
  for (let index = 0; index < count; index++) {
    if (!(await input.has(1))) return input.missing('the capabilities of the configuration');
    const length = input.u8();
    if (!(await input.has(length))) return input.missing('the capabilities of the configuration');
    const name = latin1(input.take(length), 0, length);
    if (!isName(name)) return streamError('malformed', offset, 'a migration capability without a name');
    names.push(name);
  }
  draft.capabilities = names;
  return null;
}

async function readUuid(input: Input, draft: Draft): Promise<StreamError | null> {
  if (!(await input.has(16))) return input.missing('the UUID of the configuration');
  const digits = Buffer.from(input.take(16)).toString('hex');
  draft.uuid = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return null;
}
