/** What must hold of conformance reports over the recorded surfaces, and of their forms. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { describe, expect, test } from 'vitest';
import { findings, reports } from '../../scripts/generate/findings.ts';
import { measure } from '../../src/arch/index.ts';
import { conformJunit } from '../../src/cli/conform/junit.ts';
import { comesBetween } from '../../src/cli/conform/between.ts';
import { report } from '../../src/cli/conform/report.ts';
import type { Report } from '../../src/cli/conform/report.ts';
import type { NamedSurface } from '../../src/cli/input.ts';
import { recordedNames } from '../../src/cli/recorded.ts';
import { CLAUSES, hasNoWayBack } from '../../src/engine/index.ts';
import type { Change } from '../../src/engine/index.ts';
import type { Json } from '../../src/model/index.ts';
import { evenkeel } from './evenkeel.ts';
import { resolve } from './pointer.ts';

const byCpu = await reports();
const steps: readonly (readonly [title: string, report: Report])[] = [...byCpu.values()]
  .flat()
  .map((each) => [`${each.from.name} -> ${each.to.name}`, each]);

const raw: ReadonlyMap<string, Json> = new Map(
  recordedNames().map(({ name, path }) => [name, JSON.parse(readFileSync(path, 'utf8')) as Json]),
);

/** What the trials of a recording say a word can be set to. */
function canSet({ surface }: NamedSurface, word: string): string {
  return JSON.stringify(measure(surface).words.get(word)?.latitude, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString(16) : value,
  );
}

test('docs/findings.md is what the recorded surfaces say', async () => {
  const committed = readFileSync(join(import.meta.dirname, '../../docs/findings.md'), 'utf8');
  expect(committed).toBe(await findings());
});

test('there is a step between each two consecutive kernels', () => {
  expect(steps.length).toBe(recordedNames().length - byCpu.size);
});

describe.each(steps)('%s', (_, { from, to, conformance }) => {
  test('every change without a way back is in the raw recordings', () => {
    for (const change of conformance.changes.filter(hasNoWayBack)) expect(rawShows(change), change.element).toBe(true);
  });

  /** The two recordings differ where the change says so, or only one of them has it. */
  function rawShows({ evidence, what, word }: Change): boolean {
    const before = evidence.before === null ? undefined : resolve(raw.get(from.name), evidence.before);
    const after = evidence.after === null ? undefined : resolve(raw.get(to.name), evidence.after);
    if (what === 'appeared') return before === undefined && after !== undefined;
    if (what === 'disappeared') return before !== undefined && after === undefined;
    if (before === undefined || after === undefined) return before !== after;
    // The default is the same, and what was tried is not.
    if (what === 'narrowed') return canSet(from, word) !== canSet(to, word);
    return JSON.stringify(before) !== JSON.stringify(after);
  }

  test('clauses count what the changes say', () => {
    const counted = conformance.changes.filter(({ harmless }) => harmless === null);
    for (const { clause, answer, broken, unknown } of conformance.clauses) {
      const own = counted.flatMap(({ findings: all }) => all).filter((each) => each.clause === clause);
      expect(own.filter((each) => each.answer === 'broken').length).toBe(broken);
      expect(own.filter((each) => each.answer === 'unknown').length).toBe(unknown);
      expect(answer).toBe(broken > 0 ? 'broken' : unknown > 0 ? 'unknown' : 'kept');
    }
  });
});

test('a kernel keeps its own guests, but for what no surface shows', () => {
  for (const [, { from }] of steps) {
    const own = report(from, from);
    if (!own.ok) throw new Error(own.error.message);
    expect(own.value.conformance.changes.filter(({ what }) => what !== 'not-measured')).toEqual([]);
    expect(own.value.conformance.clauses.filter(({ answer }) => answer === 'broken')).toEqual([]);
  }
});

test('JUnit has a suite for each clause and a case for each finding, and is XML', () => {
  for (const [, each] of steps) {
    const document = new DOMParser({
      onError: (level, message) => {
        throw new Error(`${level}: ${message}`);
      },
    }).parseFromString(conformJunit(each), 'text/xml');
    const suites = [...document.getElementsByTagName('testsuite')];
    expect(suites.map((suite) => suite.getAttribute('name'))).toEqual([...CLAUSES]);
    const all = each.conformance.changes.flatMap(({ findings: own }) => own);
    expect(document.getElementsByTagName('testcase').length).toBe(all.length);
    const counted = each.conformance.changes.filter(({ harmless }) => harmless === null);
    const broken = counted.flatMap(({ findings: own }) => own).filter(({ answer }) => answer === 'broken');
    expect(document.getElementsByTagName('failure').length).toBe(broken.length);
  }
});

describe('a known change that no surface shows', () => {
  const kernels = { without: '6.12', with: '6.14' };

  test('may have come where the kernels lie on both sides of it', () => {
    expect(comesBetween(kernels, '6.12.107+deb13-amd64', '7.2.13')).toBe(true);
    expect(comesBetween(kernels, '6.1.0', '6.13.0')).toBe(true);
    expect(comesBetween(kernels, null, '7.2.13')).toBe(true);
  });

  test('has not where both are before it or both after', () => {
    expect(comesBetween(kernels, '6.1.0-50-cloud-amd64', '6.12.107')).toBe(false);
    expect(comesBetween(kernels, '6.14.2', '7.2.13')).toBe(false);
  });
});

describe('evenkeel conform', () => {
  const [from, to] = ['arm64/max/debian-6.1', 'arm64/max/debian-6.12'];

  test('ends with 1 where a clause is broken, and says so in every form', async () => {
    for (const form of ['table', 'json', 'markdown', 'junit']) {
      const run = await evenkeel(['conform', '--from', from, '--to', to, '-o', form]);
      expect(run.status).toBe(1);
      expect(run.stdout).toContain('previous-selectable');
      expect(run.stdout).toContain(`evenkeel conform --from ${from} --to ${to}`);
    }
  });

  test('shows one element and keeps the answers of the whole', async () => {
    const one = await evenkeel(['conform', '--from', from, '--to', to, '--element', 'reg/PMCR_EL0', '-o', 'json']);
    const whole = await evenkeel(['conform', '--from', from, '--to', to, '-o', 'json']);
    const parsed = [one, whole].map(
      ({ stdout }) => JSON.parse(stdout) as { clauses: unknown; changes: { word: string }[] },
    );
    expect(parsed[0]?.clauses).toEqual(parsed[1]?.clauses);
    expect(new Set(parsed[0]?.changes.map(({ word }) => word))).toEqual(new Set(['reg/PMCR_EL0']));
  });

  test('refuses two CPUs, because what differs is then not the kernel’s doing', async () => {
    const run = await evenkeel(['conform', '--from', 'x86_64/max/debian-7.2', '--to', 'x86_64/epyc-milan/debian-7.3']);
    expect(run.status).toBe(4);
    expect(run.stderr).toContain('one CPU');
  });
});
