/** Every word that a table names. */
import type { CatalogueWord } from '../../../model/index.ts';
import { BEHAVIOUR_WIDTH, behaviourWord } from '../../behaviour.ts';
import { gicWord } from '../elements.ts';
import { namedRegisters, widthOf } from '../names.ts';
import { PROMISES } from '../promises.ts';
import { BEHAVIOURS } from '../tables/behaviours.ts';
import { CAPABILITY_ROWS } from '../tables/capabilities.ts';
import { SWITCHES } from '../tables/switches.ts';
import { VCPU_ATTRIBUTES } from '../tables/vcpu-attributes.ts';
import { GIC_REGISTERS } from '../vgic.ts';

/** Attributes whose word is a number; of the others it says that they are there. */
const NUMBERS: ReadonlySet<string> = new Set(
  VCPU_ATTRIBUTES.filter(({ bytes }) => bytes === 4).map(({ name }) => `vcpu-attribute/${name}`),
);

/** Each once: registers, vectors, caches; interrupt controllers; what the vCPU and the VM were made with; the host. */
export function catalogueWords(): readonly CatalogueWord[] {
  const promised = PROMISES.map(({ word }): CatalogueWord => ({ path: word, width: widthOfPromise(word) }));
  const paths = new Set(promised.map(({ path }) => path));
  return [
    ...namedRegisters().map(([path, id]) => ({ path, width: widthOf(id) })),
    ...GIC_REGISTERS.map(({ device, name, width }) => ({ path: gicWord(device, name), width })),
    ...promised,
    ...BEHAVIOURS.map(({ id, description }) => ({ path: behaviourWord(id), width: BEHAVIOUR_WIDTH, description })),
    ...SWITCHES.map(({ name, width }) => ({ path: `switch/${name}`, width })),
    ...[...CAPABILITY_ROWS.keys()]
      .map((name) => ({ path: `capability/${name}`, width: 64 }))
      .filter(({ path }) => !paths.has(path)),
  ];
}

/** As the measured words have them. */
function widthOfPromise(word: string): number {
  if (word === 'vm/ipa-size') return 8;
  return NUMBERS.has(word) ? 32 : 1;
}
