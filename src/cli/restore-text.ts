/** What came of a restore, as a document and for people. */
import { RESTORE_FORMAT, restoreSchema } from '../format/index.ts';
import type { DifferenceRow, RestoreDocument, RestoredDocument } from '../format/index.ts';
import type { Verification } from '../model/index.ts';
import type { Decision } from '../snapshot/decision.ts';
import type { SnapshotParts } from '../snapshot/file/index.ts';
import type { StateDifference, UnitReport } from '../snapshot/index.ts';
import type { JobDone } from '../worker/index.ts';
import { documentText } from './emit.ts';
import { EXIT, exitOf } from './exit.ts';
import type { ExitCode } from './exit.ts';
import { fingerprinted } from './input.ts';
import type { NamedSurface } from './input.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { verdictText } from './verdict-text.ts';

/** Reasons of a group that are shown; the rest are counted. */
const PER_GROUP = 6;

/** A restore that was tried. */
export interface Tried {
  readonly done: JobDone;
  readonly honoured: Verification['honoured'];
  /** Where it was saved again. */
  readonly saved: string | null;
}

export function restoreDocument(
  path: string,
  { contract, source }: SnapshotParts,
  to: NamedSurface,
  { verdict, hindrances, accepted, leaveOut }: Decision,
  tried: Tried | null,
): RestoreDocument {
  return {
    format: RESTORE_FORMAT,
    architecture: contract.architecture,
    snapshot: path,
    contract: contract.name,
    from: source.fingerprint,
    to: fingerprinted(to),
    verdict,
    hindrances: hindrances.map(({ element }) => element),
    accepted: accepted.map(({ element }) => element),
    restored: tried === null ? null : restoredDocument(tried, leaveOut),
  };
}

function restoredDocument({ done, honoured, saved }: Tried, leaveOut: readonly string[]): RestoredDocument {
  const { report, guest, failure } = done;
  return {
    failure,
    honoured,
    units: (report?.units ?? []).map(({ unit, call, result }) => ({ unit, call, outcome: result.outcome })),
    compared: report?.compared ?? 0,
    differences: (report?.differences ?? []).map((each) =>
      leaveOut.includes(each.word) ? { ...differenceRow(each), why: ACCEPTED } : differenceRow(each),
    ),
    ranOn: (report?.ranOn ?? []).map((each) => differenceRow(each)),
    guest: guest === null ? null : { runsOn: guest.runsOn, text: guest.text, changes: guest.changes },
    saved,
  };
}

/** Why a register differs that was left out because somebody said so. */
const ACCEPTED = 'accepted';

function differenceRow({ unit, word, saved, reads, errno, because }: StateDifference): DifferenceRow {
  return { unit, word, saved, reads, why: because ?? errno ?? null };
}

export function restoreJson(document: RestoreDocument): string {
  return documentText(restoreSchema.encode(document));
}

export function restoreText(terminal: Terminal, document: RestoreDocument, units: readonly UnitReport[]): string {
  const { verdict, hindrances, accepted, to, restored } = document;
  return [
    verdictText(terminal, `To ${to.name}`, verdict, { perGroup: PER_GROUP }),
    accepted.length === 0 ? '' : `\nAccepted: ${accepted.join(', ')}\n`,
    hindrances.length === 0 ? '' : hindranceText(terminal, hindrances),
    restored === null ? '' : `\n${restoredText(terminal, restored, units)}`,
  ].join('');
}

function hindranceText(terminal: Terminal, hindrances: readonly string[]): string {
  const first = hindrances[0] ?? '';
  const count = hindrances.length === 1 ? '1 element stands' : `${hindrances.length} elements stand`;
  return `\n${terminal.style('red', 'Not restored')}: ${count} in the way. To go on all the same, name each: --accept ${first}\n`;
}

function restoredText(terminal: Terminal, restored: RestoredDocument, units: readonly UnitReport[]): string {
  const { failure, compared, differences, ranOn, guest, saved, honoured } = restored;
  const set = units.filter(({ result }) => result.outcome === 'done').length;
  const adapted = units.flatMap((unit) => (unit.adapted ?? []).map((text) => `  ${unit.unit}: ${text}\n`));
  return [
    failure === null ? '' : `${terminal.style('red', 'Refused')}: ${failure}\n`,
    `Machine   ${HONOURED[honoured]}\n`,
    `State     ${set} of ${units.length} units set, ${compared} registers and structs read back: ${differences.length} differ, ${ranOn.length} ran on\n`,
    ...adapted,
    differences.length === 0 ? '' : differenceTable(terminal, differences),
    guest === null
      ? ''
      : `Guest     ${terminal.style(guest.runsOn ? 'green' : 'red', guest.runsOn ? 'runs on' : 'does not run on')}: ${guest.text}\n`,
    guest === null || guest.changes.length === 0 ? '' : changeTable(terminal, guest.changes),
    saved === null ? '' : `Saved     ${saved}\n`,
  ].join('');
}

const HONOURED: Readonly<Record<Verification['honoured'], string>> = {
  yes: 'reads back as the contract says',
  no: 'is not what the contract says (evenkeel contract verify)',
  unknown: 'shows nothing wrong, but not everything could be decided',
};

function differenceTable(terminal: Terminal, differences: readonly DifferenceRow[]): string {
  return table(
    [{ title: 'DIFFERS' }, { title: 'SAVED' }, { title: 'READS' }, { title: 'WHY', flexible: true }],
    differences.map(({ word, saved, reads, why }) => [word, saved, reads ?? '-', why ?? '']),
    { width: terminal.width, indent: '  ' },
  );
}

function changeTable(terminal: Terminal, changes: NonNullable<RestoredDocument['guest']>['changes']): string {
  return table(
    [{ title: 'THE GUEST READS' }, { title: 'AT FIRST' }, { title: 'NOW', flexible: true }],
    changes.map(({ word, before, now }) => [word, before, now]),
    { width: terminal.width, indent: '  ' },
  );
}

/** What was found decides where there is something; else what was predicted. */
export function restoreExit({ verdict, hindrances, restored }: RestoreDocument): ExitCode {
  if (hindrances.length > 0) return EXIT.worse;
  if (restored === null) return exitOf(verdict.level);
  const { failure, honoured, differences, compared, guest } = restored;
  const differs = differences.some(({ why }) => why !== ACCEPTED);
  const bad = failure !== null || honoured === 'no' || differs || guest?.runsOn === false;
  if (bad || (guest !== null && guest.changes.length > 0)) return EXIT.worse;
  return honoured === 'unknown' || verdict.level === 'unknown' || compared === 0 ? EXIT.unknown : EXIT.ok;
}
