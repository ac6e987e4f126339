/** The versions of QEMU that have a profile, from old to new. */
export const QEMU_VERSIONS = ['5.2', '7.2', '10.0', '11.1'] as const;

export type QemuVersion = (typeof QEMU_VERSIONS)[number];

/** True where `version` is `first` or newer. */
export function isSince(version: QemuVersion, first: QemuVersion): boolean {
  return QEMU_VERSIONS.indexOf(version) >= QEMU_VERSIONS.indexOf(first);
}
