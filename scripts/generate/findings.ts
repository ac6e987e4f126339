/**
 * docs/findings.md: what the recorded kernels changed for their guests, step by step, and which changes have no way back.
 * `node scripts/generate/findings.ts`; a test holds the committed file against the recorded surfaces.
 */
import { join } from 'node:path';
import { conformMarkdown } from '../../src/cli/conform/markdown.ts';
import { report } from '../../src/cli/conform/report.ts';
import type { Report } from '../../src/cli/conform/report.ts';
import { recordedNames } from '../../src/cli/recorded.ts';
import type { NamedSurface } from '../../src/cli/input.ts';
import { CLAUSES, hasNoWayBack } from '../../src/engine/index.ts';
import { readDocument, writeWhole } from '../../src/format/index.ts';

const INTRODUCTION = `# Findings

What the recorded kernels change for guests, from one to the next on the same CPU, held against what KVM promises. This
page is generated from the surfaces in \`surfaces/\` by \`node scripts/generate/findings.ts\`; a test regenerates it and looks
each change without a way back up in the raw recordings. Where a known change of KVM
shows in no surface, the answer is \`unknown\`.

The clauses: \`evenkeel conform --help\`. "Without a way back": a guest of the kernel before cannot be shown what it was
promised, cannot be restored, or cannot return. CPUs are emulated (QEMU's \`max\`, \`EPYC-Milan\`, \`neoverse-n1\`): what depends on
hardware that QEMU does not emulate is not here. All answers are taken from surfaces; no restore was done for them.

`;

/** Consecutive kernels of every recorded CPU, in the order of their releases. */
export async function reports(): Promise<ReadonlyMap<string, readonly Report[]>> {
  const byCpu = Map.groupBy(recordedNames(), ({ architecture, cpu }) => `${architecture}/${cpu}`);
  const found = new Map<string, readonly Report[]>();
  for (const [cpu, names] of byCpu) {
    const surfaces: NamedSurface[] = [];
    for (const { name, path } of names) surfaces.push(await load(name, path));
    found.set(
      cpu,
      surfaces.slice(1).map((to, index) => {
        const from = surfaces[index];
        const made = from === undefined ? null : report(from, to);
        if (made?.ok !== true) throw new Error(`${to.name}: ${made?.error.message ?? 'nothing to compare with'}`);
        return made.value;
      }),
    );
  }
  return found;
}

async function load(name: string, path: string): Promise<NamedSurface> {
  const read = await readDocument(path);
  if (!read.ok) throw new Error(read.error.message);
  if (read.value.kind !== 'surface') throw new Error(`${path} is no surface`);
  return { kind: 'surface', name, surface: read.value.surface };
}

export async function findings(): Promise<string> {
  const byCpu = await reports();
  const parts = [...byCpu].flatMap(([cpu, all]) => [
    `## ${cpu}\n\n`,
    ...all.map((each) => conformMarkdown(each, { depth: 3, counted: ['Kept'] })),
  ]);
  return `${INTRODUCTION}${overview(byCpu)}${parts.join('')}`.trimEnd() + '\n';
}

function overview(byCpu: ReadonlyMap<string, readonly Report[]>): string {
  const head = ['CPU', 'from', 'to', 'changes', 'no way back', ...CLAUSES.map((clause) => `\`${clause}\``)];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const rows = [...byCpu].flatMap(([cpu, all]) =>
    all.map(({ from, to, conformance: { changes, clauses } }) => {
      const counted = changes.filter(({ harmless }) => harmless === null);
      return [
        cpu,
        kernel(from),
        kernel(to),
        String(counted.length),
        String(counted.filter(hasNoWayBack).length),
        ...clauses.map(({ answer }) => answer),
      ];
    }),
  );
  return `## All steps\n\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}\n`;
}

function kernel({ surface, name }: NamedSurface): string {
  return surface.host?.kernelRelease ?? name;
}

if (import.meta.main) {
  const written = writeWhole(join(import.meta.dirname, '../../docs/findings.md'), await findings());
  if (!written.ok) throw new Error(written.error.message);
}
