/**
 * Evenkeel's own labels of a node. KubeVirt's labeller leaves them alone. Their prefix is a domain of one label, so that it
 * is nobody's. Pure.
 */
import type { HostLabel, Level } from '../../model/index.ts';
import { contractIdentity, surfaceIdentity } from '../identity.ts';
import type { Contract } from '../../model/index.ts';

const PREFIX = 'evenkeel/';

/** By this key a guest's affinity asks for nodes on which its contract holds. */
export function contractKey(contract: Contract): string {
  return `${PREFIX}contract.${contractIdentity(contract)}`;
}

export function ownLabels(
  fingerprint: string,
  contracts: readonly { readonly contract: Contract; readonly level: Level }[],
): HostLabel[] {
  return [
    {
      key: `${PREFIX}surface`,
      value: surfaceIdentity(fingerprint),
      why: 'nodes with the same value show guests the same',
    },
    ...contracts.map(({ contract, level }) => ({
      key: contractKey(contract),
      value: level,
      why: `the level of contract ${contract.name} on this node`,
    })),
  ];
}
