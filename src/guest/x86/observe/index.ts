/** What a guest reads of its machine: registers, devices, clocks. */
export { flippedBits } from './bits.ts';
export type { BitsRegister } from './bits.ts';
export { khzByPit, khzOf, paravirtualClock } from './clocks.ts';
export type { ParavirtualClock } from './clocks.ts';
export { readDevices } from './devices.ts';
export type { Devices } from './devices.ts';
export { load32, readCpuid, readGuestMsrs } from './sweep.ts';
export type { CpuidKey, CpuidRead, Read } from './sweep.ts';
