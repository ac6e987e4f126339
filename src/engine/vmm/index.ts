/** VMMs: KVM's verdicts as they come out under one, and contracts as its guests have them. */
export { contractUnder } from './contract.ts';
export { underVmm } from './layer.ts';
export type { VmmMove } from './reason.ts';
export { rowFor } from './rows.ts';
