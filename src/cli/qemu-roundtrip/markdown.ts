/** The second part of docs/proof.md, from a QEMU proof. Pure. */
import type { QemuProofDocument, QemuProofMove } from '../../format/index.ts';
import { code, escape, rows } from '../roundtrip/markdown-parts.ts';
import { qemuCauseOf } from './causes.ts';
import { comparedModes, qemuCommandOf, qemuConfusion, refusedByQemu, routeOf, tallied } from './summary.ts';

/** Of the words of one finding, and of the routes of a row; the rest are counted. */
const NAMED = 4;

export function qemuProofMarkdown(proof: QemuProofDocument): string {
  return [
    INTRODUCTION,
    recordedText(proof),
    '### Predicted and observed\n\n',
    confusionMarkdown(proof.moves),
    '\n',
    tallyMarkdown(proof.moves),
    '\n',
    byModeMarkdown(proof),
    '\n### What the arguments change\n\n',
    comparedMarkdown(proof),
    '\n### Refused by QEMU\n\n',
    refusedMarkdown(proof),
    '\n### What guests read otherwise\n\n',
    observedMarkdown(proof),
    '\n### Guests that there are not\n\n',
    noneMarkdown(proof),
    '\n### Disagreements with QEMU\n\n',
    disagreementMarkdown(proof),
    '\n### Guests that do not have what they were promised\n\n',
    unlikeMarkdown(proof),
    '\n### All moves with QEMU\n\n',
    GRIDS,
    gridsMarkdown(proof),
  ]
    .join('')
    .trimEnd()
    .concat('\n');
}

const INTRODUCTION = `## With real QEMUs

The same witness was run by QEMU itself, under KVM, inside of each kernel: started as hardware starts it, migrated into a stream
(\`migrate\`), and loaded by a QEMU on another kernel (\`-incoming\`), where it ran on. This part is generated from
\`docs/data/qemu-proof.json\`, which \`evenkeel lab qemu-roundtrip --all --write docs/data/qemu-proof.json\` records.

The prediction is \`migration check --vmm qemu:V\`'s, from recorded surfaces and the profiles of [vmm.md](vmm.md). With \`-cpu host\`
nobody sets anything on the destination: an element that could be selected there comes out as what a guest shows by default.
Machine types are the oldest that all four versions have (\`pc-q35-5.2\`, \`virt-5.2\`), so that guests can go back. The guest has
one vCPU and, on x86_64, a time stamp counter that is minutes old: of a younger one KVM keeps its own.

- \`identical\`: the stream was loaded, and the guest goes on and reads everything as before.
- \`refused\`: QEMU gave up before the guest ran. Its own words are given.
- \`differs\`: the stream was loaded, and the guest reads something otherwise.
- \`hung\`: the stream was loaded, and the guest does not go on.

`;

const GRIDS = `Rows leave, columns receive; each cell: predicted / observed. \`!\` marks a disagreement.

`;

