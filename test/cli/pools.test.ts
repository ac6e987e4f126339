/** Pools, fences and VMMs on the surfaces that come with Evenkeel, whichever kernels they are of. */
import { describe, expect, test } from 'vitest';
import { VMM_PROFILES } from '../../src/arch/vmm/index.ts';
import { poolOf } from '../../src/cli/baseline.ts';
import { byRelease, upgradeOf } from '../../src/cli/fence.ts';
import type { NamedSurface } from '../../src/cli/input.ts';
import { departure, move } from '../../src/cli/move.ts';
import { pinSurfaces } from '../../src/cli/pin.ts';
import { recordedNames } from '../../src/cli/recorded.ts';
import { holds } from '../../src/engine/index.ts';
import {
  baselineSchema,
  contractText,
  fenceSchema,
  parseJson,
  readDocument,
  toDocument,
} from '../../src/format/index.ts';
import type { Contract, Level, Reason, Verdict, VmmProfile } from '../../src/model/index.ts';
import { evenkeel } from './evenkeel.ts';

interface Recorded extends NamedSurface {
  readonly cpu: string;
}

const recorded: readonly Recorded[] = await Promise.all(
  recordedNames().map(async ({ name, path, architecture, cpu }) => {
    const read = await readDocument(path);
    if (!read.ok || read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
    return { kind: 'surface', name, surface: read.value.surface, cpu: `${architecture}/${cpu}` };
  }),
);
const cpus: readonly (readonly [cpu: string, members: readonly Recorded[]])[] = [
  ...Map.groupBy(recorded, ({ cpu }) => cpu),
];

function contractOf(surface: NamedSurface, vmm?: VmmProfile): Contract {
  const pinned = pinSurfaces([surface], { vmm });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return pinned.value;
}

function verdictOf(from: NamedSurface, to: NamedSurface, vmm?: VmmProfile): Verdict {
  const leaves = departure(from, undefined, vmm);
  if (!leaves.ok) throw new Error(leaves.error.message);
  const moved = move(leaves.value, to, null, vmm);
  if (!moved.ok) throw new Error(moved.error.message);
  return moved.value.there;
}

function pair(members: readonly Recorded[]): [NamedSurface, ...NamedSurface[]] {
  const [first, ...others] = members;
  if (first === undefined) throw new Error('no surface');
  return [first, ...others];
}

const good = (level: Level): boolean => level === 'same' || level === 'selectable';

test('there are recorded surfaces', () => {
  expect(cpus.length).toBeGreaterThanOrEqual(4);
});

describe.each(cpus)('%s', (_, members) => {
  test('a pool either has a machine that each host can be given, or names hosts without which it has', () => {
    for (const first of members.keys()) {
      for (let size = 1; first + size <= members.length; size++) {
        const hosts = pair(members.slice(first, first + size));
        const pool = poolOf(hosts);
        if (!pool.ok) throw new Error(pool.error.message);
        const { found } = pool.value;
        if (found.common) {
          for (const host of hosts) {
            const moved = move({ name: 'pool', contract: found.contract, from: null }, host, null);
            expect(moved.ok && good(moved.value.there.level), host.name).toBe(true);
          }
          for (const { limits, gains } of found.groups) if (limits.length === 0) expect(gains ?? []).toEqual([]);
          continue;
        }
        expect(found.conflicts.length).toBeGreaterThan(0);
        const out = new Set(found.exclusion.names);
        const rest = hosts.filter(({ name }) => !out.has(name));
        expect(rest.length).toBeLessThan(hosts.length);
        expect(pinSurfaces(rest).ok, [...out].join(', ')).toBe(true);
      }
    }
  });

  test("what a host gains the pool by leaving is what the others' machine has more", () => {
    const pool = poolOf(pair(members));
    if (!pool.ok || !pool.value.found.common) return;
    for (const { names, gains } of pool.value.found.groups) {
      const out = new Set(names);
      const others = pinSurfaces(members.filter(({ name }) => !out.has(name)));
      if (!others.ok || gains === null) continue;
      const has = new Set(others.value.promises.map(({ word }) => word));
      for (const { element } of gains)
        expect(
          [...has].some((word) => element.startsWith(word)),
          element,
        ).toBe(true);
    }
  });

  test('the fence agrees with the moves that it is made of', () => {
    for (const home of members) {
      const contract = contractOf(home);
      const upgrade = upgradeOf(contract, members, []);
      if (!upgrade.ok) throw new Error(upgrade.error.message);
      const levels = members.map((surface) => verdictOf(home, surface).level);
      expect(upgrade.value.found.steps.map(({ there }) => there.level)).toEqual(levels);
      const first = levels.findIndex(good);
      expect(upgrade.value.found.fence).toEqual(first < 0 ? [] : [first]);
      // At home the contract holds, so that there always is a fence, no later than there.
      expect(upgrade.value.home).toContain(members.indexOf(home));
      expect(first).toBeLessThanOrEqual(members.indexOf(home));
    }
  });

  test('in order of their kernel releases they are in the order of their names', () => {
    const names = byRelease(members.toReversed()).map(({ name }) => name);
    expect(names).toEqual(members.map(({ name }) => name));
  });

  test('a VMM never makes good what KVM cannot do, but for what its guests never had or a row says it can miss', () => {
    for (const vmm of VMM_PROFILES) {
      for (const from of members) {
        for (const to of members) {
          const contract = contractOf(from);
          const leaves = { name: '', contract, from: null };
          const [bare, judged] = [move(leaves, to, null), move(leaves, to, null, vmm)];
          if (!bare.ok || !judged.ok) throw new Error('no verdict');
          const now = new Map(judged.value.there.reasons.map((reason) => [reason.element, reason]));
          for (const { element, level, rule } of bare.value.there.reasons) {
            if (good(level) || ['state-missing', 'register-missing'].includes(rule)) continue;
            expect(good(now.get(element)?.level ?? 'same'), `${vmm.name}: ${element}`).toBe(false);
          }
        }
      }
    }
  });

  test('a guest that was started under a VMM stays what it is on its own host', () => {
    for (const vmm of VMM_PROFILES) {
      for (const host of members) {
        const { reasons } = verdictOf(host, host, vmm);
        const bad = reasons.filter(({ level }) => !good(level));
        // What a VMM does not save is lost even on the way to an equal host, if the guest uses it.
        for (const { element, rule, level } of bad)
          expect([level, rule], element).toEqual(['unknown', expectRule(rule)]);
      }
    }
  });
});

function expectRule(rule: Reason['rule']): string {
  return rule === 'vmm-does-not-save' ? rule : 'vmm-unknown';
}

describe('what QEMU users reported of arm64', () => {
  const kernels = recorded.filter(({ cpu }) => cpu === 'arm64/max');
  const lists = (surface: NamedSurface, word: string): boolean => contractOf(surface).carries.includes(word);
  const profileOf = (name: string): VmmProfile => {
    const found = VMM_PROFILES.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no profile ${name}`);
    return found;
  };

  test('a register that only the source lists fails a migration under QEMU 10.0, and under 11.1 if it can be missed', () => {
    let seen = 0;
    for (const from of kernels) {
      for (const to of kernels) {
        if (!lists(from, 'reg/TCR2_EL1') || lists(to, 'reg/TCR2_EL1')) continue;
        seen++;
        const levels = ['qemu:10.0', 'qemu:11.1'].map(
          (name) =>
            verdictOf(from, to, profileOf(name)).reasons.find(({ element }) => element === 'reg/TCR2_EL1')?.level ??
            'same',
        );
        expect(levels, `${from.name} to ${to.name}`).toEqual(['refused', 'same']);
      }
    }
    expect(seen).toBeGreaterThan(0);
  });
});

describe('the documents', () => {
  const [cpu, members] = cpus[0] ?? ['', []];
  const names = members.map(({ name }) => name);

  test(`of ${cpu} are as their schemas say`, async () => {
    const pool = await evenkeel(['baseline', ...names, '-o', 'json']);
    const upgrade = await evenkeel([
      'fence',
      names[0] ?? '',
      ...names,
      '--vmm',
      'qemu:7.2',
      '--vmm',
      'qemu:10.0',
      '-o',
      'json',
    ]);
    for (const [ran, schema] of [
      [pool, baselineSchema],
      [upgrade, fenceSchema],
    ] as const) {
      expect(ran.stderr).toBe('');
      expect(schema.safeParse(JSON.parse(ran.stdout)).success).toBe(true);
    }
  });

  test('a contract under a VMM can be written and read again', () => {
    for (const member of members) {
      for (const vmm of VMM_PROFILES) {
        const contract = contractOf(member, vmm);
        const parsed = parseJson('contract', Buffer.from(contractText(contract)));
        const read = parsed.ok ? toDocument('contract', parsed.value) : parsed;
        expect(read, `${member.name} ${vmm.name}`).toEqual({ ok: true, value: { kind: 'contract', contract } });
      }
    }
  });

  test('a VMM that is not known is answered with those that are', async () => {
    const ran = await evenkeel(['migration', 'matrix', ...names.slice(0, 2), '--vmm', 'qemu:1.0']);
    expect(ran.status).toBe(2);
    for (const { name } of VMM_PROFILES) expect(ran.stderr).toContain(name);
  });

  test('an upgrade on which every step holds ends with 0, one with a fence in it with 1', async () => {
    const [first] = names;
    if (first === undefined) throw new Error('no surface');
    expect((await evenkeel(['fence', first, first])).status).toBe(0);
    const behind = members.find((member) => !holds(verdictOf(member, members[0] ?? member).level));
    if (behind === undefined) throw new Error('every kernel can take every contract');
    expect((await evenkeel(['fence', behind.name, first, behind.name])).status).not.toBe(0);
  });
});
