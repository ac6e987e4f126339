import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { agrees, kernelPairs, templateRows, toolRows } from '../../scripts/agreement/firecracker.ts';
import { CORPUS, corpusIsHere, readCaptures, readTemplates } from '../../scripts/agreement/firecracker/corpus.ts';
import type { Capture } from '../../scripts/agreement/firecracker/corpus.ts';
import { CAUSES, DOCUMENTED } from '../../scripts/agreement/firecracker/documented.ts';
import { firecrackerPage } from '../../scripts/agreement/firecracker/page.ts';
import { formatted, pagePath } from '../../scripts/agreement/markdown.ts';
import { applyTemplate } from '../../src/interop/firecracker/index.ts';

function corpus(context: TestContext): readonly Capture[] {
  if (!corpusIsHere()) context.skip(`${CORPUS} is not here`);
  return readCaptures();
}

describe("Firecracker's snapshots across kernels", () => {
  test('every documented pair gets the documented answer, or an unknown that says why', (context) => {
    const pairs = kernelPairs(corpus(context));
    const wrong = pairs.filter((pair) => !agrees(pair));
    expect(wrong.map(({ cpu, from, to, there }) => `${cpu} ${from} to ${to}: ${there.level}`)).toEqual([]);
    // Each documented pair was really checked, on at least one CPU.
    const checked = new Set(pairs.map(({ documented }) => documented));
    expect(DOCUMENTED.filter((row) => !checked.has(row))).toEqual([]);
  });

  test('what is documented to fail is never called safe, and its cause is on record', (context) => {
    const failing = kernelPairs(corpus(context)).filter(({ documented }) => documented?.answer === 'fails');
    expect(failing.length).toBeGreaterThan(0);
    expect(failing.filter(({ there }) => there.level === 'same' || there.level === 'selectable')).toEqual([]);
    const causes = failing.map(({ documented }) =>
      CAUSES.find(
        (cause) =>
          cause.architecture === documented?.architecture &&
          cause.from === documented.from &&
          cause.to === documented.to,
      ),
    );
    expect(causes.every((cause) => cause !== undefined)).toBe(true);
  });

  test("on arm64 the registers that only one kernel lists are refused by the other's KVM_SET_ONE_REG", (context) => {
    const refused = kernelPairs(corpus(context)).filter(
      ({ cpu, documented }) => cpu.startsWith('ARM') && documented?.answer === 'fails',
    );
    expect(refused.length).toBeGreaterThan(0);
    for (const { there } of refused) {
      expect(there.level).toBe('refused');
      expect(there.reasons.some(({ text }) => text.includes('KVM_SET_ONE_REG fails with ENOENT'))).toBe(true);
    }
  });

  test('a template hides what the other CPU lacks: no more features are missing with it than without', (context) => {
    const rows = templateRows(corpus(context));
    expect(rows.length).toBeGreaterThan(0);
    const missing = (reasons: readonly { readonly rule: string }[]): number =>
      reasons.filter(({ rule }) => rule === 'feature-missing').length;
    for (const { without, with: masked } of rows.flatMap(({ result }) => result)) {
      expect(missing(masked.reasons)).toBeLessThanOrEqual(missing(without.reasons));
    }
    const t2s = rows.find(
      ({ template, from, to }) => template === 'T2S' && from.cpu === 'INTEL_CASCADELAKE' && to.cpu === 'INTEL_ICELAKE',
    );
    expect(missing(t2s?.result.without.reasons ?? [])).toBeGreaterThan(0);
    expect(missing(t2s?.result.with.reasons ?? [])).toBe(0);
  });

  test('every template of theirs is read, and applies to a CPU that it is for', (context) => {
    const captures = corpus(context);
    for (const [name, template] of readTemplates()) {
      const applied = captures.map(({ surface }) => applyTemplate(surface, template));
      // What acts before a guest has registers cannot be applied to their values.
      expect(
        applied.some(({ ok }) => ok),
        name,
      ).toBe(template.features.length === 0);
    }
  });

  test('docs/agreement/firecracker.md is current', async (context) => {
    const captures = corpus(context);
    const page = await formatted(
      'firecracker.md',
      firecrackerPage(kernelPairs(captures), templateRows(captures), toolRows(captures)),
    );
    const written = readFileSync(pagePath('firecracker.md'), 'utf8');
    expect(written, 'run node scripts/agreement/firecracker.ts').toBe(page);
  });
});
