/**
 * Behaviour as words: `behaviour/ID` is the outcome of a small test that a guest runs, for what no register declares. Each
 * architecture has a table of such tests; here is what a row says, and how a section's outcomes become words.
 */
import { hex } from '../model/index.ts';
import type {
  BehaviourData,
  BehaviourResult,
  Comparison,
  Element,
  Kind,
  MeasuredWord,
  Mechanism,
  Operation,
  Rejected,
  Rejection,
  Stage,
  WordLatitude,
  WordPath,
} from '../model/index.ts';

export interface BehaviourOutcome {
  /** As a section has it. */
  readonly name: string;
  /** As a word has it; 0 to 255. */
  readonly value: number;
  /** What the guest, or the VMM, sees. */
  readonly meaning: string;
}

/** One setting of the mechanism: a value of another word that the VMM selects. */
export interface BehaviourSetting {
  readonly word: WordPath;
  readonly value: bigint;
  /** The outcome that the kernel's documents promise with it; left out where they promise none. */
  readonly outcome?: string;
}

export interface BehaviourRow {
  readonly id: string;
  /** What is tried. */
  readonly description: string;
  readonly outcomes: readonly BehaviourOutcome[];
  /** Where the outcome is a number of something, in decimal, what is counted; `outcomes` are then empty. */
  readonly counts?: string;
  /** What selects it, each with every value that is not the default; empty where nothing does. */
  readonly settings: readonly BehaviourSetting[];
  /** The outcome that the kernel's documents promise where nothing is selected; left out where they promise none. */
  readonly usual?: string;
  /**
   * True where the kernel's documents say that a guest, or a VMM that saves one, can tell the settings apart: no
   * difference is then a finding.
   */
  readonly tells: boolean;
  /**
   * Settings were tried, and yet no word that is promised decides the outcome: it is promised itself, and only the default
   * can be had.
   */
  readonly own?: true;
  /** For rows without a setting that hurt no running guest: why. */
  readonly harmless?: string;
  readonly source: string;
}

/** Bits of a `behaviour/` word. */
export const BEHAVIOUR_WIDTH = 8;

export const behaviourWord = (id: string): WordPath => `behaviour/${id}`;

/** `quirk/LINT0_REENABLED=0`, as a section names a setting. */
export function selectedText({ word, value }: BehaviourSetting): string {
  return `${word}=${value < 10n ? value : hex(value)}`;
}

/** True where a word that is promised decides the outcome. */
function isSelected({ settings, own }: BehaviourRow): boolean {
  return settings.length > 0 && own !== true;
}

/**
 * What another word selects is promised by that word: promising the outcome too would say one thing twice. An outcome that
 * nothing selects is a feature of the kernel, and promised, unless it hurts no running guest: a promise that nobody can
 * select and nobody needs would only keep hosts apart.
 */
export function behaviourElements(row: BehaviourRow): readonly Element[] {
  const path = behaviourWord(row.id);
  const follows = isSelected(row);
  const promised = !follows && row.harmless === undefined;
  const kind: Kind = promised ? 'feature' : 'derived';
  const comparison: Comparison = promised ? 'exact' : 'none';
  const meanings = row.counts ?? row.outcomes.map(({ value, meaning }) => `${value}: ${meaning}`).join('; ');
  return [
    {
      path,
      word: path,
      shift: 0,
      width: BEHAVIOUR_WIDTH,
      kind,
      comparison,
      signed: false,
      description: `${row.description} (${meanings})${follows ? `, which follows from ${followed(row)}` : ''}`,
      source: row.source,
      named: true,
      ...(row.harmless === undefined ? {} : { harmless: { when: 'any', reason: row.harmless } }),
    },
  ];
}

const followed = ({ settings }: BehaviourRow): string => [...new Set(settings.map(({ word }) => word))].join(' and ');

/** `operation` is the architecture's: the call that selects a word's value. Rows that came to no outcome are no words. */
export function behaviourWords(
  rows: readonly BehaviourRow[],
  { rows: results }: BehaviourData,
  pointer: string,
  operation: (word: WordPath) => Operation | null,
): MeasuredWord[] {
  return results.flatMap((result, at): MeasuredWord[] => {
    const row = rows.find(({ id }) => id === result.id);
    const value = row === undefined ? null : valueOf(row, result.outcome);
    if (row === undefined || value === null) return [];
    return [
      {
        path: behaviourWord(row.id),
        width: BEHAVIOUR_WIDTH,
        value,
        latitude: latitudeOf(row, result, value),
        mechanism: mechanismOf(row, result, operation),
        evidence: `${pointer}/rows/${at}`,
      },
    ];
  });
}

