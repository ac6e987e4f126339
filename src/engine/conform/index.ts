/** `conform`: what a kernel changed for guests of another on the same CPU, clause by clause. Pure. */
import type { Contract, MeasuredSurface, Reason, Registry, Verdict } from '../../model/index.ts';
import { check } from '../check.ts';
import { diff } from '../diff.ts';
import type { Difference } from '../diff.ts';
import { pin } from '../pin.ts';
import { checkReturn } from '../return.ts';
import {
  appearedFindings,
  changedFindings,
  disappearedFindings,
  finding,
  narrowedFindings,
  widenedFindings,
} from './changes.ts';
import type { Sides } from './changes.ts';
import { CLAUSES, answerOf, worseAnswer } from './model.ts';
import type { Change, Clause, ClauseResult, Conformance, Finding } from './model.ts';

export * from './model.ts';

/** What is known of a change beyond what was measured. */
export interface KnownOf {
  readonly id: string;
  readonly harmless: string | null;
}

/** A known change between these two kernels that no element of a surface shows. */
export interface Unseen extends KnownOf {
  readonly title: string;
  readonly element: string;
  readonly why: string;
}

export interface ConformOptions {
  readonly choices: Contract['choices'];
  readonly known: (element: string) => readonly KnownOf[];
  readonly unseen: readonly Unseen[];
}

/** `before` and `after` are of one architecture and one CPU, measured with the same choices. */
export function conform(
  registry: Registry,
  before: MeasuredSurface,
  after: MeasuredSurface,
  { choices, known, unseen }: ConformOptions,
): Conformance {
  const pinned = pin(registry, [before], { name: '', hosts: [''], choices });
  if (!pinned.ok) throw new Error(`one surface always has a contract: ${pinned.error.message}`);
  const contract = pinned.value;
  const there = check(registry, contract, after);
  const back = checkReturn(registry, contract, after, before);
  const sides: Sides = { registry, before, after, there, back };
  const changes: Change[] = [];
  const resetValues: string[] = [];
  let widened = 0;
  for (const difference of diff(registry, before, after)) {
    const sorted = sort(sides, difference);
    if (sorted === 'reset-value') resetValues.push(difference.word);
    else if (sorted === 'widened') widened++;
    else if (sorted !== 'nobody') changes.push(toChange(registry, difference, sorted, known(difference.element)));
  }
  const told = new Set(changes.flatMap(({ element, word }) => [element, word]));
  for (const change of [...leftOver(there, 'there', told), ...leftOver(back, 'back', told)]) {
    changes.push({ ...change, known: known(change.element).map(({ id }) => id) });
  }
  for (const each of unseen) changes.push(unseenChange(registry, each));
  const caveats = [...new Set([...before.caveats, ...after.caveats])];
  const carried = contract.carries.filter((word) => after.words.has(word)).length;
  return {
    clauses: clauseResults(changes, carried),
    changes: changes.toSorted(byWeight),
    widened,
    resetValues,
    caveats,
  };
}

type Sorted = { readonly what: Change['what']; readonly findings: readonly Finding[] };

/** What a difference is to a guest; `nobody`: nobody was promised it. */
function sort(sides: Sides, difference: Difference): Sorted | 'reset-value' | 'widened' | 'nobody' {
  const { registry } = sides;
  const word = sides.after.words.get(difference.word) ?? sides.before.words.get(difference.word);
  const elements = registry.elements(difference.word, word?.width ?? 64);
  const element = elements.find(({ path }) => path === difference.element) ?? elements[0];
  if (element === undefined || element.kind === 'derived' || element.kind === 'topology') return 'nobody';
  switch (difference.what) {
    case 'default':
      if (element.kind === 'state') return 'reset-value';
      return { what: 'changed', findings: changedFindings(sides, difference, element) };
    case 'only-in-b':
      return { what: 'appeared', findings: appearedFindings(sides, difference, element) };
    case 'only-in-a':
      return { what: 'disappeared', findings: disappearedFindings(sides, difference, element) };
    case 'latitude': {
      if (element.kind === 'state') return 'nobody';
      const narrowed = narrowedFindings(sides, difference, element);
      if (narrowed !== null) return { what: 'narrowed', findings: narrowed };
      const findings = widenedFindings(sides, difference, element);
      return findings === null ? 'widened' : { what: 'widened', findings };
    }
    case 'not-measured-in-a':
    case 'not-measured-in-b':
      // One row for the whole part, from the verdict's reason.
      return 'nobody';
  }
}

