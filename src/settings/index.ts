/**
 * A contract carried out on a KVM: the executor of plans, and negotiation for people who write VMMs. Loads neither
 * schemas nor the command line, for it runs inside of emulated machines.
 */
export { build } from './build.ts';
export type { BuildOptions, Built } from './build.ts';
export { execute } from './execute.ts';
export { Machine } from './machine.ts';
export type { Host, MachineVcpu } from './machine.ts';
export * from './negotiation/index.ts';
