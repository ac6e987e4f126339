/** The names of the profiles, apart from their rows: every command line needs them, and few need the rows. */
export const VMM_NAMES = [
  'qemu:5.2',
  'qemu:7.2',
  'qemu:10.0',
  'qemu:11.1',
  'firecracker:1.16',
  'cloud-hypervisor:2026',
  'ideal',
] as const;

export type VmmName = (typeof VMM_NAMES)[number];
