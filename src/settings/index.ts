/**
 * A contract carried out on a KVM: the executor of plans, and negotiation for people who write VMMs. Loads neither
 * schemas nor the command line, for it runs inside of emulated machines.
 */
export { execute } from './execute.ts';
export type { Host } from './machine.ts';
export * from './negotiation/index.ts';
