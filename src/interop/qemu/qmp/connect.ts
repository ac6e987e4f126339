/** A QMP session over a unix socket, or over streams that somebody else opened. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { Qmp } from './client.ts';
import type { QmpError } from './error.ts';
import type { QmpOptions, QmpStreams } from './options.ts';

export interface ConnectOptions extends QmpOptions {
  /** How long to try again while nobody listens yet: a QEMU that has just been started. None where not given. */
  readonly patienceMilliseconds?: number;
}

const AGAIN_MILLISECONDS = 20;
const NOBODY_LISTENS: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * Connects, waits for the greeting and negotiates (no optional capability). `target`: the path of a unix socket (`-qmp
 * unix:PATH,server=on,wait=off`), or streams (`-qmp stdio`). QEMU serves one client at a time and keeps a second waiting for
 * its greeting, which ends here as `protocol`.
 */
export async function connectQmp(
  target: string | QmpStreams,
  options: ConnectOptions = {},
): Promise<Result<Qmp, QmpError>> {
  const streams = typeof target === 'string' ? await open(target, options) : ok(target);
  if (!streams.ok) return streams;
  const qmp = new Qmp(streams.value, options);
  const failed = await qmp.negotiate();
  if (failed === null) return ok(qmp);
  qmp.close();
  return err(failed);
}

async function open(path: string, options: ConnectOptions): Promise<Result<QmpStreams, QmpError>> {
  const until = performance.now() + (options.patienceMilliseconds ?? 0);
  for (;;) {
    const socket = await tryOpen(path);
    if (typeof socket !== 'string') return ok({ readable: socket, writable: socket });
    if (!NOBODY_LISTENS.has(socket) || performance.now() >= until) {
      return err({ code: 'unreachable', message: `${path}: ${MEANING[socket] ?? `cannot connect: ${socket}`}` });
    }
    await sleep(AGAIN_MILLISECONDS);
  }
}

const MEANING: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nobody listens at this socket: the QEMU that made it has ended',
  EACCES: 'you have no permission to connect',
  ENOTSOCK: 'this is no socket',
};

/** The connected socket, or errno's name. */
function tryOpen(path: string): Promise<Socket | string> {
  const { promise, resolve } = Promise.withResolvers<Socket | string>();
  const socket = connect(path);
  const fail = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
  socket.once('error', fail);
  socket.once('connect', () => {
    socket.off('error', fail);
    resolve(socket);
  });
  return promise;
}
