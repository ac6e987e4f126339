/**
 * Names that QEMU changed without changing the stream, as QEMU's scripts/vmstate-static-checker.py (10.0) lists them, and
 * what has been renamed since.
 */

/** Device types under their two names. */
export const SECTION_RENAMES: readonly (readonly [string, string])[] = [
  ['ICH9 LPC', 'ICH9-LPC'],
  ['e1000-82540em', 'e1000'],
];

const PARENT = 'parent_obj';
const GRANDPARENT = 'parent_obj.parent_obj.parent_obj';
const ROOT_PORT = ['port.br.dev', GRANDPARENT, 'port.br.dev.exp.aer_log', `${GRANDPARENT}.exp.aer_log`];

/**
 * By description, names of fields that stand for each other; for the name of a description inside a section the section's
 * name is looked up.
 */
const FIELD_RENAMES: Readonly<Record<string, readonly string[]>> = {
  apic: ['timer', 'timer_expiry'],
  e1000: ['dev', PARENT],
  ehci: ['dev', 'pcidev'],
  I440FX: ['dev', PARENT],
  ich9_ahci: ['card', PARENT],
  'ich9-ahci': ['ahci', 'ich9_ahci'],
  ioh3420: ['PCIDevice', 'PCIEDevice'],
  'ioh-3240-express-root-port': ROOT_PORT,
  cirrus_vga: ['hw_cursor_x', 'vga.hw_cursor_x', 'hw_cursor_y', 'vga.hw_cursor_y'],
  lsiscsi: ['dev', PARENT],
  mch: ['d', PARENT],
  pci_bridge: ['bridge.dev', PARENT, 'bridge.dev.shpc', 'shpc'],
  pcnet: ['pci_dev', PARENT],
  PIIX3: ['pci_irq_levels', 'pci_irq_levels_vmstate'],
  piix4_pm: [
    'dev',
    PARENT,
    'pci0_status',
    'acpi_pci_hotplug.acpi_pcihp_pci_status[0x0]',
    'pm1a.sts',
    'ar.pm1.evt.sts',
    'pm1a.en',
    'ar.pm1.evt.en',
    'pm1_cnt.cnt',
    'ar.pm1.cnt.cnt',
    'tmr.timer',
    'ar.tmr.timer',
    'tmr.overflow_time',
    'ar.tmr.overflow_time',
    'gpe',
    'ar.gpe',
  ],
  rtl8139: ['dev', PARENT],
  qxl: ['num_surfaces', 'ssd.num_surfaces'],
  'usb-ccid': ['abProtocolDataStructure', 'abProtocolDataStructure.data'],
  'usb-host': ['dev', PARENT],
  'usb-mouse': ['usb-ptr-queue', 'HIDPointerEventQueue'],
  'usb-tablet': ['usb-ptr-queue', 'HIDPointerEventQueue'],
  vmware_vga: ['card', PARENT],
  vmware_vga_internal: ['depth', 'new_depth'],
  xhci: ['pci_dev', PARENT],
  'x3130-upstream': ['PCIDevice', 'PCIEDevice'],
  'xio3130-express-downstream-port': ROOT_PORT,
  'xio3130-downstream': ['PCIDevice', 'PCIEDevice'],
  'xio3130-express-upstream-port': [
    'br.dev',
    'parent_obj.parent_obj',
    'br.dev.exp.aer_log',
    'parent_obj.parent_obj.exp.aer_log',
  ],
  spapr_pci: [
    'dma_liobn[0]',
    'mig_liobn',
    'mem_win_addr',
    'mig_mem_win_addr',
    'mem_win_size',
    'mig_mem_win_size',
    'io_win_addr',
    'mig_io_win_addr',
    'io_win_size',
    'mig_io_win_size',
  ],
};

/** True where both names stand for the same in this description (or section). */
export function sameName(of: string, a: string, b: string): boolean {
  if (a === b) return true;
  const names = Object.hasOwn(FIELD_RENAMES, of) ? FIELD_RENAMES[of] : undefined;
  return names !== undefined && names.includes(a) && names.includes(b);
}

/** Names that the checker does not know of; by description. */
const RENAMED_SINCE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  // hw/input/pckbd.c, kbd_pre_save: what is pending in the old form, under a name of its own since 6.0.
  pckbd: [['pending', 'pending_tmp']],
  // hw/timer/hpet.c: a copy that is compared when loaded.
  hpet: [['num_timers', 'num_timers_save']],
  // hw/acpi/generic_event_device.c: the same address, since 10.0.
  'acpi-ghes': [['ghes_addr_le', 'hw_error_le']],
};

/** As `sameName`, with what has been renamed since and with the same bytes. */
export function sameBytes(of: string, a: string, b: string): boolean {
  if (sameName(of, a, b)) return true;
  const names = Object.hasOwn(RENAMED_SINCE, of) ? RENAMED_SINCE[of] : undefined;
  return names?.some((group) => group.includes(a) && group.includes(b)) === true;
}

const OTHER_NAMES: ReadonlyMap<string, string> = new Map(
  SECTION_RENAMES.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]),
);

/** What a device type was called before or is called since, or null. */
export function otherName(section: string): string | null {
  return OTHER_NAMES.get(section) ?? null;
}
