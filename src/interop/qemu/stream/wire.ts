/** Numbers of the format: migration/savevm.h, migration/ram.h and `mig_cmd_args` in migration/savevm.c of QEMU. */

/** `QEMU_VM_FILE_MAGIC`: QEVM. */
export const FILE_MAGIC = 0x5145564d;
export const FILE_VERSION = 3;

/** The byte that begins each part of a stream. */
export const PART = {
  eof: 0x00,
  sectionStart: 0x01,
  sectionPart: 0x02,
  sectionEnd: 0x03,
  sectionFull: 0x04,
  subsection: 0x05,
  description: 0x06,
  configuration: 0x07,
  command: 0x08,
  footer: 0x7e,
} as const;

/** Bytes of a footer: its type and the section's id. */
export const FOOTER_BYTES = 5;

/** The longest header of a section: type, id, length and text of the name, instance, version. */
export const LONGEST_HEADER: number = 1 + 4 + 1 + 255 + 4 + 4;

/** What travels in the low bits of a page's address. */
export const RAM_FLAG = {
  zero: 0x002,
  memorySize: 0x004,
  page: 0x008,
  endOfSection: 0x010,
  /** The page is of the same block as the last one; else the block's name follows. */
  continue: 0x020,
  xbzrle: 0x040,
  /** Only in RDMA, where a stream is no file. */
  hook: 0x080,
  /** Until QEMU 9.0. */
  compressedPage: 0x100,
  multifdFlush: 0x200,
} as const;

/** `ram`'s only version since QEMU 1.0. */
export const RAM_VERSION = 4;

/** First bytes of the other channels of a multifd migration (migration/multifd.c). */
export const MULTIFD_MAGIC = 0x11223344;

/** `enum qemu_vm_cmd`, by number. */
export const COMMANDS: readonly string[] = [
  'INVALID',
  'OPEN_RETURN_PATH',
  'PING',
  'POSTCOPY_ADVISE',
  'POSTCOPY_LISTEN',
  'POSTCOPY_RUN',
  'POSTCOPY_RAM_DISCARD',
  'PACKAGED',
  'ENABLE_COLO',
  'POSTCOPY_RESUME',
  'RECV_BITMAP',
  'SWITCHOVER_START',
];

export const COMMAND_PACKAGED = 7;
