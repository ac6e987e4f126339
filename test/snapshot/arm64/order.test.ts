/** The order in which an arm64 machine is restored, held against the rules that docs/ordering.md is made of. */
import { describe, expect, test } from 'vitest';
import { orderingRules } from '../../../src/arch/index.ts';
import { arm64Units } from '../../../src/snapshot/arm64/units.ts';
import { fakeMachine } from './fake-machine.ts';

const rules = new Map(orderingRules('arm64').map((rule) => [rule.id, rule]));
const { host, machine } = fakeMachine({ vcpus: 2 });
const units = arm64Units(host, machine);

describe('the units of a machine with two vCPUs, a vGICv3 and an ITS', () => {
  test('have names of their own', () => {
    expect(new Set(units.map(({ name }) => name)).size).toBe(units.length);
    expect(units.length).toBeGreaterThan(30);
  });

  test('stand in an order that no rule forbids', () => {
    for (const [index, { name, rule: id }] of units.entries()) {
      const rule = rules.get(id);
      expect(rule, `${name} names ${id}`).toBeDefined();
      const behind = units.slice(index + 1);
      for (const other of behind) {
        expect(rule?.after, `${name} before ${other.name}`).not.toContain(other.rule);
        expect(rules.get(other.rule)?.before, `${name} before ${other.name}`).not.toContain(id);
      }
    }
  });

  test('are restored by the call that their rule speaks of', () => {
    for (const { name, rule, call } of units) {
      expect(
        rules.get(rule)?.what.map((matcher) => matcher.call),
        name,
      ).toContain(call);
    }
  });

  test('cover every rule that restores state', () => {
    const state = [...rules.values()].filter(({ phase, id }) => phase === 'after' && id !== 'arm64/run');
    const covered = new Set(units.map(({ rule }) => rule));
    // Part of saving: a restore does not make the call.
    expect(state.map(({ id }) => id).filter((id) => !covered.has(id))).toEqual(['arm64/vgic-pending-tables']);
  });
});

test('a machine without an interrupt controller has none of its units', () => {
  const bare = fakeMachine({ vcpus: 1, devices: [] });
  const names = arm64Units(bare.host, bare.machine).map(({ name }) => name);
  expect(names.filter((name) => /^(vgic|its)/.test(name))).toEqual([]);
  expect(names).toContain('vcpu/0/core');
});