function recordedText({ recorded, qemus, moves }: QemuProofDocument): string {
  const times = moves.flatMap(({ milliseconds }) => milliseconds ?? []).toSorted((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  return [
    `Recorded ${recorded.at.slice(0, 10)} by ${recorded.by}: \`${recorded.command}\`. ${moves.length} moves, ${recorded.boots} boots, ${recorded.seconds} s`,
    recorded.remembered === 0 ? '' : ` (${recorded.remembered} results were done before and remembered)`,
    median === undefined ? '.' : `; starting QEMU, loading and running took ${median} ms in the median.`,
    `\n\n${qemus.map(({ architecture, qemu, package: name }) => `QEMU ${qemu} for ${architecture}: ${name}`).join('; ')}.\n\n`,
  ].join('');
}

function confusionMarkdown(moves: readonly QemuProofMove[]): string {
  const { outcomes, rows: lines } = qemuConfusion(moves);
  return rows(
    ['predicted', ...outcomes],
    lines.map(({ predicted, counts }) => [code(predicted), ...counts.map(String)]),
  );
}

function tallyMarkdown(moves: readonly QemuProofMove[]): string {
  const of = (fault: QemuProofMove['fault']): number => moves.filter((move) => move.fault === fault).length;
  const lost = moves.filter(({ outcome }) => outcome === 'lost').length;
  return [
    `- ${of(null) - lost} of ${moves.length} moves went as predicted.\n`,
    `- Predicted \`same\` or \`selectable\`, and it did not hold: ${of('unsafe')}.\n`,
    `- Predicted \`refused\`, \`lost\` or \`silent\`, and it held: ${of('overcautious')}.\n`,
    `- Predicted \`unknown\`: ${of('undecided')}.\n`,
    `- Bad, and otherwise than predicted (refused for silent, or the reverse): ${of('otherwise')}.\n`,
    `- Nothing came back from the lab's machine: ${lost}.\n`,
  ].join('');
}

function byModeMarkdown({ moves, modes }: QemuProofDocument): string {
  const groups = Map.groupBy(moves, ({ architecture, cpu, mode }) => `${architecture}/${cpu}\n${mode}`);
  const lines = [...groups].map(([name, same]) => {
    const [cpu = '', mode = ''] = name.split('\n');
    const { identical, refused, differs, hung, agree } = tallied(same);
    return [
      cpu,
      code(mode),
      ...[same.length, identical, refused, differs, hung, agree, same.length - agree].map(String),
    ];
  });
  const about = modes.map(({ mode, about: text }) => `- ${code(mode)}: ${text}.\n`).join('');
  const head = ['CPU', 'mode', 'moves', 'identical', 'refused', 'differs', 'hung', 'as predicted', 'not'];
  return `${rows(head, lines)}\n${about}`;
}

function comparedMarkdown(proof: QemuProofDocument): string {
  const compared = comparedModes(proof).filter(({ routes }) => routes > 0);
  const modes = proof.modes.map(({ mode }) => mode);
  const lines = compared.map(({ architecture, cpu, change, routes, identical }) => [
    `${architecture}/${cpu}`,
    change,
    String(routes),
    ...modes.map((mode) => (identical[mode] === undefined ? '' : String(identical[mode]))),
  ]);
  return [
    'Routes that every mode took, and on how many of them the guest came through unchanged.\n\n',
    rows(['CPU', 'what changes', 'routes', ...modes.map(code)], lines),
  ].join('');
}

function refusedMarkdown(proof: QemuProofDocument): string {
  const { moves, said } = proof;
  const refused = moves.filter(({ outcome }) => outcome === 'refused');
  if (refused.length === 0) return 'None.\n';
  // The first thing that it stopped at, and the last thing that it said.
  const words = (move: QemuProofMove): string => {
    const lines = move.said.map((index) => said[index] ?? '').filter((line) => !line.startsWith('warning: '));
    return [...new Set([lines[0] ?? '', lines.at(-1) ?? ''])].join('; … ');
  };
  // Numbers in a message vary with the hosts.
  const groups = Map.groupBy(
    refused,
    (move) => `${move.architecture} ${move.mode} ${words(move).replaceAll(/\d+/g, 'N')}`,
  );
  const kvmCould = new Set(refusedByQemu(moves));
  const lines = [...groups.values()].map((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const could = same.filter((move) => kvmCould.has(move));
    return [
      escape(words(first)),
      `${first.architecture}, ${code(first.mode)}`,
      String(same.length),
      String(could.length),
      escape(helpOf(proof, same)),
      code(qemuCommandOf(first)),
    ];
  });
  return [
    'Of each message the first of its kind; how often KVM alone had nothing against the move; and what made the same move work.\n\n',
    rows(['QEMU says', 'guests', 'moves', 'of which KVM could', 'what helps', 'again'], lines),
  ].join('');
}

/** What was seen to work between the same kernels: another mode, or other versions. */
function helpOf({ moves }: QemuProofDocument, refused: readonly QemuProofMove[]): string {
  const kernels = ({ architecture, cpu, from, to }: QemuProofMove): string =>
    `${architecture} ${cpu} ${from.kernel} ${to.kernel}`;
  const worked = Map.groupBy(
    moves.filter(({ outcome }) => outcome === 'identical'),
    kernels,
  );
  const helps = new Map<string, number>();
  for (const move of refused) {
    const found = new Set(
      (worked.get(kernels(move)) ?? []).map((other) =>
        routeOf(other) === routeOf(move)
          ? `--cpu-mode ${other.mode}`
          : `QEMU ${other.from.qemu === other.to.qemu ? other.to.qemu : `${other.from.qemu} to ${other.to.qemu}`}`,
      ),
    );
    for (const each of found) helps.set(each, (helps.get(each) ?? 0) + 1);
  }
  const sorted = [...helps].toSorted((a, b) => b[1] - a[1]).slice(0, NAMED);
  return sorted.length === 0
    ? 'nothing that was tried'
    : sorted.map(([what, count]) => `${what} (${count})`).join(', ');
}

function observedMarkdown({ moves, observations }: QemuProofDocument): string {
  const all = moves.flatMap((move) =>
    move.observed.flatMap((index) => {
      const observation = observations[index];
      return observation === undefined ? [] : [{ move, observation }];
    }),
  );
  if (all.length === 0) return 'None.\n';
  const byWord = Map.groupBy(all, ({ move, observation }) => `${move.architecture} ${move.mode} ${observation.word}`);
  // Words that were found otherwise by the same guests stand together.
  const together = Map.groupBy(
    [...byWord.values()],
    (same) =>
      `${same[0]?.move.architecture} ${same[0]?.move.mode} ${same.map(({ move }) => moves.indexOf(move)).join()}`,
  );
  const lines = [...together.values()]
    .toSorted((a, b) => (b[0]?.length ?? 0) - (a[0]?.length ?? 0))
    .map((words) => {
      const first = words[0]?.[0];
      if (first === undefined) return [];
      const { move, observation } = first;
      return [
        `${move.architecture}, ${code(move.mode)}`,
        nameWords(words.flatMap((same) => same[0]?.observation.word ?? [])),
        String(words[0]?.length ?? 0),
        escape(observation.text),
        code(qemuCommandOf(move)),
      ];
    });
  return rows(['guests', 'words', 'moves', 'the first', 'again'], lines);
}

function nameWords(words: readonly string[]): string {
  const named = words.slice(0, NAMED).map(code).join(', ');
  return words.length > NAMED ? `${named} and ${words.length - NAMED} more` : named;
}

function noneMarkdown({ none, said }: QemuProofDocument): string {
  if (none.length === 0) return 'None: every QEMU started its guest on every kernel.\n';
  const groups = Map.groupBy(
    none,
    (each) => `${each.architecture} ${each.mode} ${each.from.qemu} ${each.why} ${each.said.join()}`,
  );
  const lines = [...groups.values()].map((same) => {
    const [first] = same;
    if (first === undefined) return [];
    return [
      `${first.architecture}, ${code(first.mode)}`,
      first.from.qemu,
      [...new Set(same.map(({ from }) => short(from.kernel)))].join(', '),
      escape(first.said.map((index) => said[index] ?? '').join('; ') || first.why),
    ];
  });
  return rows(['guests', 'QEMU', 'on', 'QEMU says'], lines);
}

function disagreementMarkdown({ moves }: QemuProofDocument): string {
  const all = moves.flatMap((move) => move.disagreements.map((word) => ({ move, word })));
  const whole = moves.filter(({ fault, disagreements }) => fault !== null && disagreements.length === 0);
  if (all.length === 0 && whole.length === 0) return 'None.\n';
  const groups = Map.groupBy(
    all,
    ({ move, word }) => `${move.architecture} ${move.mode} ${word.word} ${word.predicted} ${word.observed}`,
  );
  const lines = [...groups.values()].map((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { move, word } = first;
    return [
      `${move.architecture}, ${code(move.mode)}`,
      code(word.word),
      code(word.predicted),
      word.observed,
      String(same.length),
      escape(qemuCauseOf(move, word) ?? word.text),
      code(qemuCommandOf(move)),
    ];
  });
  const others = whole.map((move) => [
    `${move.architecture}, ${code(move.mode)}`,
    '',
    code(move.predicted),
    move.outcome,
    '1',
    escape(move.text),
    code(qemuCommandOf(move)),
  ]);
  return rows(['guests', 'word', 'predicted', 'observed', 'moves', 'why', 'again'], [...lines, ...others]);
}

function unlikeMarkdown({ unlike }: QemuProofDocument): string {
  const exported = unlike.filter(({ mode }) => mode === 'exported');
  const lines = exported.map(({ architecture, qemu, element, promised, reads, guests }) => [
    architecture,
    qemu,
    code(element),
    promised,
    reads,
    String(guests),
  ]);
  return [
    'With exported arguments, on the host where they began: elements that the guest read otherwise than its contract promises.\n\n',
    lines.length === 0 ? 'None.\n' : rows(['architecture', 'QEMU', 'element', 'promised', 'reads', 'guests'], lines),
  ].join('');
}

function gridsMarkdown({ moves }: QemuProofDocument): string {
  const groups = Map.groupBy(moves, ({ architecture, cpu, mode }) => `${architecture}/${cpu}, ${mode}`);
  return [...groups].map(([name, same]) => `#### ${name}\n\n${kernelGrid(same)}${qemuGrid(same)}`).join('');
}

/** The same QEMU on both sides: one table a version. */
function kernelGrid(moves: readonly QemuProofMove[]): string {
  const same = moves.filter(({ from, to }) => from.qemu === to.qemu);
  return [...Map.groupBy(same, ({ from }) => from.qemu)]
    .map(([qemu, of]) => `QEMU ${qemu}:\n\n${grid(of, 'kernel')}\n`)
    .join('');
}

/** The same kernel on both sides, from one QEMU to another. */
function qemuGrid(moves: readonly QemuProofMove[]): string {
  const same = moves.filter(({ from, to }) => from.kernel === to.kernel && from.qemu !== to.qemu);
  return [...Map.groupBy(same, ({ from }) => from.kernel)]
    .map(([kernel, of]) => `On ${short(kernel)}, from one QEMU to another:\n\n${grid(of, 'qemu')}\n`)
    .join('');
}

function grid(moves: readonly QemuProofMove[], by: 'kernel' | 'qemu'): string {
  const columns = [...new Set(moves.map(({ to }) => to[by]))].toSorted(byVersion);
  const lines = [...new Set(moves.map(({ from }) => from[by]))].toSorted(byVersion).map((source) => [
    short(source),
    ...columns.map((destination) => {
      const move = moves.find(({ from, to }) => from[by] === source && to[by] === destination);
      if (move === undefined) return '';
      const wrong = move.fault !== null || move.disagreements.length > 0 ? ' !' : '';
      return `${move.predicted} / ${move.outcome}${wrong}`;
    }),
  ]);
  return rows(['from \\ to', ...columns.map(short)], lines);
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function short(kernel: string): string {
  return kernel.replace(/^debian:/, '');
}
