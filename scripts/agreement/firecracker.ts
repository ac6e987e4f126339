/**
 * Writes docs/agreement/firecracker.md: `node scripts/agreement/firecracker.ts`. Needs Firecracker's fingerprints at
 * ../shared/corpora; without them it says so and changes nothing.
 */
import type { Verdict } from '../../src/model/index.ts';
import { applyTemplate } from '../../src/interop/firecracker/index.ts';
import { CORPUS, corpusIsHere, move, readCaptures, readTemplates } from './firecracker/corpus.ts';
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

async function main(): Promise<void> {
  if (!corpusIsHere()) {
    console.log(`skipped: ${CORPUS} is not here`);
    return;
  }
  const captures = readCaptures();
  const pairs = kernelPairs(captures);
  console.log(`written: ${await writePage('firecracker.md', firecrackerPage(pairs, templateRows(captures)))}`);
  for (const { cpu, from, to, documented, there } of pairs.filter((pair) => !agrees(pair))) {
    console.error(`contradicts: ${cpu} ${from} to ${to}: documented ${documented?.answer}, verdict ${there.level}`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
