/**
 * When QEMU sends what only some versions have: what the `needed` function of a subsection and the test of a field ask,
 * which no dump shows. A machine type may have turned it off for good (GlobalProperty lists in hw/core/machine.c and
 * hw/i386/pc.c of 10.0): then it is never sent, whatever the program could.
 */
export interface Condition {
  /** Names of subsections, and of fields as DESCRIPTION:FIELD. */
  readonly members: readonly string[];
  /** Completes "it is sent …". */
  readonly sent: string;
  /** Machine types up to this version never send it; `by` is what they set. */
  readonly notUpTo?: { readonly version: readonly [number, number]; readonly by: string };
  readonly source: string;
}

export const CONDITIONS: readonly Condition[] = [
  {
    members: ['ich9_pm/pcihp'],
    sent: 'where bridges are hotplugged by ACPI, as q35 has it by default since 6.1',
    notUpTo: { version: [6, 0], by: 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off' },
    source: 'hw/acpi/ich9.c, vmstate_test_use_pcihp; hw/i386/pc.c, pc_compat_6_0',
  },
  {
    members: ['pckbd/extended_state'],
    sent: 'always, unless i8042.extended-state is off',
    notUpTo: { version: [6, 0], by: 'i8042.extended-state=false' },
    source: 'hw/input/pckbd.c, kbd_extended_state_needed; hw/core/machine.c, hw_compat_6_0',
  },
  {
    members: ['e1000e:core.timadj'],
    sent: 'unless e1000e.migrate-timadj is off',
    notUpTo: { version: [7, 2], by: 'e1000e.migrate-timadj=off' },
    source: 'hw/net/e1000e.c, e1000e_migrate_timadj; hw/core/machine.c, hw_compat_7_2',
  },
  {
    members: ['piix4_pm:acpi_pci_hotplug.acpi_index'],
    sent: 'unless PIIX4_PM.x-not-migrate-acpi-index is on',
    notUpTo: { version: [6, 2], by: 'PIIX4_PM.x-not-migrate-acpi-index=on' },
    source: 'hw/acpi/piix4.c, vmstate_test_migrate_acpi_index; hw/core/machine.c, hw_compat_6_2',
  },
  {
    members: ['i8259/ltim'],
    sent: 'where an interrupt input is level-triggered while its register says otherwise (ltim is not 0)',
    source: 'hw/intc/i8259_common.c, ltim_state_needed',
  },
  {
    members: ['pflash_cfi01_blk_write'],
    sent: 'while the guest writes a block of flash memory',
    source: 'hw/block/pflash_cfi01.c, pflash_blk_write_state_needed',
  },
  {
    members: ['virtio-gpu/blob'],
    sent: 'where the device has blob=on',
    source: 'hw/display/virtio-gpu.c, virtio_gpu_blob_state_needed',
  },
  {
    members: ['sd-card/ext_csd_modes-state'],
    sent: 'of an eMMC, not of an SD card',
    source: 'hw/sd/sd.c, vmstate_needed_for_emmc',
  },
  {
    members: ['acpi-ged/cpuhp'],
    sent: 'where CPUs of the machine type can be hotplugged',
    source: 'hw/acpi/generic_event_device.c, cpuhp_needed',
  },
  {
    members: ['acpi-ged/pcihp'],
    sent: 'where PCI devices are hotplugged by ACPI',
    source: 'hw/acpi/generic_event_device.c of 10.2, pcihp_needed',
  },
  {
    members: ['acpi-ged/hest'],
    sent: "where the guest's firmware has told the address of the error table (ras=on)",
    source: 'hw/acpi/generic_event_device.c of 10.2, hest_needed',
  },
  {
    members: ['vhost-user-fs-backend'],
    sent: 'always: the backend saves its own state',
    source: 'hw/virtio/vhost-user-fs.c, vuf_is_internal_migration',
  },
  {
    members: ['esp/pdma'],
    sent: 'where the device has no DMA of its own and is enabled (Macintosh, Jazz)',
    source: 'hw/scsi/esp.c of 5.2, esp_pdma_needed',
  },
  {
    members: ['arm_gicv3/gicd_nmi', 'arm_gicv3_cpu/nmi'],
    sent: 'where the interrupt controller has NMIs (emulated only)',
    source: 'hw/intc/arm_gicv3_common.c, gicv3_nmi_needed',
  },
  {
    members: ['arm_gicv3_cpu/gicv4'],
    sent: 'of a GICv4 (emulated only)',
    source: 'hw/intc/arm_gicv3_common.c, gicv4_needed',
  },
  {
    members: ['smmuv3/gbpa'],
    sent: 'where the guest has written SMMU_GBPA',
    source: 'hw/arm/smmuv3.c, smmuv3_gbpa_needed',
  },
  {
    members: ['clock/muldiv'],
    sent: 'where the guest has set the clock to a multiple or a fraction',
    source: 'hw/core/clock-vmstate.c, muldiv_needed',
  },
];

const BY_MEMBER: ReadonlyMap<string, Condition> = new Map(
  CONDITIONS.flatMap((row) => row.members.map((member) => [member, row] as const)),
);

export type Sending =
  /** `text` completes "it is sent …". */
  { readonly how: 'sometimes'; readonly text: string } | { readonly how: 'never'; readonly text: string };

/** Of a subsection or a field of a machine type such as `pc-q35-5.2`; null where the table does not have it. */
export function sending(member: string, machine: string | null): Sending | null {
  const row = BY_MEMBER.get(member);
  if (row === undefined) return null;
  const version = machine === null || row.notUpTo === undefined ? null : machineVersion(machine);
  if (row.notUpTo !== undefined && version !== null && !isLater(version, row.notUpTo.version)) {
    return { how: 'never', text: `${machine} sets ${row.notUpTo.by}` };
  }
  return { how: 'sometimes', text: row.sent };
}

/** `pc-q35-5.2` and `virt-10.0`; null for those without a version (`microvm`, `none`). */
function machineVersion(machine: string): readonly [number, number] | null {
  const match = /-(\d+)\.(\d+)$/.exec(machine);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

function isLater([major, minor]: readonly [number, number], than: readonly [number, number]): boolean {
  return major > than[0] || (major === than[0] && minor > than[1]);
}
