import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measure, registryFor } from '../../src/arch/index.ts';
import { pin } from '../../src/engine/index.ts';
import { contractIdentity, surfaceIdentity } from '../../src/interop/identity.ts';
import { contractKey, isLabelKey, isLabelValue } from '../../src/interop/kubevirt/index.ts';
import { CUSTOM_TRAIT, contractTrait } from '../../src/interop/openstack/index.ts';
import type { Contract } from '../../src/model/index.ts';
import { recordings } from './recorded.ts';

const [first] = await recordings('x86_64');
if (first === undefined) throw new Error('no recorded surface');
const options = { name: '', hosts: [''], names: [''], choices: {}, settings: new Map<string, bigint>(), except: [] };
const pinned = pin(registryFor('x86_64'), [measure(first.surface)], options);
if (!pinned.ok) throw new Error(pinned.error.message);
const CONTRACT: Contract = pinned.value;

test('two contracts that promise the same have one identity, whatever they are called and wherever they were pinned', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (name, host) => {
      const other = { ...CONTRACT, name, pinnedFrom: [{ fingerprint: first.surface.fingerprint, host }] };
      expect(contractIdentity(other)).toBe(contractIdentity(CONTRACT));
    }),
    { numRuns: 20 },
  );
});

test('a contract that promises one bit differently is another one', () => {
  const bits = CONTRACT.promises.flatMap(({ mask }, at) => (mask === 0n ? [] : [at]));
  fc.assert(
    fc.property(fc.constantFrom(...bits), (at) => {
      const promises = CONTRACT.promises.map((each, index) =>
        index === at ? { ...each, value: each.value ^ (each.mask & -each.mask) } : each,
      );
      expect(contractIdentity({ ...CONTRACT, promises })).not.toBe(contractIdentity(CONTRACT));
    }),
    { numRuns: 50 },
  );
  expect(contractIdentity({ ...CONTRACT, carries: CONTRACT.carries.slice(1) })).not.toBe(contractIdentity(CONTRACT));
});

test('both clusters take its name', () => {
  expect(isLabelKey(contractKey(CONTRACT))).toBe(true);
  expect(isLabelValue(surfaceIdentity(first.surface.fingerprint))).toBe(true);
  expect(contractTrait(CONTRACT)).toMatch(CUSTOM_TRAIT);
});
