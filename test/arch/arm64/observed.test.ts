/** Sections as a guest on debian:5.10 and debian:7.3, cpu neoverse-n1, wrote them, shortened to the rows in question. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { selectedText, showsNoDifference } from '../../../src/arch/behaviour.ts';
import { measure, observationRulesFor, observationsOf, registryFor } from '../../../src/arch/index.ts';
import type { ObservedSection } from '../../../src/arch/arm64/index.ts';
import { sysregId } from '../../../src/arch/arm64/ids.ts';
import { behaviourTest, BEHAVIOURS } from '../../../src/arch/arm64/tables/behaviours.ts';
import { OBSERVED_REGISTERS } from '../../../src/arch/arm64/tables/observed-registers.ts';
import { check, observedAgainstDeclared, pin, plan } from '../../../src/engine/index.ts';
import { hex } from '../../../src/model/index.ts';
import type { BehaviourResult, ElementPath, Surface } from '../../../src/model/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const registry = registryFor('arm64');
const CTR = hex(sysregId(0xd801));
const PMMIR = hex(sysregId(0xc4f6));
const CNTFRQ = hex(sysregId(0xdf00));
const PMCEID0 = hex(sysregId(0xdce6));
const GMID = hex(sysregId(0xc804));

/** Without what a newer recording has: the sections of this test alone speak of guests. */
function recorded(release: string): Surface {
  const [name] = globSync(`surfaces/arm64/neoverse-n1/debian-${release}.json`, { cwd: ROOT });
  if (name === undefined) throw new Error(`debian:${release} was not recorded on neoverse-n1`);
  // Files of this repository, which the tests of format/ hold against the schema.
  const surface = JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as Surface;
  const { observed: _, behaviour: __, ...sections } = surface.sections;
  return { ...surface, sections };
}

function guestOf(
  surface: Surface,
  registers: ObservedSection['registers'],
  calls: ObservedSection['calls'] = [],
): Surface {
  const data = {
    vcpu: 'all',
    gic: 'v3+its',
    ended: {},
    registers,
    frames: [],
    writable: [],
    calls,
    vectorLengths: 'undefined',
    counters: { advance: 'both', rate: 'same' },
  } satisfies ObservedSection;
  return { ...surface, sections: { ...surface.sections, observed: { outcome: 'measured', data } } };
}

function trying(surface: Surface, rows: readonly BehaviourResult[]): Surface {
  return { ...surface, sections: { ...surface.sections, behaviour: { outcome: 'measured', data: { rows } } } };
}

const contractOf = (surface: Surface) => {
  const pinned = pin(registry, [measure(surface)], { name: 'a', hosts: ['a'] });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return pinned.value;
};

/** Levels of a move, of the elements that are not the same. */
function move(from: Surface, to: Surface): Readonly<Record<ElementPath, string>> {
  const { reasons } = check(registry, contractOf(from), measure(to));
  return Object.fromEntries(reasons.map(({ element, level }) => [element, level]));
}

/** Findings, and differences that a rule explains. */
function differences(surface: Surface): (readonly [ElementPath, string | null])[] {
  return observedAgainstDeclared(registry, observationsOf(surface), observationRulesFor('arm64')).map(
    ({ element, explained }) => [element, explained?.rule ?? null],
  );
}

