/**
 * What KVM on arm64 changed under guests. Each row was read in the trees of 5.10.223, 6.1.176, 6.12.107, 7.2.13 and
 * 7.3.4; narrower brackets come from comparing distribution kernels between them. Files named in `source` are below
 * arch/arm64/kvm of 7.3.4 where no other place is given.
 */
import type { KnownChange } from './change.ts';

type Row = Omit<KnownChange, 'architecture' | 'unseen' | 'harmless'> &
  Partial<Pick<KnownChange, 'unseen' | 'harmless'>>;

const ROWS: readonly Row[] = [
  {
    id: 'arm64-gicd-iidr-revision-3',
    title: 'GICD_IIDR revision 3: LPIs can be turned off',
    elements: [
      'vgic/v3/GICD_IIDR/Revision',
      'vgic/v2/GICD_IIDR/Revision',
      'vgic/v3/GICR_IIDR/Revision',
      'vgic/v3/GICR_CTLR/CES',
      'vgic/v3/GICR_CTLR/IR',
    ],
    before: 'revision 2: GICR_CTLR reads without IR and CES, and LPIs stay on once enabled',
    after: 'revision 3: GICR_CTLR has IR and CES, LPIs can be turned off',
    kernels: { without: '5.15', with: '5.19' },
    byDefault: 'after',
    mechanism: 'KVM_SET_DEVICE_ATTR on the vGIC, group 1, attribute 0x8, revision 2 in bits 15:12',
    discovery: 'KVM_GET_DEVICE_ATTR, group 1, attribute 0x8',
    saved: 'the register is read and written like others of the distributor, before those whose meaning it changes',
    selectable: {
      answer: 'partly',
      reason:
        'from 5.19 to 7.0 the write succeeds and changes nothing, because the current revision is checked and not the written one; mended in 7.2.13 and 7.3.4, and in 6.1.176 and 6.12.107. Reading back tells',
    },
    readable: true,
    source: 'vgic/vgic-mmio-v3.c, vgic_mmio_uaccess_write_v3_misc; vgic/vgic-mmio-v2.c',
  },
];

export const ARM64_CHANGES: readonly KnownChange[] = ROWS.map((row) => ({
  unseen: null,
  harmless: null,
  ...row,
  architecture: 'arm64',
}));
