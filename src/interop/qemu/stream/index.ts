/**
 * QEMU's migration streams: what is in a file that `migrate` or `virsh save` wrote, without the machine that it came from.
 * Names of registers are in `registers.ts`: the tables that they need would cost every reader.
 */
export { describeStreamError } from './error.ts';
export type { StreamCode, StreamError } from './error.ts';
export { foundSubsections, numberOf, subsectionsOf } from './look.ts';
export type { FoundSubsection } from './look.ts';
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
export { memorySource, openSource } from './source.ts';
export type { ByteSource, OpenError } from './source.ts';
