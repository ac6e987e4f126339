/**
 * The little of ELF that the lab needs: cutting off what is never loaded (npm's Node carries about 20 MB of symbols
 * and debug information behind its last segment), which libraries a program wants, and a kernel module's own
 * statement of what it depends on. 64-bit little-endian only. Source: elf(5), the System V ABI chapters 4 and 5.
 */
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const PROGRAM_HEADER_BYTES = 56;
const SECTION_HEADER_BYTES = 64;
/** e_machine: EM_X86_64 and EM_AARCH64. */
const MACHINES = { x86_64: 62, arm64: 183 } as const;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: bigint;
  readonly fileBytes: number;
}

/** The architecture that an ELF file is for; the error says what is wrong with the file. */
export function elfArchitecture(file: Uint8Array): Result<'x86_64' | 'arm64', string> {
  const header = elfHeader(file);
  if (!header.ok) return header;
  const machine = header.value.getUint16(18, true);
  if (machine === MACHINES.x86_64) return ok('x86_64');
  if (machine === MACHINES.arm64) return ok('arm64');
  return err(`an ELF file for another machine (e_machine ${machine})`);
}

/**
 * The file up to the end of what its program headers mention, with the section table taken out of the header: what
 * execve and ld.so read, and nothing else.
 */
export function loadedPart(file: Uint8Array): Result<Uint8Array, string> {
  const header = elfHeader(file);
  if (!header.ok) return header;
  const segments = programHeaders(header.value);
  if (segments.length === 0) return err('an ELF file without program headers');
  const table = Number(header.value.getBigUint64(32, true)) + segments.length * PROGRAM_HEADER_BYTES;
  const end = segments.reduce((most, segment) => Math.max(most, segment.offset + segment.fileBytes), table);
  if (end > file.length) return err(`a truncated ELF file: its segments end at byte ${end} of ${file.length}`);
  const trimmed = Uint8Array.prototype.slice.call(file, 0, end);
  const view = new DataView(trimmed.buffer, trimmed.byteOffset);
  view.setBigUint64(40, 0n, true); // e_shoff
  view.setUint16(60, 0, true); // e_shnum
  view.setUint16(62, 0, true); // e_shstrndx
  return ok(trimmed);
}

/** Names of the shared libraries that a program or library wants (DT_NEEDED), and its interpreter if it names one. */
export function dynamicNeeds(
  file: Uint8Array,
): Result<{ readonly libraries: readonly string[]; readonly interpreter: string | null }, string> {
  const header = elfHeader(file);
  if (!header.ok) return header;
  const segments = programHeaders(header.value);
  const interpreter = segments.find((segment) => segment.type === PT_INTERP);
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  const entries: [bigint, bigint][] = [];
  if (dynamic !== undefined) {
    for (let at = dynamic.offset; at + 16 <= dynamic.offset + dynamic.fileBytes; at += 16) {
      entries.push([header.value.getBigUint64(at, true), header.value.getBigUint64(at + 8, true)]);
    }
  }
  const strings = fileOffset(segments, entries.find(([tag]) => tag === DT_STRTAB)?.[1]);
  const needed = entries.filter(([tag]) => tag === DT_NEEDED);
  if (needed.length > 0 && strings === null) return err('an ELF file whose string table is not loaded');
  return ok({
    libraries: needed.map(([, offset]) => text(file, (strings ?? 0) + Number(offset))),
    interpreter: interpreter === undefined ? null : text(file, interpreter.offset),
  });
}

/** The `key=value` texts of a kernel module's .modinfo section (include/linux/moduleparam.h), such as `depends`. */
export function moduleInformation(file: Uint8Array): Result<ReadonlyMap<string, string>, string> {
  const header = elfHeader(file);
  if (!header.ok) return header;
  const view = header.value;
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  if (table + count * SECTION_HEADER_BYTES > file.length) return err('a truncated ELF file');
  const section = (index: number): { name: number; offset: number; size: number } => {
    const at = table + index * SECTION_HEADER_BYTES;
    return {
      name: view.getUint32(at, true),
      offset: Number(view.getBigUint64(at + 24, true)),
      size: Number(view.getBigUint64(at + 32, true)),
    };
  };
  const names = section(view.getUint16(62, true));
  for (let index = 0; index < count; index++) {
    const { name, offset, size } = section(index);
    if (text(file, names.offset + name) !== '.modinfo') continue;
    const lines = Buffer.from(file.subarray(offset, offset + size))
      .toString('latin1')
      .split('\0');
    return ok(new Map(lines.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)])));
  }
  return err('an ELF file without .modinfo: not a kernel module');
}

function elfHeader(file: Uint8Array): Result<DataView, string> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 64 || view.getUint32(0) !== 0x7f454c46) return err('not an ELF file');
  if (file[4] !== 2 || file[5] !== 1) return err('not a 64-bit little-endian ELF file');
  if (Number(view.getBigUint64(32, true)) + view.getUint16(56, true) * PROGRAM_HEADER_BYTES > file.length) {
    return err('a truncated ELF file');
  }
  return ok(view);
}

function programHeaders(view: DataView): Segment[] {
  const start = Number(view.getBigUint64(32, true));
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = start + index * PROGRAM_HEADER_BYTES;
    return {
      type: view.getUint32(at, true),
      offset: Number(view.getBigUint64(at + 8, true)),
      address: view.getBigUint64(at + 16, true),
      fileBytes: Number(view.getBigUint64(at + 32, true)),
    };
  });
}

function fileOffset(segments: readonly Segment[], address: bigint | undefined): number | null {
  if (address === undefined) return null;
  const segment = segments.find(
    ({ type, address: start, fileBytes }) =>
      type === PT_LOAD && address >= start && address < start + BigInt(fileBytes),
  );
  return segment === undefined ? null : segment.offset + Number(address - segment.address);
}

/** The NUL-terminated text at an offset. */
function text(file: Uint8Array, offset: number): string {
  const end = file.indexOf(0, offset);
  return Buffer.from(file.subarray(offset, end < 0 ? file.length : end)).toString('latin1');
}
