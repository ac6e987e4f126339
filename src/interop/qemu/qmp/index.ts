/** QMP, QEMU's machine protocol: a client over a unix socket or a child's streams. Nothing here but Node's own modules. */
export { Qmp } from './client.ts';
export type { QmpOptions, QmpStreams } from './options.ts';
export { connectQmp } from './connect.ts';
export type { ConnectOptions } from './connect.ts';
export { describeQmpError } from './error.ts';
export type { QmpError } from './error.ts';
export { isObject } from './message.ts';
export type { JsonObject, QemuVersion, QmpEvent } from './message.ts';
