/** Dumps from files. Several of one program are read once: they differ by the machine type at their head alone. */
import { isAscii } from 'node:buffer';
import { parseJson, pointerOf, readBytes } from '../../../format/index.ts';
import type { DocumentError } from '../../../format/index.ts';
import { err, ok } from '../../../model/index.ts';
import type { Json, Result } from '../../../model/index.ts';
import type { VmstateDump } from './model.ts';
import { MACHINE_SECTION, readDump, readDumpWith } from './read.ts';

export class DumpLoader {
  readonly #read: { readonly rest: Buffer; readonly dump: VmstateDump }[] = [];

  async load(path: string): Promise<Result<VmstateDump, DocumentError>> {
    const bytes = await readBytes(path);
    if (!bytes.ok) return bytes;
    return this.parse(path, bytes.value);
  }

  parse(path: string, bytes: Uint8Array): Result<VmstateDump, DocumentError> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const head = machineAtHead(buffer);
    if (head === null) return dumpOf(path, buffer);
    const rest = buffer.subarray(head.end);
    const known = this.#read.find((each) => each.rest.equals(rest));
    if (known !== undefined) return ok({ ...known.dump, machine: head.machine });
    const dump = dumpOf(path, buffer);
    if (dump.ok) this.#read.push({ rest, dump: dump.value });
    return dump;
  }
}

const HEAD = new RegExp(`^\\{\\s*"${MACHINE_SECTION}"\\s*:\\s*\\{\\s*"Name"\\s*:\\s*"([^"\\\\]*)"\\s*\\}`);
/** Longer than any name of a machine type with what is around it. */
const LONGEST_HEAD = 512;

/** The machine type where QEMU writes it, and where the sections begin. */
function machineAtHead(bytes: Buffer): { readonly machine: string; readonly end: number } | null {
  const match = HEAD.exec(bytes.toString('latin1', 0, LONGEST_HEAD));
  return match?.[1] === undefined ? null : { machine: match[1], end: match[0].length };
}

function dumpOf(path: string, bytes: Buffer): Result<VmstateDump, DocumentError> {
  const dump = readAtOnce(bytes);
  if (dump !== null) return ok(dump);
  const json = parseJson(path, bytes);
  if (!json.ok) return json;
  const read = readDump(json.value);
  if (read.ok) return read;
  const { path: keys, message } = read.error;
  return err({ code: 'invalid', path, place: { kind: 'pointer', pointer: pointerOf(keys) }, message });
}

/** A dump as QEMU writes it; null for everything else, with which one takes more care and says what is wrong. */
function readAtOnce(bytes: Buffer): VmstateDump | null {
  if (!isAscii(bytes)) return null;
  const text = bytes.toString('latin1');
  try {
    return readDumpWith(JSON.parse(text) as Json, text.split(':').length - 1);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
