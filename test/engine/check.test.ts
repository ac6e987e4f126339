/** What the rules of a verdict say of single cases; the laws are in laws.test.ts. */
import { describe, expect, test } from 'vitest';
import { check, checkReturn, pin } from '../../src/engine/index.ts';
import type {
  Contract,
  Element,
  MeasuredSurface,
  MeasuredWord,
  Registry,
  Rejection,
  Restore,
  WordLatitude,
} from '../../src/model/index.ts';
import { surfaceOf, toy, toyWithSwitches } from './toy.ts';

const REFUSED: Rejection = { how: 'refused', call: 'SET', errno: 'EINVAL' };
const EVIDENCE = '/sections/toy/restores';

function word(path: string, value: bigint, latitude: WordLatitude = { kind: 'free' }): MeasuredWord {
  const mechanism = { operation: { call: 'KVM_SET_ONE_REG', id: 0n }, until: 'any-time' } as const;
  return { path, width: 8, value, latitude, mechanism, evidence: `/sections/toy/${path}` };
}

let made = 0;
/** Each a host of its own. */
function host(words: readonly MeasuredWord[], restores: Readonly<Record<string, Restore>> = {}): MeasuredSurface {
  return surfaceOf(words, String(made++), new Map(Object.entries(restores)));
}

function pinned(registry: Registry, ...surfaces: readonly MeasuredSurface[]): Contract {
  const result = pin(registry, surfaces, { name: 'toy', hosts: [] });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const found = (registry: Registry, contract: Contract, to: MeasuredSurface, options = {}): string[] =>
  check(registry, contract, to, options).reasons.map(({ level, rule, element }) => `${level} ${rule} ${element}`);

describe('a register that the destination lacks', () => {
  test('is harmless where its promised value is the neutral one, and refused where it is another', () => {
    expect(found(toy, pinned(toy, host([word('reg/0', 0n)])), host([]))).toEqual([]);
    expect(found(toy, pinned(toy, host([word('reg/0', 1n)])), host([]))).toEqual(['refused register-missing reg/0']);
  });
});

describe('state that the destination does not offer', () => {
  const contract = pinned(toy, host([word('state/0', 0n)]));
  const tried = (outcome: Restore['outcome'], value: bigint | null = 0n): MeasuredSurface =>
    host([], { 'state/0': { value, outcome, evidence: EVIDENCE } });

  test('is refused, unless the guest has the neutral value', () => {
    expect(found(toy, contract, host([]))).toEqual(['refused state-missing state/0']);
    expect(found(toy, contract, host([]), { values: { 'state/0': 0n } })).toEqual([]);
    expect(found(toy, contract, host([]), { values: { 'state/0': 3n } })).toEqual(['refused state-missing state/0']);
  });

  test('is told with the value that would be harmless, and that an untouched guest has it', () => {
    const [reason] = check(toy, contract, host([])).reasons;
    expect(reason?.text).toContain('harmless while its value is 0x0, as it is until the guest uses it');
    const used = pinned(toy, host([word('state/0', 5n)]));
    expect(check(toy, used, host([])).reasons[0]?.text).toContain('(harmless while its value is 0x0);');
  });

  test('is unknown where only the neutral value was seen to be taken', () => {
    const [reason] = check(toy, contract, tried({ how: 'taken' })).reasons;
    expect(reason).toMatchObject({ level: 'unknown', rule: 'state-missing', evidence: { pointer: EVIDENCE } });
    expect(reason?.text).toContain('it takes 0x0, and no other value was tried');
  });

  test('is the same where another value, or any, was taken; lost where it was dropped', () => {
    expect(found(toy, contract, tried({ how: 'taken' }, 5n))).toEqual([]);
    expect(found(toy, contract, tried({ how: 'taken' }, null))).toEqual([]);
    expect(found(toy, contract, tried({ how: 'ignored', call: 'SET' }, 5n))).toEqual(['lost state-missing state/0']);
    expect(found(toy, contract, tried(REFUSED, 5n))).toEqual(['refused state-missing state/0']);
  });

  test('is judged by the bits of its value where bits were tried', () => {
    const bits = { taken: 0x0fn, dropped: 0x30n, otherwise: REFUSED };
    const there = host([], { 'state/0': { value: 0n, outcome: { how: 'taken' }, bits, evidence: EVIDENCE } });
    const at = (value: bigint): string[] => found(toy, contract, there, { values: { 'state/0': value } });
    expect(at(0x05n)).toEqual([]);
    expect(at(0x15n)).toEqual(['lost state-missing state/0']);
    expect(at(0x85n)).toEqual(['refused state-missing state/0']);
    expect(found(toy, contract, there)).toEqual(['lost state-missing state/0']);
  });

  test('takes the value that the contract holds, and the one that is said before it', () => {
    const holding: Contract = { ...contract, values: { 'state/0': 0n } };
    expect(found(toy, holding, host([]))).toEqual([]);
    expect(found(toy, holding, host([]), { values: { 'state/0': 1n } })).toEqual(['refused state-missing state/0']);
  });
});

describe('state that a feature gives', () => {
  const gated: Registry = { ...toy, gates: (path) => (path === 'state/0' ? [{ word: 'leaf/0', bits: 3n }] : []) };

  test('is harmless where the guest was promised not to have the feature', () => {
    const contract = (leaf: readonly MeasuredWord[]): Contract => pinned(gated, host([...leaf, word('state/0', 0n)]));
    const to = host([word('leaf/0', 0n)]);
    expect(found(gated, contract([word('leaf/0', 0n)]), to)).toEqual([]);
    expect(found(gated, contract([word('leaf/0', 1n)]), to)).toContain('refused state-missing state/0');
    // Nothing is promised of the feature.
    expect(found(gated, contract([]), to)).toContain('refused state-missing state/0');
  });
});

describe('a value of state that is known', () => {
  test('is held against what the destination was seen to take', () => {
    const contract = pinned(toy, host([word('state/1', 0n)]));
    const at = (latitude: WordLatitude, value: bigint): string[] =>
      found(toy, contract, host([word('state/1', 0n, latitude)]), { values: { 'state/1': value } });
    const fixed: WordLatitude = { kind: 'fixed', otherwise: { how: 'ignored', call: 'SET' } };
    expect(at(fixed, 0n)).toEqual([]);
    expect(at(fixed, 1n)).toEqual(['lost state-not-taken state/1']);
    expect(at({ kind: 'fixed', otherwise: REFUSED }, 1n)).toEqual(['refused state-not-taken state/1']);
    expect(at({ kind: 'free' }, 1n)).toEqual([]);
    // A host that lists a register takes what another saved, unless it was seen not to.
    expect(at({ kind: 'unknown', why: 'nobody tried' }, 1n)).toEqual([]);
  });
});

describe('a register that only the destination has', () => {
  const offering: Registry = {
    ...toy,
    elements: (path, width) =>
      toy.elements(path, width).map((element) => (path === 'reg/0' ? { ...element, kind: 'paravirtual' } : element)),
  };
  const contract = pinned(toy, host([]));

  test('is harmless where it is no service of a hypervisor, or offers nothing', () => {
    expect(found(toy, contract, host([word('reg/0', 3n)]))).toEqual([]);
    expect(found(offering, contract, host([word('reg/1', 3n)]))).toEqual([]);
    expect(found(offering, contract, host([word('reg/0', 0n)]))).toEqual([]);
  });

  test('is unknown where it offers a service by default, for nobody knows whether the guest had it', () => {
    expect(found(offering, contract, host([word('reg/0', 3n)]))).toEqual(['unknown destination-only reg/0']);
  });
});

describe('a switch that no call reads back', () => {
  const old = pinned(toy, host([]));

  test('is promised as a host has it by default, and as its neutral value where a host does not know it', () => {
    const contract = pinned(toyWithSwitches, host([word('switch/0', 1n)]));
    expect(contract.promises.map(({ word: path, value }) => [path, value])).toEqual([
      ['switch/0', 1n],
      ['switch/1', 1n],
    ]);
  });

  test('is unknown where the contract does not speak of it, whether the destination has it or not', () => {
    const reasons = ['unknown not-readable switch/0', 'unknown not-readable switch/1'];
    expect(found(toyWithSwitches, old, host([]))).toEqual(reasons);
    expect(found(toyWithSwitches, old, host([word('switch/0', 1n)]))).toEqual(reasons);
  });

  test('that a person set is promised also of a host that was not asked; the others stay unknown', () => {
    const areas = new Map(host([]).areas).set('switch', { name: 'switch', measured: false, evidence: 'not captured' });
    const captured = { ...host([]), areas };
    expect(found(toyWithSwitches, pinned(toyWithSwitches, captured), host([]))).toEqual([
      'unknown not-measured switch',
    ]);
    const settings = new Map([['switch/0', 2n]]);
    const said = pin(toyWithSwitches, [captured], { name: '', hosts: [], settings });
    if (!said.ok) throw new Error(said.error.message);
    expect(found(toyWithSwitches, said.value, host([word('switch/0', 1n)]))).toEqual([
      'unknown not-readable switch/1',
      'selectable settable switch/0',
    ]);
    expect(found(toyWithSwitches, said.value, host([]))).toEqual([
      'refused register-missing switch/0',
      'unknown not-readable switch/1',
    ]);
  });
});

describe('a row that says so', () => {
  const rows = (part: Partial<Element>): Registry => ({
    ...toy,
    elements: (path, width) => toy.elements(path, width).map((element) => ({ ...element, ...part })),
  });
  const fixed: WordLatitude = { kind: 'fixed', otherwise: REFUSED };
  const at = (registry: Registry, promised: bigint, shows: bigint): string[] =>
    found(registry, pinned(registry, host([word('switch/0', promised)])), host([word('switch/0', shows, fixed)]));

  test('makes a higher value harmless to a running guest, and not a lower one', () => {
    const registry = rows({ harmless: { when: 'higher', reason: 'the mitigation is not needed' } });
    expect(at(registry, 1n, 2n)).toEqual([]);
    expect(at(registry, 2n, 1n)).toEqual(['refused value-not-settable switch/0']);
    expect(at(rows({ harmless: { when: 'any', reason: 'nothing notices' } }), 2n, 1n)).toEqual([]);
  });

  test('lets numbers differ within a tolerance', () => {
    const registry = rows({ tolerance: 20_000 });
    expect(at(registry, 101n, 100n)).toEqual([]);
    expect(at(registry, 102n, 100n)).toEqual([]);
    expect(at(registry, 103n, 100n)).toEqual(['refused value-not-settable switch/0']);
  });
});

describe('fields that were tried in whole words', () => {
  const values: WordLatitude = { kind: 'values', values: [0n, 1n, 2n], otherwise: REFUSED };

  test('are refused together where only one at a time was taken', () => {
    const at = (value: bigint): string[] =>
      found(toy, pinned(toy, host([word('leaf/0', value)])), host([word('leaf/0', 3n, values)]));
    expect(at(1n)).toEqual(['selectable settable leaf/0/bit1']);
    expect(at(0n)).toEqual(['selectable settable leaf/0/bit0', 'selectable settable leaf/0/bit1']);
    const without: WordLatitude = { ...values, values: [1n, 2n] };
    expect(found(toy, pinned(toy, host([word('leaf/0', 0n)])), host([word('leaf/0', 3n, without)]))).toEqual([
      'refused feature-not-maskable leaf/0/bit0',
      'refused feature-not-maskable leaf/0/bit1',
    ]);
  });

  test('make a pool the largest machine that was tried whole', () => {
    const contract = pinned(toy, host([word('leaf/0', 3n, values)]), host([word('leaf/0', 1n)]));
    expect(contract.promises).toEqual([{ word: 'leaf/0', width: 8, value: 1n, mask: 0xffn }]);
  });
});

describe('a pool without a common machine', () => {
  test('names the element, each host, what it shows and what it can show', () => {
    const fixed: WordLatitude = { kind: 'fixed', otherwise: REFUSED };
    const hosts = [host([word('reg/1', 0x10n, fixed)]), host([word('reg/1', 0x20n, fixed)])];
    const result = pin(toy, hosts, { name: '', hosts: [], names: ['a', 'b'] });
    if (result.ok) throw new Error('there is none');
    expect(result.error.conflicts).toEqual([
      {
        element: 'reg/1/level',
        text: '0x1 (a), 0x2 (b)',
        hosts: [
          { name: 'a', shows: 1n, canShow: 'only 0x1' },
          { name: 'b', shows: 2n, canShow: 'only 0x2' },
        ],
      },
    ]);
    const without = pin(toy, hosts, { name: '', hosts: [], except: ['reg/1/level'] });
    expect(without.ok && without.value.promises).toEqual([{ word: 'reg/1', width: 8, value: 0n, mask: 0xfn }]);
  });
});

describe('the way back', () => {
  const home = host([word('leaf/0', 3n)]);
  const contract = pinned(toy, home);

  test('is refused by a register that only the host away has', () => {
    const away = host([word('leaf/0', 3n), word('reg/1', 0n)]);
    expect(check(toy, contract, away).level).toBe('same');
    const back = checkReturn(toy, contract, away, home);
    expect(back.reasons.map(({ level, element, rule }) => [level, element, rule])).toEqual([
      ['refused', 'reg/1', 'register-missing'],
    ]);
  });

  test('is free where that register has its neutral value, and for a leaf that the guest was not given', () => {
    const away = host([word('leaf/0', 3n), word('leaf/1', 255n), word('reg/0', 0n)]);
    expect(checkReturn(toy, contract, away, home).level).toBe('same');
  });
});

describe('a move between members of a pool', () => {
  const a = host([word('state/0', 0n), word('state/1', 0n)]);
  const b = host([word('state/0', 0n)]);
  const contract = pinned(toy, a, b);

  test('is judged with what the one that is left adds, where it is known which', () => {
    expect(check(toy, contract, b)).toMatchObject({ level: 'same', caveats: [expect.stringContaining('of 2 hosts')] });
    expect(found(toy, contract, b, { from: a })).toEqual(['refused state-missing state/1']);
    expect(found(toy, contract, a, { from: b })).toEqual([]);
  });
});

test('another vendor is one reason and not a comparison, and there is no way back either', () => {
  const foreign: Registry = { ...toy, incomparable: () => 'another vendor' };
  const [a, b] = [host([word('leaf/0', 1n)]), host([word('leaf/0', 2n)])];
  expect(found(foreign, pinned(toy, a), b)).toEqual(['refused incomparable host']);
  expect(checkReturn(foreign, pinned(toy, a), b, a).reasons.map(({ rule }) => rule)).toEqual(['incomparable']);
});

test('a reason has its word and what the host does with the write', () => {
  const contract = pinned(toy, host([word('leaf/0', 1n)]));
  const [reason] = check(toy, contract, host([word('leaf/0', 0n, { kind: 'fixed', otherwise: REFUSED })])).reasons;
  expect(reason).toMatchObject({ element: 'leaf/0/bit0', word: 'leaf/0', cause: REFUSED });
});
