/** Hosts and contracts in the spelling of OpenStack: traits of placement, extra specs of flavors, options of nova. */
export { contractTrait, hostTraits, ownTraits } from './host.ts';
export { CUSTOM_TRAIT, TRAITS } from './traits.ts';
export type { TraitRow } from './traits.ts';
