/** Batches of MSRs are the ioctl layer's; the steps take them from here. */
export { readMsrs, writeMsrs } from '../../../kvm/index.ts';
export type { MsrWrite } from '../../../kvm/index.ts';
