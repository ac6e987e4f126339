/** Captures of real servers under the VMM that made them, against what its documents say of restoring across kernels. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../../src/arch/index.ts';
import { VMM_PROFILES } from '../../../src/arch/vmm/index.ts';
import { check, contractUnder, pin, underVmm } from '../../../src/engine/index.ts';
import { readFingerprint } from '../../../src/interop/firecracker/index.ts';
import type { Json, Level, Verdict } from '../../../src/model/index.ts';

const corpora = fileURLToPath(new URL('../../../../shared/corpora/firecracker/', import.meta.url));

function verdict(cpu: string, from: string, to: string): Verdict {
  const [a, b] = [from, to].map((kernel) => {
    // Whatever JSON.parse gives is JSON.
    const json = JSON.parse(readFileSync(`${corpora}fingerprint_${cpu}_${kernel}host.json`, 'utf8')) as Json;
    const read = readFingerprint(json);
    if (!read.ok) throw new Error(`${cpu} ${kernel}: ${read.error.message}`);
    return read.value;
  });
  const profile = VMM_PROFILES.find(({ family }) => family === 'firecracker');
  if (a === undefined || b === undefined || profile === undefined) throw new Error('nothing to compare');
  const registry = registryFor(a.architecture);
  const pinned = pin(registry, [measure(a)], { name: cpu, hosts: [from] });
  if (!pinned.ok) throw new Error(pinned.error.message);
  const contract = contractUnder(registry, profile, pinned.value);
  const destination = measure(b);
  return underVmm({ registry, profile, contract, destination, away: null }, check(registry, contract, destination));
}

const GOOD: readonly Level[] = ['same', 'selectable'];

/** Its own cross-kernel snapshot tests, and issues 4632 and 5856. */
const WORKS: readonly (readonly [cpu: string, from: string, to: string])[] = [
  ['INTEL_CASCADELAKE', '5.10', '6.1'],
  ['INTEL_ICELAKE', '5.10', '6.1'],
  ['INTEL_ICELAKE', '6.1', '6.18'],
  ['INTEL_SAPPHIRE_RAPIDS', '5.10', '6.1'],
  ['AMD_MILAN', '5.10', '6.1'],
  ['AMD_MILAN', '6.1', '6.18'],
  ['ARM_NEOVERSE_N1', '6.1', '6.18'],
];
const FAILS: readonly (readonly [cpu: string, from: string, to: string])[] = [
  ['INTEL_CASCADELAKE', '6.1', '5.10'],
  ['INTEL_ICELAKE', '6.1', '5.10'],
  ['AMD_MILAN', '6.1', '5.10'],
  ['ARM_NEOVERSE_N1', '5.10', '6.1'],
  ['ARM_NEOVERSE_V1', '5.10', '6.1'],
];

describe.skipIf(!existsSync(corpora))('documented moves (skipped where ../shared/corpora/firecracker is not)', () => {
  test.each(WORKS)('%s %s to %s is documented to work, and is not said to fail', (cpu, from, to) => {
    expect([...GOOD, 'unknown']).toContain(verdict(cpu, from, to).level);
  });

  test.each(FAILS)('%s %s to %s is documented not to work, and is not said to', (cpu, from, to) => {
    expect(GOOD).not.toContain(verdict(cpu, from, to).level);
  });
});
