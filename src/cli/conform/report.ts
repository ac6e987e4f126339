/**
 * A conformance report as its readers know it: clauses, the review checklist, and the changes in groups. Text, Markdown
 * and JUnit are three ways to write the same report.
 */
import { defaultChoices, measure, registryFor } from '../../arch/index.ts';
import { changesOf, knownChanges } from '../../arch/changes/index.ts';
import type { KnownChange } from '../../arch/changes/index.ts';
import { CHECKLIST, conform, worseAnswer } from '../../engine/index.ts';
import type { Change, Conformance, Finding, KnownOf, Unseen } from '../../engine/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Cpu, Result, Surface } from '../../model/index.ts';
import { EXIT, failure } from '../exit.ts';
import type { ExitCode, Failure } from '../exit.ts';
import type { NamedSurface } from '../input.ts';
import { differentArchitectures, measureOptions } from '../pin.ts';
import { comesBetween } from './between.ts';

export interface Report {
  readonly from: NamedSurface;
  readonly to: NamedSurface;
  readonly conformance: Conformance;
  readonly checklist: readonly { readonly point: number; readonly says: string; readonly answer: Finding['answer'] }[];
  readonly reproduce: string;
}

export interface ReportOptions {
  readonly vcpu?: string | undefined;
  /** Only this element, word, or area. */
  readonly element?: string | undefined;
  /** The command that gives the report again; by default `conform` with the surfaces' names. */
  readonly reproduce?: string;
}

/** Both surfaces must be of one architecture and one CPU: what another CPU changes is not the kernel's doing. */
export function report(from: NamedSurface, to: NamedSurface, options: ReportOptions = {}): Result<Report, Failure> {
  const { architecture } = from.surface;
  if (architecture !== to.surface.architecture) return err(differentArchitectures(from, to));
  const other = otherCpu(from.surface, to.surface);
  if (other !== null) {
    const advice = 'What a move between CPUs changes says: evenkeel migration check.';
    return err(failure(EXIT.input, `conform compares two kernels on one CPU, and ${other}`, advice));
  }
  const choices = options.vcpu === undefined ? defaultChoices(architecture) : { vcpu: options.vcpu };
  const measuring = measureOptions(choices);
  const whole = conform(registryFor(architecture), measure(from.surface, measuring), measure(to.surface, measuring), {
    choices,
    known: (element) => changesOf(architecture, element).map((change) => knownOf(change, element)),
    unseen: unseenBetween(from.surface, to.surface),
  });
  const conformance = options.element === undefined ? whole : only(whole, options.element);
  return ok({
    from,
    to,
    conformance,
    checklist: checklistOf(whole),
    reproduce: options.reproduce ?? command(from, to),
  });
}

/** A row about a family (`msr/*`) or a register says nothing of what one member or one bit of it does to a guest. */
function knownOf({ id, harmless, elements }: KnownChange, element: string): KnownOf {
  return { id, harmless: elements.includes(element) ? harmless : null };
}

/** A capture that does not tell its CPU is believed to be of the other's. */
function otherCpu(a: Surface, b: Surface): string | null {
  if (a.host === null || b.host === null) return null;
  const [first, second] = [identity(a.host.cpu), identity(b.host.cpu)];
  return first === second ? null : `these are ${first} and ${second}`;
}

function identity({ vendor, family, modelNumber, stepping, midr }: Cpu): string {
  return midr ?? `${vendor} ${[family, modelNumber, stepping].map((each) => each ?? '?').join('/')}`;
}

function unseenBetween(from: Surface, to: Surface): Unseen[] {
  const [older, newer] = [from.host?.kernelRelease ?? null, to.host?.kernelRelease ?? null];
  return knownChanges(from.architecture).flatMap((change: KnownChange): Unseen[] => {
    const [element] = change.elements;
    if (change.unseen === null || element === undefined || !comesBetween(change.kernels, older, newer)) return [];
    // What stays as it was until userspace asks needs no way to be selected.
    if (change.byDefault === 'before') return [];
    return [{ id: change.id, title: change.title, element, why: change.unseen, harmless: change.harmless }];
  });
}

function checklistOf({ clauses }: Conformance): Report['checklist'] {
  return CHECKLIST.map(({ point, says, clauses: own }) => ({
    point,
    says,
    answer: clauses
      .filter(({ clause }) => own.includes(clause))
      .map(({ answer }) => answer)
      .reduce(worseAnswer, 'kept'),
  }));
}

function only(conformance: Conformance, wanted: string): Conformance {
  const fits = ({ element, word, area }: Change): boolean =>
    [element, word, area].includes(wanted) || element.startsWith(`${wanted}/`);
  return { ...conformance, changes: conformance.changes.filter(fits) };
}

function command(from: NamedSurface, to: NamedSurface): string {
  return `evenkeel conform --from ${from.name} --to ${to.name}`;
}

/** 1 where a clause is broken, 3 where one could not be decided. */
export function exitOfReport({ conformance }: Report): ExitCode {
  const worst = conformance.clauses.map(({ answer }) => answer).reduce(worseAnswer, 'kept');
  return { kept: EXIT.ok, broken: EXIT.worse, unknown: EXIT.unknown }[worst];
}

export interface Alike {
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

/**
 * Changes of one part of the machine of which the same is said are told together; of the others those of one word that
 * have the same answers. In the order of the report.
 */
export function alike(changes: readonly Change[]): Alike[] {
  const said = ({ area, what, harmless, findings }: Change): string =>
    JSON.stringify([area, what, harmless, findings.map(({ clause, answer, text }) => [clause, answer, text])]);
  const together = new Set([...Map.groupBy(changes, said).values()].filter(({ length }) => length > 1).flat());
  const groups = Map.groupBy(changes, (change) => {
    if (together.has(change)) return said(change);
    const { word, what, harmless, findings } = change;
    return JSON.stringify([word, what, harmless, findings.map(({ clause, answer }) => [clause, answer])]);
  });
  return [...groups.values()].map((members) => ({ changes: members, findings: members[0]?.findings ?? [] }));
}
