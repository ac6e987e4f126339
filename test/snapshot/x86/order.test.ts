/** The orders in which an x86 machine is saved and restored, held against the rules that docs/ordering.md is made of. */
import { describe, expect, test } from 'vitest';
import { orderingRules } from '../../../src/arch/index.ts';
import { saveX86State } from '../../../src/snapshot/x86/index.ts';
import { fakeMachine, valueOf } from './fake-machine.ts';

/** What the counters take: all of them at once, then TSC and TSC_ADJUST each. */
const TSC_READS = 3;

const rules = new Map(orderingRules('x86_64').map((rule) => [rule.id, rule]));

/** Everything that there can be: two vCPUs, one of them in SMM, every capability, PIC, IOAPIC and PIT in the kernel. */
const from = fakeMachine({
  vcpus: 2,
  msrs: new Map([0x10, 0x3b, 0x6e0, 0x277].map((index) => [index, 1n])),
  listed: [0x10, 0x277],
});
const events = new Uint8Array(64);
events[24] = 1;
from.structs.set('vcpu1 VCPU_EVENTS', events);
const { units } = valueOf(saveX86State(from.host, from.machine));

describe('the units of a machine with two vCPUs', () => {
  test('have names of their own', () => {
    expect(new Set(units.map(({ name }) => name)).size).toBe(units.length);
    expect(units.length).toBeGreaterThan(30);
  });

  test('stand in an order that no rule forbids', () => {
    for (const [index, { name, rule: id }] of units.entries()) {
      const rule = rules.get(id);
      expect(rule, `${name} names ${id}`).toBeDefined();
      for (const other of units.slice(index + 1)) {
        expect(rule?.after, `${name} before ${other.name}`).not.toContain(other.rule);
        expect(rules.get(other.rule)?.before, `${name} before ${other.name}`).not.toContain(id);
      }
    }
  });

  test('are restored by a call that their rule speaks of', () => {
    for (const { name, rule, call } of units) {
      const spoken = rules.get(rule)?.what.map((matcher) => matcher.call);
      expect(spoken, name).toContain(call);
    }
  });

  test('cover every rule that restores state', () => {
    const covered = new Set(units.map(({ rule }) => rule));
    const state = [...rules.values()].filter(({ phase, id }) => phase === 'after' && id !== 'x86/run');
    const uncovered = state.map(({ id }) => id).filter((id) => !covered.has(id));
    // The fake's vCPUs have no shadow stack, which is all that KVM_SET_ONE_REG is for.
    expect(uncovered).toEqual(['x86/registers']);
  });

  test('are those of the vCPU in SMM once more before its nested state', () => {
    expect(units.filter(({ rule }) => rule === 'x86/smm').map(({ name }) => name)).toEqual(['vcpu/1/smm']);
  });
});

describe('reading', () => {
  const first = (call: string): number => from.calls.indexOf(call);
  const last = (call: string): number => from.calls.lastIndexOf(call);

  test('takes INIT and SIPI of every vCPU before anything else is read of one', () => {
    const others = ['KVM_GET_REGS', 'KVM_GET_SREGS2', 'KVM_GET_VCPU_EVENTS', 'KVM_GET_MSRS'];
    for (const vcpu of ['vcpu0', 'vcpu1']) {
      for (const call of others) expect(first(`${vcpu} ${call}`)).toBeGreaterThan(last('vcpu1 KVM_GET_MP_STATE'));
    }
  });

  test('has the payload of a pending exception delivered before DR6 and CR2 are read', () => {
    for (const vcpu of ['vcpu0', 'vcpu1']) {
      const delivered = first(`${vcpu} KVM_GET_VCPU_EVENTS`);
      expect(delivered).toBeLessThan(first(`${vcpu} KVM_GET_DEBUGREGS`));
      expect(delivered).toBeLessThan(first(`${vcpu} KVM_GET_SREGS2`));
    }
  });

  test('has what a timer fires from before what its interrupt goes to', () => {
    expect(last('vm KVM_GET_PIT2')).toBeLessThan(last('vm KVM_GET_IRQCHIP'));
    // The fake counts each KVM_GET_MSRS alike; the deadline is the last but the counters.
    const reads = from.calls.map((call, at) => ({ call, at })).filter(({ call }) => call === 'vcpu0 KVM_GET_MSRS');
    const lapic = last('vcpu0 KVM_GET_LAPIC');
    expect(reads.filter(({ at }) => at > lapic)).toHaveLength(TSC_READS);
    expect(last('vm KVM_GET_IRQCHIP')).toBeLessThan(lapic);
  });

  test('changes nothing', () => {
    expect(from.calls.filter((call) => call.includes(' KVM_SET_'))).toEqual([]);
  });
});
