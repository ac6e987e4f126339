/**
 * The disk of a live update: what the machine needs to replace its own kernel, and where it keeps the guest meanwhile. No
 * file system: a table at its beginning says where each part lies. Written by the host before the machine starts, and
 * by the first kernel before it goes.
 */
import { closeSync, fsyncSync, openSync, readSync, readdirSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';

interface Part {
  /** Bytes from the disk's beginning, and how many. */
  readonly at: number;
  readonly length: number;
}

type Table = {
  readonly format: typeof FORMAT;
  /** The next kernel's file. */
  readonly kernel: Part;
  readonly commandLine: string;
  /** What both kernels have to do, as JSON. */
  readonly orders: Part;
  /** Room for what the first kernel saves. */
  readonly saved: Part;
};

const FORMAT = 'evenkeel live update';
const TABLE_BYTES = 4096;
/** A snapshot of a guest of 4 MiB is some hundred KB; the disk's file is sparse. */
const SAVED_ROOM = 64 << 20;

/** Milliseconds until the disk's driver has found it. */
const PATIENCE = 20_000;

/** Writes the disk's file, which did not exist. */
export async function writeUpdateDisk(
  file: string,
  {
    kernel,
    commandLine,
    orders,
  }: { readonly kernel: Uint8Array; readonly commandLine: string; readonly orders: unknown },
): Promise<void> {
  const text = Buffer.from(JSON.stringify(orders));
  const kernelPart = { at: TABLE_BYTES, length: kernel.length };
  const ordersPart = { at: TABLE_BYTES + kernel.length, length: text.length };
  const end = Math.ceil((ordersPart.at + text.length) / TABLE_BYTES) * TABLE_BYTES;
  const table: Table = {
    format: FORMAT,
    kernel: kernelPart,
    commandLine,
    orders: ordersPart,
    saved: { at: end, length: SAVED_ROOM },
  };
  const handle = await open(file, 'wx');
  try {
    await handle.write(Buffer.from(JSON.stringify(table).padEnd(TABLE_BYTES)), 0, TABLE_BYTES, 0);
    await handle.write(kernel, 0, kernel.length, kernelPart.at);
    await handle.write(text, 0, text.length, ordersPart.at);
    await handle.truncate(end + SAVED_ROOM);
  } finally {
    await handle.close();
  }
}

/** The same disk inside of the machine. */
export class UpdateDisk {
  readonly #fd: number;
  readonly #table: Table;

  private constructor(fd: number, table: Table) {
    this.#fd = fd;
    this.#table = table;
  }

  /** Among the machine's disks, whichever name it has; waits for it. */
  static find(): UpdateDisk {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; Atomics.wait(pause, 0, 0, 5)) {
      for (const name of readdirSync('/dev').filter((each) => /^nvme\d+n\d+$/.test(each))) {
        // The others are read-only, and some kernels refuse to open such a disk for writing.
        const fd = openSync(`/dev/${name}`, 'r');
        const table = readTable(fd);
        closeSync(fd);
        if (table !== null) return new UpdateDisk(openSync(`/dev/${name}`, 'r+'), table);
      }
    }
    throw new Error('no disk of this machine holds a live update');
  }

  get commandLine(): string {
    return this.#table.commandLine;
  }

  kernel(): Buffer {
    return this.#read(this.#table.kernel);
  }

  orders(): unknown {
    return JSON.parse(this.#read(this.#table.orders).toString());
  }

  /** Kept for the kernel that comes: eight digits of hex for the length, then the text. On the disk when it returns. */
  keep(saved: unknown): void {
    const text = Buffer.from(JSON.stringify(saved));
    const { at, length } = this.#table.saved;
    if (text.length + 8 > length)
      throw new Error(`${text.length} bytes of a snapshot are more than the disk has room for`);
    this.#write(Buffer.from(text.length.toString(16).padStart(8, '0')), at);
    this.#write(text, at + 8);
    fsyncSync(this.#fd);
  }

  kept(): unknown {
    const { at } = this.#table.saved;
    const length = Number.parseInt(this.#read({ at, length: 8 }).toString(), 16);
    if (Number.isNaN(length)) throw new Error('the kernel before this one kept nothing');
    return JSON.parse(this.#read({ at: at + 8, length }).toString());
  }

  close(): void {
    closeSync(this.#fd);
  }

  #read(part: Part): Buffer {
    return readPart(this.#fd, part);
  }

  #write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done, bytes.length - done, at + done);
  }
}

function readTable(fd: number): Table | null {
  const text = readPart(fd, { at: 0, length: TABLE_BYTES }).toString();
  return text.startsWith(`{"format":"${FORMAT}"`) ? (JSON.parse(text) as Table) : null;
}

function readPart(fd: number, { at, length }: Part): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const count = readSync(fd, bytes, done, length - done, at + done);
    if (count === 0) throw new Error(`the disk ends at byte ${at + done}`);
    done += count;
  }
  return bytes;
}
