import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { orderingRules } from '../../../src/arch/ordering/index.ts';
import type { OrderTrial, OrderingSection, Section, Surface } from '../../../src/model/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const surfaces = globSync('surfaces/{arm64,x86_64}/*/*.json', { cwd: ROOT }).map((name) => ({
  name,
  // Files of this repository, which the tests of format/ hold against the schema.
  surface: JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as Surface,
}));

function trialsOf(surface: Surface): readonly OrderTrial[] {
  // The probe's step writes exactly this.
  const section = surface.sections['ordering'] as Section<OrderingSection> | undefined;
  if (section?.outcome !== 'measured') throw new Error('the order of calls was not recorded');
  return section.data.trials;
}

/** How a rule's table says an outcome: a call that succeeds is `accepted` whether or not it had an effect. */
function spoken({ outcome }: OrderTrial): string {
  return ['taken', 'ignored', 'changed'].includes(outcome) || outcome.startsWith('the second') ? 'accepted' : outcome;
}

test('there are recordings of both architectures', () => {
  expect(new Set(surfaces.map(({ surface }) => surface.architecture)).size).toBe(2);
});

describe.each(surfaces)('$name', ({ surface }) => {
  const rules = new Map(orderingRules(surface.architecture).map((rule) => [rule.id, rule]));
  const trials = trialsOf(surface);

  test('its guest ran, so that what KVM_RUN freezes was tried', () => {
    expect(trials.some(({ calls }) => calls[0] === 'KVM_RUN')).toBe(true);
  });

  test('each trial is of a rule', () => {
    expect(trials.filter(({ id }) => !rules.has(id))).toEqual([]);
  });

  test('each errno is one that the rule names for another order', () => {
    const strangers = trials.filter((trial) => {
      const outcome = spoken(trial);
      return outcome.startsWith('E') && !rules.get(trial.id)?.violated.some((row) => row.outcome === outcome);
    });
    expect(strangers).toEqual([]);
  });
});
