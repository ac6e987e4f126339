/** One QMP session: commands with ids, answers matched to them, events kept until somebody asks. */
import { err, ok } from '../../../model/index.ts';
import type { Json, Result } from '../../../model/index.ts';
import type { QmpError } from './error.ts';
import { EventQueue } from './events.ts';
import { LineSplitter } from './lines.ts';
import { parseMessage } from './message.ts';
import type { QemuVersion, QmpEvent, QmpMessage } from './message.ts';
import { DEFAULTS } from './options.ts';
import type { QmpOptions, QmpStreams } from './options.ts';
import { within } from './within.ts';

interface Pending {
  readonly command: string;
  readonly settle: (result: Result<Json, QmpError>) => void;
}

export class Qmp {
  readonly #streams: QmpStreams;
  readonly #options: QmpOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #events = new EventQueue();
  readonly #greeting = Promise.withResolvers<Result<QemuVersion, QmpError>>();
  #version: QemuVersion | null = null;
  #ended: QmpError | null = null;
  #last = 0;

  constructor(streams: QmpStreams, options: QmpOptions) {
    this.#streams = streams;
    this.#options = options;
    const lines = new LineSplitter(options.lineLimit ?? DEFAULTS.lineLimit);
    streams.readable.on('data', (chunk: Buffer) => this.#receive(lines, chunk));
    streams.readable.on('close', () => this.#end(this.#closed()));
    streams.readable.on('end', () => this.#end(this.#closed()));
    streams.readable.on('error', () => this.#end(this.#closed()));
    // EPIPE and ECONNRESET: the reading side says that it ended.
    streams.writable.on('error', () => this.#end(this.#closed()));
  }

  /** As the greeting gave it. */
  get version(): QemuVersion {
    if (this.#version === null) throw new Error('a Qmp is given out only after its greeting');
    return this.#version;
  }

  /** Waits for the greeting and leaves the negotiation of capabilities. For connectQmp. */
  async negotiate(): Promise<QmpError | null> {
    const late = {
      code: 'protocol',
      message: 'no greeting came: this is no QMP server, or another client has it',
    } as const;
    const greeting = await within(this.#greeting.promise, this.#milliseconds(), late);
    if (!greeting.ok) {
      this.#end(greeting.error);
      return greeting.error;
    }
    const accepted = await this.execute('qmp_capabilities');
    return accepted.ok ? null : accepted.error;
  }

  /**
   * Sends a command and waits for its answer: what stands under `return`. Integers beyond 2^53 come as texts of decimal
   * digits. Commands that are sent without waiting are answered in their order.
   */
  async execute(
    command: string,
    parameters?: Readonly<Record<string, Json>>,
    milliseconds: number = this.#milliseconds(),
  ): Promise<Result<Json, QmpError>> {
    if (this.#ended !== null) return err(this.#ended);
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<Result<Json, QmpError>>();
    this.#pending.set(id, { command, settle: resolve });
    const message = { execute: command, ...(parameters === undefined ? {} : { arguments: parameters }), id };
    this.#streams.writable.write(`${JSON.stringify(message)}\n`);
    const late = `${command}: no answer within ${milliseconds / 1000} s`;
    const result = await within(promise, milliseconds, { code: 'deadline', message: late });
    this.#pending.delete(id);
    return result;
  }

  /**
   * The next event of one of these names, which is then taken: one that came since the connection was made and was not
   * taken yet, or the first to come.
   */
  async event(names: readonly string[], milliseconds: number): Promise<Result<QmpEvent, QmpError>> {
    const early = this.#events.take(names);
    if (early !== null) return ok(early);
    if (this.#ended !== null) return err(this.#ended);
    const next = this.#events.next(names);
    const late = `no event ${names.join(' or ')} within ${milliseconds / 1000} s`;
    const result = await within(next.promise, milliseconds, { code: 'deadline', message: late });
    next.forget();
    return result;
  }

  /** Ends the connection; QEMU goes on. What still waits gets `closed`. */
  close(): void {
    this.#end({ code: 'closed', message: 'the QMP connection was closed' });
  }

  #milliseconds(): number {
    return this.#options.milliseconds ?? DEFAULTS.milliseconds;
  }

  #closed(): QmpError {
    const message =
      this.#version === null
        ? 'the peer closed the connection before it greeted: this is no QMP server, or QEMU did not start'
        : 'QEMU closed the QMP connection';
    return { code: 'closed', message };
  }

  #receive(lines: LineSplitter, chunk: Buffer): void {
    if (this.#ended !== null) return;
    const complete = lines.push(chunk);
    if (complete === null) {
      const limit = this.#options.lineLimit ?? DEFAULTS.lineLimit;
      return this.#end({ code: 'protocol', message: `a message longer than ${limit} bytes` });
    }
    for (const line of complete) {
      if (line.toString('latin1').trim() === '') continue;
      const message = parseMessage(line);
      if (!message.ok) return this.#end({ code: 'protocol', message: message.error });
      this.#dispatch(message.value);
      if (this.#ended !== null) return;
    }
  }

  #dispatch(message: QmpMessage): void {
    if (message.kind === 'greeting') {
      if (this.#version !== null) return this.#end({ code: 'protocol', message: 'a second greeting' });
      this.#version = message.version;
      return this.#greeting.resolve(ok(message.version));
    }
    if (this.#version === null) return this.#end({ code: 'protocol', message: 'a message before the greeting' });
    if (message.kind === 'event') {
      this.#options.onEvent?.(message.event);
      return this.#events.push(message.event);
    }
    // Without an id QEMU answers only to what it could not read, and each of our lines is one JSON object.
    if (message.id === null) return this.#end({ code: 'protocol', message: 'an answer to no command' });
    const pending = this.#pending.get(message.id);
    // One that came after its deadline.
    if (pending === undefined) return;
    pending.settle(
      message.kind === 'return'
        ? ok(message.value)
        : err({ code: 'command', command: pending.command, class: message.class, message: message.message }),
    );
  }

  #end(error: QmpError): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.#greeting.resolve(err(error));
    for (const { settle } of this.#pending.values()) settle(err(error));
    this.#pending.clear();
    this.#events.end(error);
    this.#streams.writable.destroy();
    this.#streams.readable.destroy();
  }
}
