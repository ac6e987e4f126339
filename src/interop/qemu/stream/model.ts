/**
 * What a QEMU migration stream holds, after its RAM pages were passed over. Offsets are in bytes from the start of the file
 * (or pipe), so that `xxd -s OFFSET` shows what is meant.
 */
import type { Architecture } from '../../../model/index.ts';

export interface QemuStream {
  /** Machine type of the configuration section: `pc-q35-7.2`; null where the stream has none. */
  readonly machine: string | null;
  /** As far as the fields of the vCPUs tell; else null. */
  readonly architecture: Architecture | null;
  /** In the order of the stream. */
  readonly sections: readonly StreamSection[];
}

export interface StreamSection {
  /** `cpu_common`, `0000:00:1f.2/ich9_ahci`, `ram`. */
  readonly id: string;
  readonly instance: number;
  /** The version in the section's header. */
  readonly version: number;
  /** Of the section's type byte. */
  readonly offset: number;
  /** `full`: device state, in one piece. `live`: sent in parts while the guest ran; offset is that of the first. */
  readonly kind: 'full' | 'live';
  /** Of full sections: between header and footer. Of live ones: of all parts. */
  readonly bytes: number;
  /** Null where nothing says how the bytes are to be read. */
  readonly state: StreamState | null;
  /** Why `state` is null. */
  readonly undecoded: string | null;
}

/** One VMStateDescription as it is in the stream. */
export interface StreamState {
  /** `cpu`; of subsections `cpu/msr_smi_count`. */
  readonly name: string;
  readonly version: number;
  readonly offset: number;
  readonly bytes: number;
  readonly fields: readonly StreamField[];
  readonly subsections: readonly StreamState[];
}

export interface StreamField {
  /** `env.msr_smi_count`. */
  readonly name: string;
  /** QEMU's name of the field's type: `uint64`, `buffer`, `struct`, `unused_buffer`, … */
  readonly type: string;
  /** Which element, of arrays. */
  readonly index: number | null;
  readonly offset: number;
  readonly size: number;
  /** As in the stream, numbers big endian. A view of what was read. */
  readonly bytes: Uint8Array;
  /** What is in a struct. */
  readonly state: StreamState | null;
}

/** A stream with all that can be said without a description of its fields. */
export interface StreamListing extends QemuStream {
  /** The stream's name as a file of another program, where it lies in one: libvirt's save image. */
  readonly container: { readonly name: string; readonly bytes: number } | null;
  /** Of all that was read, container and description with it. */
  readonly bytes: number;
  readonly configuration: Configuration | null;
  /** Of the guest's architecture, bytes. */
  readonly pageSize: number;
  /** Whether sections end with a footer; null where no section was seen. */
  readonly footers: boolean | null;
  readonly ram: RamListing | null;
  readonly commands: readonly StreamCommand[];
  /** The JSON at the end in which QEMU describes its sections (`vmdesc`); null where it was not sent. */
  readonly description: { readonly offset: number; readonly bytes: number } | null;
}

/** `vmstate_configuration` (migration/savevm.c). */
export interface Configuration {
  readonly offset: number;
  readonly machine: string;
  /** Null where it is the smallest of the architecture: then it is not sent. */
  readonly targetPageBits: number | null;
  /** Migration capabilities that both sides must have set alike. */
  readonly capabilities: readonly string[];
  readonly uuid: string | null;
}

export interface RamListing {
  /** `mapped-ram`: each page has its place in the file. `stream`: pages follow each other. */
  readonly layout: 'stream' | 'mapped-ram';
  /** Pages travel in other channels (multifd); what is counted here is what came on this one. */
  readonly multifd: boolean;
  readonly blocks: readonly RamBlock[];
}

/** A RAMBlock; counts are of pages that were sent, a page that was sent twice counts twice. */
export interface RamBlock {
  /** `pc.ram`, `0000:00:02.0/vga.vram`. */
  readonly name: string;
  /** Bytes that the guest sees of it. */
  readonly size: number;
  readonly normal: number;
  readonly zero: number;
  /** Sent as a difference to what was sent before. */
  readonly xbzrle: number;
  readonly compressed: number;
}

export interface StreamCommand {
  readonly offset: number;
  readonly name: string;
  /** Of its arguments. */
  readonly bytes: number;
}
