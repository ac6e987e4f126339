/**
 * What the worker says to the supervisor: one JSON object a line. The channel is a pipe on a host and a virtio-serial
 * port in the lab; the supervisor cannot tell them apart.
 */
import type { Section } from '../model/index.ts';

export type Message =
  /** The worker is up. `startMilliseconds`: from process start to here. */
  | { readonly event: 'hello'; readonly steps: readonly string[]; readonly startMilliseconds: number }
  | { readonly event: 'begin'; readonly step: string }
  | { readonly event: 'note'; readonly step: string; readonly what: string }
  | { readonly event: 'end'; readonly step: string; readonly milliseconds: number; readonly section: Section }
  /** Nothing can be measured at all (no /dev/kvm, no permission). */
  | {
      readonly event: 'unavailable';
      readonly call: string;
      readonly detail: string;
      readonly errno: string;
      readonly meaning: string;
    }
  | { readonly event: 'done'; readonly ioctls: number; readonly milliseconds: number };

export function encode(message: Message): string {
  return `${JSON.stringify(message)}\n`;
}

/** Splits a byte stream into messages. A line that is not a message is given to `onNoise`. */
export class Decoder {
  #rest = '';
  readonly #text = new TextDecoder();

  push(chunk: Uint8Array, onMessage: (message: Message) => void, onNoise: (line: string) => void): void {
    const lines = (this.#rest + this.#text.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') continue;
      const message = parse(line);
      if (message === null) onNoise(line);
      else onMessage(message);
    }
  }
}

function parse(line: string): Message | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string') {
      // Both ends are the same version of the same program; the supervisor ignores events that it does not know.
      return value as Message;
    }
    return null;
  } catch {
    return null;
  }
}
