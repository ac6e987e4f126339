/** A migration stream that a person named. */
import { describeStreamError, openSource, readStream } from '../interop/qemu/stream/index.ts';
import type { StreamError, StreamListing, StreamSection } from '../interop/qemu/stream/index.ts';
import { err } from '../model/result.ts';
import type { Result } from '../model/result.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';

/** Which sections are shown with their fields. */
export type Wanted = (section: StreamSection) => boolean;

export async function loadStream(path: string, signal: AbortSignal): Promise<Result<StreamListing, Failure>> {
  const name = path === '-' ? 'standard input' : path;
  const source = await openSource(path, signal);
  if (!source.ok) return err(failure(EXIT.input, `${name}: ${source.error.message}`));
  const read = await readStream(source.value);
  if (read.ok) return read;
  if (signal.aborted) return err(failure(EXIT.interrupted, `${name}: interrupted`));
  return err(failure(EXIT.input, `${name}: ${describeStreamError(read.error)}`, ADVICE[read.error.code]));
}

const ADVICE: Readonly<Partial<Record<StreamError['code'], string>>> = {
  'not-a-stream':
    'A stream is what QEMU writes for "migrate exec:cat>FILE" or "migrate file:FILE", or what virsh save writes.',
  truncated: 'Nothing is said of a stream that is not whole: QEMU would not take it either.',
};

/** By id, or by what follows the device's path: `cpu`, `virtio-net`, `0000:00:02.0/virtio-net`. */
export function isNamed({ id }: StreamSection, name: string): boolean {
  return id === name || id.endsWith(`/${name}`);
}
