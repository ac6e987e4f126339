import { describe, expect, it } from 'vitest';
import { pin } from '../../src/engine/index.ts';
import { defaultChoices } from '../../src/arch/index.ts';
import { keepPromises } from '../../src/snapshot/promised.ts';
import { keyOf } from '../../src/snapshot/values.ts';
import type { Hex, SavedState } from '../../src/model/index.ts';
import { recordedGroup } from '../lab/roundtrip/fakes.ts';

const { registry, hosts } = await recordedGroup('arm64', 'max', ['6.1']);
const [home] = hosts;
if (home === undefined) throw new Error('a kernel');
const pinned = pin(registry, [home.surface], { name: 'a', hosts: ['a'], choices: defaultChoices('arm64') });
if (!pinned.ok) throw new Error(pinned.error.message);
const contract = pinned.value;

function register(word: string, value: Hex): { readonly id: Hex; readonly value: Hex } {
  const key = keyOf('arm64', word) ?? '';
  return { id: key.slice(key.indexOf(' ') + 1) as Hex, value };
}

function stateOf(
  name: string,
  call: string,
  registers: readonly { readonly id: Hex; readonly value: Hex }[],
): SavedState {
  return { architecture: 'arm64', units: [{ name, rule: 'r', call, data: { kind: 'registers', registers } }] };
}

function kept(state: SavedState): readonly { readonly id: Hex; readonly value: Hex }[] {
  const [unit] = keepPromises(registry, contract, state).units;
  return unit?.data.kind === 'registers' ? unit.data.registers : [];
}

describe('state that was saved on a host which could not show what was promised', () => {
  it('has the promised bits again, and its own state', () => {
    const promised = contract.promises.find(({ word }) => word === 'reg/PMCR_EL0');
    if (promised === undefined) throw new Error('PMCR_EL0 is promised in part');
    const [pmcr] = kept(stateOf('vcpu/0/state', 'KVM_SET_ONE_REG', [register('reg/PMCR_EL0', '0x1')]));
    const value = BigInt(pmcr?.value ?? '0x0');
    expect(value & promised.mask).toBe(promised.value & promised.mask);
    expect(value & 1n).toBe(1n);
  });

  it('does not speak of the revision of the interrupt controller, which the plan sets', () => {
    const revision = stateOf('vgic-v3/revision', 'KVM_SET_DEVICE_ATTR', [{ id: '0x8', value: '0x4b00243b' }]);
    expect(kept(revision)).toEqual([]);
  });

  it('is otherwise as it was', () => {
    const own = [register('reg/TTBR0_EL1', '0x1000'), register('reg/SCTLR_EL1', '0x5')];
    expect(kept(stateOf('vcpu/0/state', 'KVM_SET_ONE_REG', own))).toEqual(own);
    const other = [{ id: '0x8', value: '0x1' }] as const;
    expect(kept(stateOf('its/tables', 'KVM_SET_DEVICE_ATTR', other))).toEqual(other);
  });
});
