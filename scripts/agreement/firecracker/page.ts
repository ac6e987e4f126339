/** docs/agreement/firecracker.md. */
import type { Level, Reason, Verdict } from '../../../src/model/index.ts';
import type { Pair, TemplateRow, ToolRow } from '../firecracker.ts';
import { listed, table } from '../markdown.ts';
import { CAUSES, DOCUMENTED } from './documented.ts';

const SHOWN = 3;

export function firecrackerPage(
  pairs: readonly Pair[],
  templates: readonly TemplateRow[],
  tools: readonly ToolRow[],
): string {
  const documented = pairs.filter((pair) => pair.documented !== undefined);
  const exact = documented.filter(({ there }) => there.level !== 'unknown');
  return [
    "# Agreement with Firecracker's cross-kernel snapshots",
    '',
    "Written by `node scripts/agreement/firecracker.ts`; do not edit by hand. Firecracker's repository holds what its guests",
    'are configured with on real servers, by CPU and host kernel (`cpu-template-helper fingerprint dump`), and its project',
    'says which snapshots load across kernels. Evenkeel reads two fingerprints of one CPU as surfaces, pins what a guest on',
    'the first gets, and checks it on the second.',
    '',
    `Of ${pairs.length} ordered pairs ${documented.length} are documented. For ${exact.length} of those the verdict is the documented answer; for the other ${documented.length - exact.length} it is`,
    '`unknown` and says why: a fingerprint holds CPUID and MSRs, or the registers that KVM lists, and neither the state of',
    'VM and interrupt controllers nor what the host can be made to show. No verdict contradicts what is documented.',
    '',
    '## Pairs',
    '',
    table(
      ['CPU', 'from', 'to', 'documented', 'verdict', 'why', 'and back home'],
      pairs.map(({ cpu, from, to, documented: said, there, back }) => [
        cpu,
        from,
        to,
        said?.answer ?? 'not documented',
        there.level,
        why(there),
        back.level,
      ]),
    ),
    '',
    'The last column is of a guest that was started on the first kernel, moved to the second, and returns.',
    '',
    '## What is documented, and where',
    '',
    table(
      ['architecture', 'from', 'to', 'answer', 'source'],
      DOCUMENTED.map(({ architecture, from, to, answer, source }) => [architecture, from, to, answer, source]),
    ),
    '',
    '## Why what fails does fail',
    '',
    'Read in the sources of Firecracker and Linux; Firecracker itself was not run.',
    '',
    ...CAUSES.flatMap(({ architecture, from, to, text, source }) => [
      `- **${architecture}, ${from} to ${to}**: ${text}. Source: ${source}.`,
    ]),
    '',
    '## Fingerprints compared',
    '',
    'What `evenkeel fingerprint compare` makes of the same pairs: how many differences, and under firecracker:1.16 the worst',
    "of them for guests of the first on the second and the other way round. Firecracker's own command says of each of these",
    'pairs that it differs, and no more. A test holds both against the same files: exactly the registers whose digits differ',
    'are told.',
    '',
    table(
      ['CPU', 'prev', 'curr', 'of the host', 'of the guest CPU', 'there', 'back'],
      tools.map(({ cpu, from, to, comparison }) => [
        cpu,
        from,
        to,
        String(comparison.fields.length),
        String(comparison.elements.length),
        comparison.there,
        comparison.back,
      ]),
    ),
    '',
    '## Templates exported',
    '',
    'The contract of a guest on the first kernel, as the smallest template over the fingerprint of the second. Applied to that',
    'fingerprint it gives what the contract promises, but for the elements that are listed as out of reach: features that',
    'guests do not have there, leaves and registers that the other kernel does not list.',
    '',
    table(
      [
        'CPU',
        'contract of',
        'over',
        'registers that it names',
        'of promised elements',
        'as promised',
        'said to be out of reach',
      ],
      tools.map(({ cpu, from, to, exported, asPromised }) => [
        cpu,
        from,
        to,
        String(new Set(exported.set.map(({ by }) => by)).size),
        String(exported.set.length + exported.inherent.length + exported.cannot.length),
        String(asPromised),
        String(exported.cannot.length),
      ]),
    ),
    '',
    '## CPU templates',
    '',
    'Firecracker hides differences between CPUs by templates. The same template applied to the fingerprints of two CPUs under',
    'kernel 6.1, and the move between them without and with it: how many elements are not as they were promised. Only pairs',
    'of one vendor to whose fingerprints the template can be applied.',
    '',
    table(
      ['template', 'from', 'to', 'features that are missing', 'with it', 'other differences', 'with it'],
      templates.map(({ template, from, to, result }) => [
        template,
        from.cpu,
        to.cpu,
        count(result.without, true),
        count(result.with, true),
        count(result.without, false),
        count(result.with, false),
      ]),
    ),
    '',
  ].join('\n');
}

const SILENT_LEVELS: readonly Level[] = ['same', 'selectable'];

/** The reasons that make the level, grouped by rule: how many, and the first few. */
function why({ level, reasons }: Verdict): string {
  const groups = Map.groupBy(
    reasons.filter((reason) => reason.level === level && !SILENT_LEVELS.includes(reason.level)),
    ({ rule }) => rule,
  );
  return [...groups].map(([rule, members]) => `${rule}: ${named(members)}`).join('; ');
}

function named(members: readonly Reason[]): string {
  return listed(
    members.map(({ element }) => `\`${element}\``),
    SHOWN,
  );
}

function count({ reasons }: Verdict, missing: boolean): number {
  return reasons.filter(
    ({ rule, level }) => rule !== 'not-measured' && level !== 'same' && (rule === 'feature-missing') === missing,
  ).length;
}
