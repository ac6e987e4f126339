import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { libvirtRows } from '../../scripts/agreement/libvirt.ts';
import { compareHost, compareQemu } from '../../scripts/agreement/libvirt/compare.ts';
import { CORPUS, corpusIsHere, readCorpus } from '../../scripts/agreement/libvirt/corpus.ts';
import type { Dump } from '../../scripts/agreement/libvirt/corpus.ts';
import { cpuMap } from '../../scripts/agreement/libvirt/cpu-map.ts';
import type { CpuMap } from '../../scripts/agreement/libvirt/cpu-map.ts';
import { differencesOf, libvirtPage, unexplained } from '../../scripts/agreement/libvirt/page.ts';
import { HOST_RULES, QEMU_GONE, QEMU_RULES, QEMU_SWITCHES } from '../../scripts/agreement/libvirt/rules.ts';
import { formatted, pagePath } from '../../scripts/agreement/markdown.ts';

function corpus(context: TestContext): readonly Dump[] {
  if (!corpusIsHere()) context.skip(`${CORPUS} is not here`);
  return readCorpus();
}

async function map(context: TestContext): Promise<CpuMap> {
  const found = await cpuMap(false);
  if (!found.ok) context.skip(found.error);
  else return found.value;
  throw new Error('skip does not return');
}

describe("libvirt's dumps of real CPUs", () => {
  test('what the dumps hold is what libvirt finds in them, but for what a rule explains', async (context) => {
    const dumps = corpus(context);
    const known = await map(context);
    const compared = dumps.map((dump) => compareHost(dump, known)).filter((one) => one !== null);
    expect(compared.length).toBe(dumps.length);
    expect(unexplained(compared)).toEqual([]);
    const used = new Set(differencesOf(compared).map(({ rule }) => rule));
    expect(HOST_RULES.filter((rule) => !used.has(rule))).toEqual([]);
  });

  test('what QEMU gives a guest of them differs only where a rule explains it, and every rule is needed', (context) => {
    const compared = corpus(context)
      .map(compareQemu)
      .filter((one) => one !== null);
    expect(compared.length).toBeGreaterThan(0);
    expect(unexplained(compared)).toEqual([]);
    const used = new Set(differencesOf(compared).map(({ rule }) => rule));
    expect(QEMU_RULES.filter((rule) => !used.has(rule)).map(({ reason }) => reason)).toEqual([]);
  });

  test('a bit that was read wrongly would be seen', async (context) => {
    const dumps = corpus(context);
    const known = await map(context);
    const dump = dumps.find(({ cpu }) => cpu === 'Xeon-Gold-6148');
    const leaf7 = dump?.words.get('cpuid/0x7:0/ebx');
    if (dump === undefined || leaf7 === undefined) throw new Error('the corpus has lost a dump');
    // Bit 5 is AVX2.
    const wrong = { ...dump, words: new Map([...dump.words, ['cpuid/0x7:0/ebx', leaf7 ^ 0x20n]]) };
    for (const compared of [compareHost(wrong, known), compareQemu(wrong)]) {
      const open = unexplained(compared === null ? [] : [compared]);
      expect(open.map(({ feature, has, says }) => [feature, has, says])).toEqual([['avx2', false, true]]);
    }
  });

  test("every property of QEMU's is a bit, an alias or a known switch, and no switch is named for nothing", async (context) => {
    const dumps = corpus(context);
    expect(libvirtRows(await map(context)).flatMap(({ strange }) => strange)).toEqual([]);
    const properties = new Set(dumps.flatMap(({ qemu }) => [...(qemu?.keys() ?? [])]));
    expect([...QEMU_SWITCHES, ...QEMU_GONE].filter((name) => !properties.has(name))).toEqual([]);
  });

  test('docs/agreement/libvirt.md is current', async (context) => {
    corpus(context);
    const known = await map(context);
    const path = pagePath('libvirt.md');
    expect(existsSync(path)).toBe(true);
    const page = await formatted('libvirt.md', libvirtPage(libvirtRows(known), known.version));
    expect(readFileSync(path, 'utf8'), 'run node scripts/agreement/libvirt.ts').toBe(page);
  });
});
