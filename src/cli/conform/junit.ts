/**
 * A conformance report as JUnit's XML, as CI servers read it: a suite a clause, a case a change. What is not decided is an
 * error and not a pass: nobody has looked.
 */
import { CLAUSES, CLAUSE_TEXT } from '../../engine/index.ts';
import type { Change, Clause, Finding } from '../../engine/index.ts';
import { side } from './lines.ts';
import type { Report } from './report.ts';

interface Case {
  readonly change: Change;
  readonly finding: Finding;
}

export function conformJunit(report: Report): string {
  const suites = CLAUSES.map((clause) => suite(report, clause));
  const name = `conformance: guests of ${side(report.from)} on ${side(report.to)}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${attribute(name)}">\n${suites.join('')}</testsuites>\n`;
}

function suite(report: Report, clause: Clause): string {
  const cases = report.conformance.changes.flatMap((change) =>
    change.findings.filter((finding) => finding.clause === clause).map((finding): Case => ({ change, finding })),
  );
  const count = (answer: Finding['answer']): number =>
    cases.filter(({ change, finding }) => change.harmless === null && finding.answer === answer).length;
  const skipped = cases.filter(({ change }) => change.harmless !== null).length;
  const counts = `tests="${cases.length}" failures="${count('broken')}" errors="${count('unknown')}" skipped="${skipped}"`;
  const properties = [
    ['asks', CLAUSE_TEXT[clause]],
    ['reproduce', report.reproduce],
  ].map(([name = '', value = '']) => `      <property name="${name}" value="${attribute(value)}"/>\n`);
  return [
    `  <testsuite name="${clause}" ${counts}>\n`,
    `    <properties>\n${properties.join('')}    </properties>\n`,
    ...cases.map(testCase),
    '  </testsuite>\n',
  ].join('');
}

function testCase({ change, finding }: Case): string {
  const open = `    <testcase classname="${finding.clause}" name="${attribute(`${change.what} ${change.element}`)}"`;
  if (change.harmless !== null)
    return `${open}>\n      <skipped message="${attribute(change.harmless)}"/>\n    </testcase>\n`;
  switch (finding.answer) {
    case 'kept':
      return `${open}/>\n`;
    case 'broken':
      return `${open}>\n      <failure message="${attribute(finding.text)}"/>\n    </testcase>\n`;
    case 'unknown':
      return `${open}>\n      <error message="${attribute(finding.text)}"/>\n    </testcase>\n`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Text for an attribute; control characters that XML does not have become spaces. */
function attribute(text: string): string {
  return [...text]
    .map((character) => (character < ' ' && character !== '\n' ? ' ' : (ENTITIES[character] ?? character)))
    .join('');
}
