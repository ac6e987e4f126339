/** A contract in this Evenkeel's words: files that an earlier one wrote may call an MSR by its number, or otherwise. */
import type { Contract, Values, WordPath } from '../model/index.ts';
import { registryFor } from './index.ts';

export function canonicalContract(contract: Contract): Contract {
  const registry = registryFor(contract.architecture);
  const canonical = (word: WordPath): WordPath => registry.canonical(word);
  const renamed = (values: Values): Values =>
    Object.fromEntries(Object.entries(values).map(([word, value]) => [canonical(word), value]));
  return {
    ...contract,
    promises: contract.promises.map((promised) => ({ ...promised, word: canonical(promised.word) })),
    carries: contract.carries.map(canonical),
    ...(contract.fresh === undefined ? {} : { fresh: renamed(contract.fresh) }),
    ...(contract.values === undefined ? {} : { values: renamed(contract.values) }),
  };
}
