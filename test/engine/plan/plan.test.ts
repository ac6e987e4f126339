/** Plans of recorded contracts on recorded surfaces: order, one call where one does, and what a VMM would miss. */
import { beforeAll, describe, expect, test } from 'vitest';
import { defaultChoices, measure, orderingRules, registryFor } from '../../../src/arch/index.ts';
import { pin, plan } from '../../../src/engine/index.ts';
import { planSchema } from '../../../src/format/index.ts';
import { readDocument } from '../../../src/format/index.ts';
import type { Architecture, Contract, MeasuredSurface, Plan, PlanCall } from '../../../src/model/index.ts';

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const;
const KERNELS = ['5.10', '6.1', '6.12', '7.2', '7.3'] as const;
type Kernel = (typeof KERNELS)[number];

const surfaces = new Map<string, MeasuredSurface>();
const contracts = new Map<string, Contract>();

beforeAll(async () => {
  for (const architecture of ['x86_64', 'arm64'] as const) {
    for (const kernel of KERNELS) {
      const path = new URL(`../../../surfaces/${architecture}/max/debian-${kernel}.json`, import.meta.url).pathname;
      const read = await readDocument(path);
      if (!read.ok || read.value.kind !== 'surface') throw new Error(`${path} is no surface`);
      const key = `${architecture} ${kernel}`;
      const surface = measure(read.value.surface);
      surfaces.set(key, surface);
      const choices = defaultChoices(architecture);
      const pinned = pin(registryFor(architecture), [surface], { name: key, hosts: [key], choices });
      if (!pinned.ok) throw new Error(pinned.error.message);
      contracts.set(key, pinned.value);
    }
  }
});

function planned(
  architecture: Architecture,
  from: Kernel,
  to: Kernel,
  options: { readonly hide?: boolean } = {},
): Plan {
  return plan(
    registryFor(architecture),
    contractOf(architecture, from),
    surfaceOf(architecture, to),
    options.hide === true ? { from: surfaceOf(architecture, from) } : {},
  );
}

function surfaceOf(architecture: Architecture, kernel: Kernel): MeasuredSurface {
  const surface = surfaces.get(`${architecture} ${kernel}`);
  if (surface === undefined) throw new Error(`${kernel} was not recorded`);
  return surface;
}

function contractOf(architecture: Architecture, kernel: Kernel): Contract {
  const contract = contracts.get(`${architecture} ${kernel}`);
  if (contract === undefined) throw new Error(`${kernel} was not recorded`);
  return contract;
}

function with_(contract: Contract, values: Readonly<Record<string, bigint>>): Contract {
  return {
    ...contract,
    promises: contract.promises.map((each) => ({ ...each, value: values[each.word] ?? each.value })),
  };
}

const callsOf = (made: Plan, name: PlanCall['call']): PlanCall[] =>
  made.steps.flatMap(({ call }) => (call.call === name ? [call] : []));

describe.each(['x86_64', 'arm64'] as const)('on %s', (architecture) => {
  const pairs = KERNELS.flatMap((from) => KERNELS.map((to) => [from, to] as const));

  test.each(pairs)('from %s to %s the steps stand in the order of the rules, and every word has a fate', (from, to) => {
    const made = planned(architecture, from, to);
    const order = orderingRules(architecture).map(({ id }) => id);
    const places = made.steps.map(({ rule }) => order.indexOf(rule));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    for (const { word, read, unread, step } of made.words) {
      expect(read !== null || unread !== undefined, word).toBe(true);
      if (step !== null) expect(made.steps[step], word).toBeDefined();
    }
    expect(planSchema.safeParse(made).success).toBe(true);
  });

  test('on the kernel that it was pinned from nothing is selected that the kernel does not show', () => {
    for (const kernel of KERNELS) {
      const selected = planned(architecture, kernel, kernel).steps.flatMap(({ selects }) => selects);
      expect(selected, kernel).toEqual([]);
    }
  });
});

