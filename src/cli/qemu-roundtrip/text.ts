/** Round trips with QEMU for people: each move, what was predicted, what came of it, and why. */
import type { QemuProofDocument, QemuProofMove } from '../../format/index.ts';
import { table } from '../table.ts';
import { showLevel } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { tallied } from './summary.ts';

type Page = Pick<Terminal, 'style' | 'width'>;

/** More than these are told by their number. */
const NAMED = 3;

export function qemuProofText(terminal: Page, proof: QemuProofDocument): string {
  const { moves, none } = proof;
  const groups = Map.groupBy(moves, ({ architecture, cpu, mode }) => `${architecture}/${cpu}, ${mode}`);
  const { agree, identical, refused, differs, hung } = tallied(moves);
  return [
    ...[...groups].map(([name, same]) => `${terminal.style('bold', name)}\n${movesText(terminal, proof, same)}\n`),
    ...none.map(
      ({ architecture, cpu, mode, from, why, said }) =>
        `${architecture}/${cpu}, ${mode}: no guest from ${from.kernel} with QEMU ${from.qemu}: ${why}${said.map((index) => `\n    ${proof.said[index] ?? ''}`).join('')}\n`,
    ),
    `${moves.length} moves, ${agree} as predicted: ${identical} identical, ${refused} refused, ${differs} differ, ${hung} hung\n`,
  ].join('');
}

function movesText(terminal: Page, proof: QemuProofDocument, moves: readonly QemuProofMove[]): string {
  const columns = [
    { title: 'FROM' },
    { title: 'TO' },
    { title: 'PREDICTED' },
    { title: 'OBSERVED' },
    { title: 'WHY', flexible: true },
  ];
  const rows = moves.map((move) => {
    const { from, to, predicted, outcome, fault, disagreements } = move;
    const wrong = fault !== null || disagreements.length > 0 ? ' !' : '';
    return [
      `${from.kernel} ${from.qemu}`,
      `${to.kernel} ${to.qemu}`,
      showLevel(terminal, predicted),
      `${outcome}${wrong}`,
      whyText(proof, move),
    ];
  });
  return table(columns, rows, { width: terminal.width, indent: '  ' });
}

function whyText({ reasons, said, observations }: QemuProofDocument, move: QemuProofMove): string {
  const predicted = move.reasons.flatMap((index) => {
    const reason = reasons[index];
    return reason === undefined ? [] : [`${reason.element}: ${reason.text}`];
  });
  const words = move.observed.flatMap((index) => observations[index]?.word ?? []);
  const lines = move.outcome === 'refused' ? move.said.flatMap((index) => said[index] ?? []) : [];
  const otherwise = move.disagreements.map(
    ({ word, predicted: level, observed, text }) => `${word} was predicted ${level} and is ${observed} (${text})`,
  );
  return [
    ...lines,
    ...predicted.slice(0, 1),
    ...(words.length === 0 ? [] : [`the guest reads otherwise: ${named(words)}`]),
    ...otherwise.slice(0, NAMED),
  ].join('; ');
}

function named(words: readonly string[]): string {
  const first = words.slice(0, NAMED).join(', ');
  return words.length > NAMED ? `${first} and ${words.length - NAMED} more` : first;
}