describe('what a guest reads', () => {
  it('is the truth: CTR_EL0 on 5.10 has IDC clear, which KVM_GET_ONE_REG gives as set', () => {
    const surface = guestOf(recorded('5.10'), [[CTR, '0x8444c004']]);
    expect(differences(surface)).toEqual([['reg/CTR_EL0/IDC', null]]);
    const word = measure(surface).words.get('reg/CTR_EL0');
    const taken = { values: [0x9444_c004n], rejection: { how: 'ignored', call: 'KVM_SET_ONE_REG' } };
    expect(word).toMatchObject({
      value: 0x8444_c004n,
      latitude: { kind: 'values', values: [0x8444_c004n], rejections: [taken] },
    });
    expect(word?.misread).toContain('0x9444c004');
    expect(word?.evidence).toBe('/sections/observed/data/registers/0/1');
  });

  it('that no ioctl reads is not read back from a plan, and not written where it is as promised', () => {
    const surface = guestOf(recorded('5.10'), [[CTR, '0x8444c004']]);
    const made = plan(registry, contractOf(surface), measure(surface));
    expect(made.words.find(({ word }) => word === 'reg/CTR_EL0')).toMatchObject({ step: null, read: null });
  });

  it('as an undefined instruction where the CPU has no such register is explained, and listed is the register all the same', () => {
    expect(differences(guestOf(recorded('7.3'), [[PMMIR, 'undefined']]))).toEqual([
      ['reg/PMMIR_EL1', 'not-of-this-cpu'],
    ]);
  });

  it('becomes a word where KVM lists nothing: another frequency of the counters is silent', () => {
    const slow = guestOf(recorded('6.12'), [[CNTFRQ, '0x3b9aca0']]);
    const fast = guestOf(recorded('6.12'), [[CNTFRQ, '0x3b9aca00']]);
    expect(measure(slow).words.get('reg/CNTFRQ_EL0')?.value).toBe(62_500_000n);
    expect(move(slow, fast)['reg/CNTFRQ_EL0']).toBe('silent');
    expect(move(slow, slow)).toEqual({});
  });

  it('of events: one that is gone is silent, one more hurts no guest', () => {
    const fewer = guestOf(recorded('6.12'), [[PMCEID0, '0x20001']]);
    const more = guestOf(recorded('6.12'), [[PMCEID0, '0x40020001']]);
    expect(move(more, fewer)).toEqual({ 'reg/PMCEID0_EL0/CHAIN': 'silent' });
    expect(move(fewer, more)).toEqual({});
  });

  it('of a register that is not there is no word, and a promise of zero is kept there', () => {
    const there = guestOf(recorded('6.12'), [[GMID, '0x0']]);
    const gone = guestOf(recorded('6.12'), [[GMID, 'trapped']]);
    expect(measure(gone).words.has('reg/GMID_EL1')).toBe(false);
    expect(move(there, gone)).toEqual({});
    const sized = guestOf(recorded('6.12'), [[GMID, '0x4']]);
    expect(move(sized, gone)['reg/GMID_EL1']).toBe('lost');
  });

  it('is unknown of a host that was recorded before guests looked', () => {
    expect(move(guestOf(recorded('6.12'), [[CNTFRQ, '0x3b9aca0']]), recorded('6.12'))).toEqual({ observed: 'unknown' });
    expect(move(recorded('6.12'), guestOf(recorded('6.12'), [[CNTFRQ, '0x3b9aca0']]))).toEqual({});
  });

  it('of calls is held against the firmware registers', () => {
    const answering = (version: string) =>
      guestOf(
        recorded('7.3'),
        [],
        [
          ['PSCI_VERSION', '', version],
          ['ARCH_FEATURES', 'ARCH_WORKAROUND_1', '0x1'],
          ['VENDOR_FEATURES', '', '0x3'],
        ],
      );
    expect(differences(answering('0x10003'))).toEqual([]);
    expect(differences(answering('0x10001'))).toEqual([['reg/KVM_REG_ARM_PSCI_VERSION', null]]);
  });
});

describe('behaviour', () => {
  const lpis = (outcome: string): BehaviourResult => ({ id: 'gic/lpis-off', outcome, with: [] });
  const filter = (outcome: string, filtered: string | null): BehaviourResult => ({
    id: 'smccc/filter',
    outcome,
    with: [{ selected: 'switch/SMCCC_FILTER=1', outcome: filtered }],
  });

  it('that nothing selects is promised, and another on the destination is silent', () => {
    const move_ = move(trying(recorded('6.12'), [lpis('goes-off')]), trying(recorded('6.12'), [lpis('stays-on')]));
    expect(move_).toEqual({ 'behaviour/gic/lpis-off': 'silent' });
  });

  it('that follows from a switch is no promise of its own', () => {
    const from = trying(recorded('6.12'), [filter('offered', 'not-supported')]);
    expect(move(from, trying(recorded('6.12'), [filter('not-supported', null)]))).toEqual({});
    expect(measure(from).words.get('behaviour/smccc/filter')).toMatchObject({
      value: 1n,
      latitude: { kind: 'values', values: [1n, 0n] },
    });
  });

  it('in which a setting changes nothing although it is said to is told', () => {
    const row = behaviourTest('behaviour/smccc/filter');
    if (row === undefined) throw new Error('no such row');
    expect(showsNoDifference(row, filter('offered', 'offered'))).toBe(true);
    expect(showsNoDifference(row, filter('offered', 'not-supported'))).toBe(false);
  });
});

describe('the tables of what guests look at', () => {
  it('number the outcomes of a test apart, and name them once', () => {
    for (const { id, outcomes, counts } of BEHAVIOURS) {
      expect(new Set(outcomes.map(({ value }) => value)).size, id).toBe(outcomes.length);
      expect(new Set(outcomes.map(({ name }) => name)).size, id).toBe(outcomes.length);
      expect(counts === undefined, id).toBe(outcomes.length > 0);
    }
    expect(new Set(BEHAVIOURS.map(({ id }) => id)).size).toBe(BEHAVIOURS.length);
  });

  it('name outcomes that there are where documents promise one', () => {
    for (const { id, outcomes, counts, settings, usual } of BEHAVIOURS) {
      const promised = [usual, ...settings.map(({ outcome }) => outcome)].filter((name) => name !== undefined);
      for (const name of promised) {
        const known = counts === undefined ? outcomes.some((outcome) => outcome.name === name) : /^\d+$/.test(name);
        expect(known, `${id}: ${name}`).toBe(true);
      }
      expect(new Set(settings.map(selectedText)).size, id).toBe(settings.length);
    }
  });

  it('cover every bit of a register once', () => {
    for (const { name } of OBSERVED_REGISTERS) {
      const mask = registry
        .elements(`reg/${name}`, 64)
        .map(({ shift, width }) => ((1n << BigInt(width)) - 1n) << BigInt(shift))
        .reduce((all, own) => {
          expect(all & own, name).toBe(0n);
          return all | own;
        }, 0n);
      expect(mask, name).toBe((1n << 64n) - 1n);
    }
  });
});