function toChange(registry: Registry, difference: Difference, sorted: Sorted, known: readonly KnownOf[]): Change {
  return {
    element: difference.element,
    word: difference.word,
    area: registry.area(difference.word),
    kind: difference.kind,
    what: sorted.what,
    description: difference.description,
    before: difference.a,
    after: difference.b,
    findings: sorted.findings,
    harmless: known.find(({ harmless }) => harmless !== null)?.harmless ?? null,
    known: known.map(({ id }) => id),
    evidence: { before: difference.evidence.a, after: difference.evidence.b },
  };
}

/** Reasons of the two ways that no difference accounts for: parts that were not measured, rules over several words. */
function leftOver(verdict: Verdict, way: 'there' | 'back', told: ReadonlySet<string>): Change[] {
  return verdict.reasons.flatMap((reason): Change[] => {
    if (reason.level === 'selectable' || told.has(reason.element)) return [];
    // The way back judges the machine at home too; what is said there of home itself is said of the way there.
    if (way === 'back' && reason.rule === 'not-measured') return [];
    return [
      {
        element: reason.element,
        word: reason.element,
        area: reason.area,
        kind: null,
        what: reason.rule === 'not-measured' ? 'not-measured' : 'changed',
        description: reason.text,
        before: reason.promised,
        after: reason.shows,
        findings: clausesOf(reason, way).map((clause) => finding(clause, answerOf(reason.level), reason.text)),
        harmless: null,
        known: [],
        evidence: { before: null, after: reason.evidence?.pointer ?? null },
      },
    ];
  });
}

function clausesOf(reason: Reason, way: 'there' | 'back'): readonly Clause[] {
  if (way === 'back') return ['rollback-possible'];
  if (reason.rule === 'not-measured') return ['previous-selectable', 'old-state-restorable', 'rollback-possible'];
  return reason.level === 'lost' ? ['old-state-restorable', 'state-sufficient'] : ['old-state-restorable'];
}

function unseenChange(registry: Registry, { id, title, element, why, harmless }: Unseen): Change {
  return {
    element,
    word: element,
    area: registry.area(element),
    kind: null,
    what: 'not-measured',
    description: title,
    before: null,
    after: null,
    findings: [finding('previous-selectable', 'unknown', `no element of a surface shows it: ${why}`)],
    harmless,
    known: [id],
    evidence: { before: null, after: null },
  };
}

/** Clauses that a unit of state keeps by being there on both. */
const CARRIED: readonly Clause[] = ['state-sufficient', 'old-state-restorable'];

/** `carried`: units of state that a guest has on both kernels. */
function clauseResults(changes: readonly Change[], carried: number): ClauseResult[] {
  const counted = changes.filter(({ harmless }) => harmless === null).flatMap(({ findings }) => findings);
  return CLAUSES.map((clause) => {
    const own = counted.filter((each) => each.clause === clause).map(({ answer }) => answer);
    const count = (answer: Finding['answer']): number => own.filter((each) => each === answer).length;
    return {
      clause,
      answer: own.reduce(worseAnswer, 'kept'),
      kept: count('kept') + (CARRIED.includes(clause) ? carried : 0),
      broken: count('broken'),
      unknown: count('unknown'),
    };
  });
}

/** What breaks a clause first, then what is unknown, harmless ones last; within that the order of the surface. */
function byWeight(a: Change, b: Change): number {
  return weight(a) - weight(b);
}

function weight({ harmless, findings }: Change): number {
  if (harmless !== null) return 3;
  const worst = findings.map(({ answer }) => answer).reduce(worseAnswer, 'kept');
  return { broken: 0, unknown: 1, kept: 2 }[worst];
}

/** True where a guest of the kernel before can no longer be shown what it was promised, or cannot go back. */
export function hasNoWayBack({ harmless, findings }: Change): boolean {
  const WAYS: readonly Clause[] = ['previous-selectable', 'old-state-restorable', 'rollback-possible'];
  return harmless === null && findings.some(({ clause, answer }) => answer === 'broken' && WAYS.includes(clause));
}