describe('one call where one call does it', () => {
  test('the whole CPUID table, without what the contract does not have', () => {
    const made = planned('x86_64', '5.10', '7.2');
    const [call, ...others] = callsOf(made, 'KVM_SET_CPUID2');
    expect(others).toEqual([]);
    expect(call).toMatchObject({ call: 'KVM_SET_CPUID2' });
    if (call?.call !== 'KVM_SET_CPUID2') return;
    const contract = contractOf('x86_64', '5.10');
    for (const { word, value, mask } of contract.promises) {
      const match = /^cpuid\/0x([0-9a-f]+):([0-9a-f]+)\/(e[abcd]x)$/.exec(word);
      if (match === null) continue;
      const [, leaf = '', subleaf = '', register = ''] = match;
      const entry = call.entries.find(
        (each) => each.function === parseInt(leaf, 16) && each.index === parseInt(subleaf, 16),
      );
      const at = REGISTERS.find((name) => name === register);
      const set = entry === undefined || at === undefined ? 0n : BigInt(entry[at]);
      expect(set & mask, word).toBe(value & mask);
    }
  });

  test('all quirks of a mask, and no call where none is disabled', () => {
    const contract = contractOf('x86_64', '7.2');
    const registry = registryFor('x86_64');
    expect(callsOf(planned('x86_64', '7.2', '7.2'), 'KVM_ENABLE_CAP')).toEqual([]);
    const disabled = with_(contract, { 'quirk/LINT0_REENABLED': 0n, 'quirk/SLOT_ZAP_ALL': 0n });
    const made = plan(registry, disabled, surfaceOf('x86_64', '7.2'));
    expect(callsOf(made, 'KVM_ENABLE_CAP')).toEqual([
      { call: 'KVM_ENABLE_CAP', on: 'vm', capability: 'KVM_CAP_DISABLE_QUIRKS2', args: ['0x81', '0x0', '0x0', '0x0'] },
    ]);
    const word = made.words.find((each) => each.word === 'quirk/LINT0_REENABLED');
    expect(word).toMatchObject({ read: null, unread: 'none' });
    const step = made.steps.find(({ call }) => call.call === 'KVM_ENABLE_CAP');
    expect(step?.phase).toBe('vm-created');
  });
});

describe('MSRs of another kernel', () => {
  test('those that the destination gained are hidden, once it is known where the guest comes from', () => {
    expect(callsOf(planned('x86_64', '6.1', '7.2'), 'KVM_X86_SET_MSR_FILTER')).toEqual([]);
    expect(planned('x86_64', '6.1', '7.2').notes.join()).toContain('--from');
    const [filter] = callsOf(planned('x86_64', '6.1', '7.2', { hide: true }), 'KVM_X86_SET_MSR_FILTER');
    // HV_X64_MSR_TSC_INVARIANT_CONTROL came in 6.2.
    const denied = filter?.call === 'KVM_X86_SET_MSR_FILTER' ? filter.deny : [];
    expect(denied).toContainEqual({ base: 0x4000_0118, count: 1 });
  });

  test('nothing that the contract carries is hidden', () => {
    for (const from of KERNELS) {
      for (const to of KERNELS) {
        const carried = new Set(contractOf('x86_64', from).carries);
        const made = planned('x86_64', from, to, { hide: true });
        const note = made.notes.find((text) => text.startsWith('hidden')) ?? '';
        for (const word of note.match(/msr\/\w+/g) ?? []) expect(carried.has(word), `${from} ${to}`).toBe(false);
      }
    }
  });
});

describe('filters of which a word says only that they are there', () => {
  const registry = registryFor('x86_64');
  const on = (): MeasuredSurface => surfaceOf('x86_64', '7.2');
  const filtered = (choices: Contract['choices']): Contract => ({
    ...with_(contractOf('x86_64', '7.2'), { 'switch/PMU_EVENT_FILTER': 1n }),
    choices,
  });

  test('are planned with the contents that the contract gives', () => {
    const made = plan(registry, filtered({ 'pmu-event-filter': 'deny:0x3c,0xc0' }), on());
    expect(callsOf(made, 'KVM_SET_PMU_EVENT_FILTER')).toEqual([
      { call: 'KVM_SET_PMU_EVENT_FILTER', action: 'deny', events: ['0x3c', '0xc0'] },
    ]);
  });

  test('and without contents are said to be unplanned', () => {
    const made = plan(registry, filtered({}), on());
    expect(callsOf(made, 'KVM_SET_PMU_EVENT_FILTER')).toEqual([]);
    expect(made.notes.join()).toContain('does not say what is in it');
    expect(made.words.find(({ word }) => word === 'switch/PMU_EVENT_FILTER')).toHaveProperty('unplanned');
  });
});

describe('an arm64 machine', () => {
  test.each([
    ['arm64/vgic', 'arm64/vgic-addresses'],
    ['arm64/vgic-addresses', 'arm64/vgic-init'],
    ['arm64/vcpu-init', 'arm64/finalize'],
    ['arm64/finalize', 'arm64/id-registers'],
    ['arm64/vgic-init', 'arm64/vgic-revision'],
  ])('has %s done before %s', (earlier, later) => {
    const rules = planned('arm64', '5.10', '6.12').steps.map(({ rule }) => rule);
    expect(rules).toContain(earlier);
    expect(rules).toContain(later);
    expect(rules.lastIndexOf(earlier)).toBeLessThan(rules.indexOf(later));
  });

  test('is not written a register that the destination has not, where its value means "unused"', () => {
    const destination = surfaceOf('arm64', '6.1');
    const promised = new Set(contractOf('arm64', '7.2').promises.map(({ word }) => word));
    const unused = planned('arm64', '7.2', '6.1').words.filter(
      ({ word, neutral, value, mask }) =>
        promised.has(word) &&
        !destination.words.has(word) &&
        neutral !== undefined &&
        ((BigInt(neutral) ^ BigInt(value)) & BigInt(mask)) === 0n,
    );
    expect(unused.length).toBeGreaterThan(0);
    for (const { word, step } of unused) expect(step, word).toBeNull();
  });
});
