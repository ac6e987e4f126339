/**
 * Writes docs/agreement/firecracker.md: `node scripts/agreement/firecracker.ts`. Needs Firecracker's fingerprints at
 * ../shared/corpora; without them it says so and changes nothing.
 */
import { measure, registryFor } from '../../src/arch/index.ts';
import { compareFingerprints } from '../../src/interop/firecracker/compare.ts';
import { exportTemplate } from '../../src/interop/firecracker/export.ts';
import { applyTemplate, readTemplate } from '../../src/interop/firecracker/index.ts';
import { extract } from '../../src/model/index.ts';
import type { Exported, FingerprintComparison, Json, Surface, Verdict } from '../../src/model/index.ts';
import { CORPUS, corpusIsHere, move, pinned, readCaptures, readTemplates } from './firecracker/corpus.ts';
import type { Capture } from './firecracker/corpus.ts';
import { documentedAnswer } from './firecracker/documented.ts';
import type { Documented } from './firecracker/documented.ts';
import { firecrackerPage } from './firecracker/page.ts';
import { writePage } from './markdown.ts';

export interface Pair {
  readonly cpu: string;
  readonly from: string;
  readonly to: string;
  readonly documented: Documented | undefined;
  readonly there: Verdict;
  readonly back: Verdict;
}

/** Every ordered pair of kernels of the same CPU. */
export function kernelPairs(captures: readonly Capture[]): readonly Pair[] {
  return captures.flatMap((a) =>
    captures
      .filter((b) => b.cpu === a.cpu && b.kernel !== a.kernel)
      .map((b) => ({
        cpu: a.cpu,
        from: a.kernel,
        to: b.kernel,
        documented: documentedAnswer(a.surface.architecture, a.cpu, a.kernel, b.kernel),
        ...move(a.surface, b.surface),
      })),
  );
}

/** True where the verdict is the documented answer, or says that it does not know and why. */
export function agrees({ documented, there }: Pick<Pair, 'documented' | 'there'>): boolean {
  if (documented === undefined) return true;
  if (there.level === 'unknown') {
    const unknown = there.reasons.filter(({ level }) => level === 'unknown');
    return unknown.length > 0 && unknown.every(({ text }) => text !== '');
  }
  return documented.answer === 'restores'
    ? there.level === 'same' || there.level === 'selectable'
    : there.level === 'refused';
}

export interface TemplateRow {
  readonly template: string;
  readonly from: Capture;
  readonly to: Capture;
  readonly result: { readonly without: Verdict; readonly with: Verdict };
}

/** Each template on two CPUs of one vendor under 6.1, with and without it, where it can be applied to both. */
export function templateRows(captures: readonly Capture[]): readonly TemplateRow[] {
  return [...readTemplates()].flatMap(([template, modifiers]) =>
    captures.flatMap((from) =>
      captures
        .filter((to) => to.kernel === '6.1' && from.kernel === '6.1' && to.cpu !== from.cpu)
        .filter((to) => to.surface.host?.cpu.vendor === from.surface.host?.cpu.vendor)
        .flatMap((to): TemplateRow[] => {
          const [source, destination] = [applyTemplate(from.surface, modifiers), applyTemplate(to.surface, modifiers)];
          if (!source.ok || !destination.ok) return [];
          const without = move(from.surface, to.surface).there;
          return [{ template, from, to, result: { without, with: move(source.value, destination.value).there } }];
        }),
    ),
  );
}

export interface ToolRow {
  readonly cpu: string;
  readonly from: string;
  readonly to: string;
  readonly comparison: FingerprintComparison;
  /** The contract of a guest on the first, as a template over the second. */
  readonly exported: Exported;
  /** Elements that the second with that template shows as they were promised. */
  readonly asPromised: number;
}

/** What `fingerprint compare` and `contract export --firecracker` make of every ordered pair of kernels of a CPU. */
export function toolRows(captures: readonly Capture[]): readonly ToolRow[] {
  return captures.flatMap((a) =>
    captures
      .filter((b) => b.cpu === a.cpu && b.kernel !== a.kernel)
      .map((b): ToolRow => {
        const registry = registryFor(a.surface.architecture);
        const contract = pinned(a.surface);
        const base = { name: b.kernel, surface: b.surface, measured: measure(b.surface) };
        const exported = exportTemplate(registry, contract, { base, full: false, claim: false });
        if (!exported.ok) throw new Error(exported.error);
        return {
          cpu: a.cpu,
          from: a.kernel,
          to: b.kernel,
          comparison: compareFingerprints(a.surface, b.surface),
          exported: exported.value,
          asPromised: asPromised(b.surface, exported.value),
        };
      }),
  );
}

/** Elements that the base with the template shows as the export says that they are promised. */
function asPromised(base: Surface, { artefact, set, inherent, cannot }: Exported): number {
  const template = readTemplate(JSON.parse(artefact.text) as Json);
  if (!template.ok) throw new Error(`${template.error.pointer}: ${template.error.message}`);
  const applied = applyTemplate(base, template.value);
  if (!applied.ok) throw new Error(applied.error);
  const registry = registryFor(base.architecture);
  const { words } = measure(applied.value);
  return [...set, ...inherent, ...cannot].filter(({ element, word, value }) => {
    const found = words.get(word);
    const field = registry.elements(word, found?.width ?? 64).find(({ path }) => path === element);
    const shown = found?.value ?? (word.startsWith('cpuid/') ? 0n : registry.neutral(word));
    return field !== undefined && shown !== null && extract(field, shown) === value;
  }).length;
}

async function main(): Promise<void> {
  if (!corpusIsHere()) {
    console.log(`skipped: ${CORPUS} is not here`);
    return;
  }
  const captures = readCaptures();
  const pairs = kernelPairs(captures);
  console.log(
    `written: ${await writePage('firecracker.md', firecrackerPage(pairs, templateRows(captures), toolRows(captures)))}`,
  );
  for (const { cpu, from, to, documented, there } of pairs.filter((pair) => !agrees(pair))) {
    console.error(`contradicts: ${cpu} ${from} to ${to}: documented ${documented?.answer}, verdict ${there.level}`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
