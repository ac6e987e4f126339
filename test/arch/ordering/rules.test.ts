/** The ordering rules: consistent among themselves, complete for what registries select, and the page that shows them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { render } from '../../../scripts/generate/ordering.ts';
import { PHASES, measure, orderingRules, ruleOf } from '../../../src/arch/index.ts';
import { readDocument } from '../../../src/format/index.ts';
import { describeOperation } from '../../../src/model/index.ts';
import type { MeasuredSurface } from '../../../src/model/index.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe.each(['x86_64', 'arm64'] as const)('ordering rules of %s', (architecture) => {
  const rules = orderingRules(architecture);
  const place = new Map(rules.map(({ id }, index) => [id, index]));

  test('have ids of their own, and every id that they name exists', () => {
    expect(place.size).toBe(rules.length);
    for (const { id, after, before } of rules) {
      for (const other of [...after, ...before]) expect(place.has(other), `${id} names ${other}`).toBe(true);
    }
  });

  test('are listed in an order that obeys all of them', () => {
    for (const { id, after, before } of rules) {
      const own = place.get(id) ?? -1;
      for (const other of after) expect(place.get(other), `${id} after ${other}`).toBeLessThan(own);
      for (const other of before) expect(place.get(other), `${id} before ${other}`).toBeGreaterThan(own);
    }
  });

  test('go from phase to phase', () => {
    const phases = rules.map(({ phase }) => PHASES.indexOf(phase));
    expect(phases).toEqual(phases.toSorted((a, b) => a - b));
  });

  test('say why, and where that was read', () => {
    for (const { id, reason, source } of rules) {
      expect(reason, id).toMatch(/\.$/);
      expect(source.length, id).toBeGreaterThan(0);
    }
  });

  test('speak of every operation that a recorded surface has for a word, once', async () => {
    const surfaces = await recorded(architecture);
    expect(surfaces.length).toBeGreaterThan(0);
    const operations = new Map(
      surfaces.flatMap(({ words }) =>
        [...words.values()].flatMap(({ mechanism }) => {
          if (mechanism === null) return [];
          const { call, target } = describeOperation(mechanism.operation);
          return [[`${call} ${target}`, mechanism.operation] as const];
        }),
      ),
    );
    for (const [text, operation] of operations) {
      expect(ruleOf(architecture, operation)?.id, text).toBeDefined();
    }
  });
});

test('an attribute with a rule of its own does not fall under that of its group', () => {
  const attribute = (number: bigint) =>
    ({ call: 'KVM_SET_DEVICE_ATTR', on: 'vgic-v3', group: 1, attribute: number, bytes: 4 }) as const;
  expect(ruleOf('arm64', attribute(0x8n))?.id).toBe('arm64/vgic-revision');
  expect(ruleOf('arm64', attribute(0x80n))?.id).toBe('arm64/vgic-distributor');
});

test('docs/ordering.md is what the rules and the recorded surfaces say', () => {
  expect(readFileSync(join(ROOT, 'docs/ordering.md'), 'utf8')).toBe(render());
});

async function recorded(architecture: string): Promise<MeasuredSurface[]> {
  const directory = join(ROOT, 'surfaces', architecture);
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
  const documents = await Promise.all(files.map((file) => readDocument(join(directory, file))));
  return documents.flatMap((document) =>
    document.ok && document.value.kind === 'surface' ? [measure(document.value.surface)] : [],
  );
}