/** Null for an outcome that the table does not have. */
export function valueOf({ outcomes, counts }: BehaviourRow, name: string | null): bigint | null {
  if (counts !== undefined) return name !== null && /^\d{1,3}$/.test(name) ? BigInt(name) : null;
  const found = outcomes.find((outcome) => outcome.name === name);
  return found === undefined ? null : BigInt(found.value);
}

const AS_IT_IS: Rejection = { how: 'ignored', call: 'KVM_RUN', instead: 'the guest meets what this kernel does' };

function latitudeOf(row: BehaviourRow, result: BehaviourResult, value: bigint): WordLatitude {
  if (!isSelected(row)) return { kind: 'fixed', otherwise: AS_IT_IS };
  const seen = result.with.flatMap(({ outcome }) => valueOf(row, outcome) ?? []);
  const values = [...new Set([value, ...seen])];
  const rejections: Rejected[] = row.outcomes
    .map((outcome) => BigInt(outcome.value))
    .filter((outcome) => !values.includes(outcome))
    .map((outcome) => ({ values: [outcome], rejection: AS_IT_IS }));
  return { kind: 'values', values, otherwise: AS_IT_IS, ...(rejections.length === 0 ? {} : { rejections }) };
}

const UNTIL: Stage = 'before-vcpu';

/** The call of the first setting that showed another outcome, with the outcome for which it is made. */
function mechanismOf(
  row: BehaviourRow,
  result: BehaviourResult,
  operation: (word: WordPath) => Operation | null,
): Mechanism | null {
  for (const setting of isSelected(row) ? row.settings : []) {
    const run = result.with.find(({ selected }) => selected === selectedText(setting));
    const outcome = run === undefined ? null : valueOf(row, run.outcome);
    const found = operation(setting.word);
    if (outcome === null || outcome === valueOf(row, result.outcome) || found === null) continue;
    return { operation: found.call === 'KVM_ENABLE_CAP' ? { ...found, set: outcome } : found, until: UNTIL };
  }
  return null;
}

/** What is not as the kernel's documents have it, a sentence each without its full stop; nothing where no test was run. */
export function behaviourFindings(row: BehaviourRow, result: BehaviourResult): string[] {
  const { usual, settings } = row;
  if (result.outcome === null) return [];
  const wrong = [
    ...(usual === undefined || usual === result.outcome
      ? []
      : [`by default it comes to ${result.outcome}, where the kernel's documents say ${usual}`]),
    ...settings.flatMap((setting): string[] => {
      const run = result.with.find(({ selected }) => selected === selectedText(setting));
      const { outcome: promised } = setting;
      if (run === undefined || run.outcome === null || promised === undefined || promised === run.outcome) return [];
      return [`with ${run.selected} it comes to ${run.outcome}, where the kernel's documents say ${promised}`];
    }),
  ];
  if (wrong.length > 0 || !showsNoDifference(row, result)) return wrong;
  return ["no setting changes it, where the kernel's documents say that one does"];
}

/** What a test says of a switch that a contract sets and no ioctl reads back. */
export interface BehaviourEvidence {
  readonly word: WordPath;
  readonly promised: bigint;
  readonly agrees: boolean;
  readonly text: string;
}

/** `promised`: a contract's value of a word; null where it says nothing of it. Of tests that came to no outcome, nothing. */
export function behaviourEvidence(
  rows: readonly BehaviourRow[],
  results: readonly BehaviourResult[],
  promised: (word: WordPath) => bigint | null,
): BehaviourEvidence[] {
  return rows.flatMap((row): BehaviourEvidence[] => {
    const outcome = results.find(({ id }) => id === row.id)?.outcome ?? null;
    if (outcome === null || !row.tells || row.usual === undefined) return [];
    const chosen = row.settings.find(({ word, value }) => promised(word) === value);
    const expected = chosen === undefined ? row.usual : chosen.outcome;
    if (expected === undefined) return [];
    const text = `${behaviourWord(row.id)}: ${outcome}`;
    return [...new Set(row.settings.map(({ word }) => word))].flatMap((word): BehaviourEvidence[] => {
      const value = promised(word);
      if (value === null) return [];
      const agrees = outcome === expected;
      return [{ word, promised: value, agrees, text: agrees ? text : `${text}, where ${expected} was selected` }];
    });
  });
}

/** A test that was run, and in which no setting that the kernel has and is to tell apart changed anything. */
export function showsNoDifference(row: BehaviourRow, result: BehaviourResult): boolean {
  if (!row.tells || result.outcome === null) return false;
  const tried = result.with.filter(({ outcome }) => outcome !== null);
  return tried.length > 0 && tried.every(({ outcome }) => outcome === result.outcome);
}
