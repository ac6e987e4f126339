/** Round trips for people: where guests came through, predicted × observed, and where the two disagree. */
import type { ProofDocument, ProofLeg, ProofTrip } from '../../format/index.ts';
import { faultOf } from '../../lab/index.ts';
import { table } from '../table.ts';
import { showLevel } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { confusionOf, disagreementsOf, legsOf, tallyOf } from './summary.ts';
import type { Leg } from './summary.ts';

/** Where it is shown. */
type Page = Pick<Terminal, 'style' | 'width'>;

export function proofText(terminal: Page, { trips }: ProofDocument): string {
  const legs = legsOf(trips);
  const groups = Map.groupBy(trips, ({ architecture, cpu, variant }) => `${architecture}/${cpu}, ${variant}`);
  return [
    ...[...groups].map(([name, same]) => `${terminal.style('bold', name)}\n${gridText(terminal, same)}\n`),
    confusionText(terminal, legs),
    `\n${tallyText(legs)}`,
    disagreementText(terminal, legs),
  ].join('');
}

/** Rows leave, columns receive: predicted / observed, of the way there and of the way back. */
function gridText(terminal: Page, trips: readonly ProofTrip[]): string {
  const possible = trips.filter(({ there }) => there !== null);
  const from = [...new Set(possible.map((trip) => trip.from))];
  const to = [...new Set(possible.map((trip) => trip.to))];
  const rows = from.map((source) => [
    source,
    ...to.map((destination) => {
      const trip = possible.find((candidate) => candidate.from === source && candidate.to === destination);
      if (trip === undefined || trip.there === null) return '-';
      const back = trip.back === null ? '' : `; ${legText(terminal, trip.back)}`;
      return `${legText(terminal, trip.there)}${back}`;
    }),
  ]);
  const columns = [{ title: 'FROM \\ TO' }, ...to.map((title) => ({ title }))];
  const missing = trips
    .filter(({ there }) => there === null)
    .map(({ from: source, to: destination, why }) =>
      source === destination ? `  none from ${source}: ${why}\n` : `  none from ${source} to ${destination}: ${why}\n`,
    );
  return `${rows.length === 0 ? '' : table(columns, rows, { width: terminal.width, indent: '  ' })}${[...new Set(missing)].join('')}`;
}

function legText(terminal: Page, { predicted, outcome, disagreements }: ProofLeg): string {
  const wrong = faultOf(predicted, outcome) !== null || disagreements.length > 0 ? ' !' : '';
  return showLevel(terminal, predicted, `${predicted} / ${outcome}${wrong}`);
}

function confusionText(terminal: Page, legs: readonly Leg[]): string {
  const { outcomes, rows } = confusionOf(legs);
  if (rows.length === 0) return '';
  const columns = [{ title: 'PREDICTED' }, ...outcomes.map((title) => ({ title, align: 'right' as const }))];
  const lines = rows.map(({ predicted, counts }) => [showLevel(terminal, predicted), ...counts.map(String)]);
  return `${terminal.style('bold', 'Predicted × observed')}\n${table(columns, lines, { width: terminal.width, indent: '  ' })}`;
}

export function tallyText(legs: readonly Leg[]): string {
  const { agree, faults, lost, insisting } = tallyOf(legs);
  const wrong = [
    [faults.unsafe, 'predicted well and did not hold'],
    [faults.overcautious, 'predicted badly and held'],
    [faults.undecided, 'unknown'],
    [faults.otherwise, 'bad otherwise than predicted'],
    [lost, 'lost with their machine'],
  ] as const;
  const parts = wrong.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [
    `${legs.length} restores, ${agree} as predicted${parts.length === 0 ? '' : `; ${parts.join(', ')}`}\n`,
    `A VMM that insists on every register: ${insisting.agree} as predicted, ${insisting.stopsUnpredicted} stop and were not to, ${insisting.doesNotStop} were to stop and do not\n`,
  ].join('');
}

function disagreementText(terminal: Page, legs: readonly Leg[]): string {
  const found = disagreementsOf(legs);
  if (found.length === 0) return '';
  const columns = [
    { title: 'WORD' },
    { title: 'PREDICTED' },
    { title: 'OBSERVED' },
    { title: 'RESTORES' },
    { title: 'FIRST' },
    { title: 'WHY', flexible: true },
  ];
  const lines = found.map(({ word, legs: same }) => [
    word.word,
    showLevel(terminal, word.predicted),
    word.observed,
    String(same.length),
    same[0] === undefined ? '' : legName(same[0]),
    word.text,
  ]);
  return `\nPredicted and observed disagree:\n${table(columns, lines, { width: terminal.width, indent: '  ' })}`;
}

function legName({ trip, way }: Leg): string {
  return `${trip.architecture}/${trip.cpu} ${trip.variant} ${trip.from} to ${trip.to}${way === 'back' ? ', back' : ''}`;
}
