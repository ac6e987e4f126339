/** QEMU's migration streams: what is in a file that `migrate` or `virsh save` wrote, without the machine that it came from. */
export { describeStreamError } from './error.ts';
export type { StreamCode, StreamError } from './error.ts';
export { numberOf, subsectionsOf } from './look.ts';
export type {
  Configuration,
  QemuStream,
  RamBlock,
  RamListing,
  StreamCommand,
  StreamField,
  StreamListing,
  StreamSection,
  StreamState,
} from './model.ts';
export { readStream } from './read.ts';
export { registersOf } from './registers.ts';
export type { StreamRegister } from './registers.ts';
export { memorySource, openSource } from './source.ts';
export type { ByteSource, OpenError } from './source.ts';
