/** What nova will say of a host in standard traits, as far as its surface tells, and traits of Evenkeel's own. Pure. */
import { QEMU_NAMES } from '../../arch/x86/tables/qemu-names.ts';
import type { Contract, HostLabel, Level, MeasuredSurface } from '../../model/index.ts';
import { contractIdentity, surfaceIdentity } from '../identity.ts';
import { TRAITS } from './traits.ts';

export interface HostTraits {
  readonly expected: readonly HostLabel[];
  readonly unknown: readonly { readonly key: string; readonly why: string }[];
}

export function hostTraits({ architecture, words, areas }: MeasuredSurface): HostTraits {
  if (architecture === 'arm64') {
    return { expected: [], unknown: [{ key: 'HW_CPU_', why: 'os-traits has no CPU features of arm64' }] };
  }
  if (areas.get('cpuid')?.measured !== true) {
    return { expected: [], unknown: [{ key: 'HW_CPU_X86_', why: 'CPUID was not measured' }] };
  }
  const has = (feature: string): boolean => {
    const bits = QEMU_NAMES.filter(({ libvirt }) => libvirt === feature);
    return (
      bits.length > 0 && bits.every(({ word, bit }) => ((words.get(word)?.value ?? 0n) >> BigInt(bit)) % 2n === 1n)
    );
  };
  return {
    expected: TRAITS.filter(({ reported, features }) => reported && features.every(has)).map(({ trait, features }) => ({
      key: trait,
      value: null,
      why: `KVM shows ${features.join(', ')}`,
    })),
    unknown: [],
  };
}

/** A flavor that requires this trait gets hosts on which the contract holds. */
export function contractTrait(contract: Contract): string {
  return `CUSTOM_EVENKEEL_CONTRACT_${contractIdentity(contract).toUpperCase()}`;
}

/** A trait is there or not, so a contract's is where its level is no worse than `selectable`. */
export function ownTraits(
  fingerprint: string,
  contracts: readonly { readonly contract: Contract; readonly level: Level }[],
): HostLabel[] {
  return [
    {
      key: `CUSTOM_EVENKEEL_SURFACE_${surfaceIdentity(fingerprint).toUpperCase()}`,
      value: null,
      why: 'hosts with this trait show guests the same',
    },
    ...contracts
      .filter(({ level }) => level === 'same' || level === 'selectable')
      .map(({ contract, level }) => ({
        key: contractTrait(contract),
        value: null,
        why: `contract ${contract.name} is ${level} on this host`,
      })),
  ];
}
