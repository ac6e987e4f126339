/**
 * Bytes to lines, with a limit: QEMU ends each QMP message with CR LF (monitor/qmp.c, qmp_send_response), and a peer
 * that never ends one must not fill the memory.
 */
export class LineSplitter {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  /** `limit`: bytes of one line. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that are complete with this chunk, without their ends; null where a line is longer than the limit. */
  push(chunk: Uint8Array): readonly Buffer[] | null {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const line = this.#take(chunk.subarray(start, end));
      if (line === null) return null;
      lines.push(line);
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    if (this.#length + rest.length > this.#limit) return null;
    if (rest.length > 0) this.#parts.push(rest);
    this.#length += rest.length;
    return lines;
  }

  #take(last: Uint8Array): Buffer | null {
    if (this.#length + last.length > this.#limit) return null;
    const line = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
