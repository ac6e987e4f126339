/**
 * What in a text is libvirt's: a whole document, a part of one, or the output of a terminal with prompts around it. Elements
 * are found by their names, and whatever stands before, between and after them is passed over.
 */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { childOf, fault, lineOf, parseXml } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

/** The siblings of a domain's `<cpu>` that say something of it; null where the text does not have them. */
export interface DomainParts {
  readonly name: string | null;
  readonly cpu: XmlElement | null;
  readonly os: XmlElement | null;
  readonly features: XmlElement | null;
  readonly clock: XmlElement | null;
  /** False for a `<cpu>` alone, of which the rest of the domain is not known. */
  readonly whole: boolean;
  readonly line: number;
}

export type Located =
  | { readonly kind: 'cpudata'; readonly root: XmlElement }
  /** `<cpu>` of capabilities: the host's own. */
  | { readonly kind: 'host'; readonly cpu: XmlElement }
  /** `<mode name='host-model'>` of domain capabilities, and these where the text has them. */
  | { readonly kind: 'host-model'; readonly mode: XmlElement; readonly capabilities: XmlElement | null }
  | { readonly kind: 'domain'; readonly parts: DomainParts };

/** What a guest or a host is described by. */
const SUBJECTS: readonly string[] = ['domain', 'domainCapabilities', 'capabilities', 'cpudata', 'cpu', 'mode'];
/** What may stand around a subject, or beside a `<cpu>` that was cut out of a domain. */
const AROUND: readonly string[] = [
  'domstatus',
  'domainsnapshot',
  'domaincheckpoint',
  'host',
  'os',
  'features',
  'clock',
];
const BEGINNING = new RegExp(`<(${[...SUBJECTS, ...AROUND].join('|')})(?=\\s|>|/>)`, 'g');
/** One domain cut into its parts has fewer. */
const MOST_PARTS = 64;

export function locate(text: string): Result<Located, XmlFault> {
  const roots = rootsOf(text);
  if (!roots.ok) return roots;
  const found = roots.value.flatMap(subjectsIn);
  const [first, second] = found;
  if (first === undefined) {
    const [root] = roots.value;
    const subjects = SUBJECTS.filter((name) => name !== 'mode').map((name) => `<${name}>`);
    const message = `<${root?.name ?? ''}> holds nothing that describes a CPU: none of ${subjects.join(', ')}`;
    return err(fault(root?.line ?? null, message));
  }
  if (second !== undefined) {
    const places = found.map(({ name, line }) => `<${name}> in line ${line}`).join(', ');
    return err(fault(second.line, `it describes more than one CPU: ${places}; leave one`));
  }
  return classified(first, roots.value);
}

/** The document's element; where it is none, the elements in the text, in order. */
function rootsOf(text: string): Result<readonly XmlElement[], XmlFault> {
  const whole = parseXml(text);
  if (whole.ok) return ok([whole.value]);
  // What says that it is a whole document is read as one, and a document type is refused wherever it stands.
  if (/^\s*<\?xml|<!DOCTYPE/i.test(text)) return whole;
  const roots: XmlElement[] = [];
  const beginning = new RegExp(BEGINNING);
  for (let match = beginning.exec(text); match !== null; match = beginning.exec(text)) {
    if (roots.length === MOST_PARTS) return err(fault(lineOf(text, match.index), `more than ${MOST_PARTS} elements`));
    const end = elementEnd(text, match.index);
    const root = parseXml(text.slice(match.index, end), lineOf(text, match.index) - 1);
    if (!root.ok) return root;
    roots.push(root.value);
    beginning.lastIndex = end;
  }
  return roots.length === 0 ? whole : ok(roots);
}

/** Behind the end tag of the element that begins at `start`; the text's end where there is none. */
function elementEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at >= 0 && at < text.length; at = text.indexOf('<', at)) {
    const skipped = SKIPPED.find(({ from }) => text.startsWith(from, at));
    if (skipped !== undefined) {
      const end = text.indexOf(skipped.to, at);
      if (end < 0) return text.length;
      at = end + skipped.to.length;
      continue;
    }
    const end = tagEnd(text, at);
    if (end < 0) return text.length;
    if (text[at + 1] === '/') depth--;
    else if (text[end - 1] !== '/') depth++;
    at = end + 1;
    if (depth <= 0) return at;
  }
  return text.length;
}

const SKIPPED: readonly { readonly from: string; readonly to: string }[] = [
  { from: '<!--', to: '-->' },
  { from: '<![CDATA[', to: ']]>' },
  { from: '<?', to: '?>' },
];

/** Of the `>` that ends a tag, not one in an attribute's value; -1 where there is none. */
function tagEnd(text: string, start: number): number {
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at;
  }
  return -1;
}

/** The outermost ones. */
function subjectsIn(root: XmlElement): readonly XmlElement[] {
  if (SUBJECTS.includes(root.name)) {
    return root.name === 'mode' && root.attributes.get('name') !== 'host-model' ? [] : [root];
  }
  return root.children.flatMap(subjectsIn);
}

function classified(subject: XmlElement, roots: readonly XmlElement[]): Result<Located, XmlFault> {
  switch (subject.name) {
    case 'cpudata':
      return ok({ kind: 'cpudata', root: subject });
    case 'capabilities': {
      const cpu = childOf(childOf(subject, 'host'), 'cpu');
      if (cpu === undefined) return err(fault(subject.line, 'the capabilities hold no <cpu> of the host'));
      return ok({ kind: 'host', cpu });
    }
    case 'domainCapabilities':
      return ofCapabilities(childOf(subject, 'cpu'), subject, subject.line);
    case 'mode':
      return ok({ kind: 'host-model', mode: subject, capabilities: null });
    case 'domain':
      return ok({ kind: 'domain', parts: partsOf(subject.children, subject.line, true) });
    default:
      if (childOf(subject, 'mode') !== undefined) return ofCapabilities(subject, null, subject.line);
      if (childOf(subject, 'arch') !== undefined) return ok({ kind: 'host', cpu: subject });
      return ok({ kind: 'domain', parts: partsOf(roots.includes(subject) ? roots : [subject], subject.line, false) });
  }
}

function ofCapabilities(
  cpu: XmlElement | undefined,
  capabilities: XmlElement | null,
  line: number,
): Result<Located, XmlFault> {
  const mode = cpu?.children.find((each) => each.name === 'mode' && each.attributes.get('name') === 'host-model');
  if (mode === undefined || mode.attributes.get('supported') === 'no') {
    return err(
      fault(mode?.line ?? line, "this hypervisor has no mode 'host-model', which would say what a guest gets"),
    );
  }
  return ok({ kind: 'host-model', mode, capabilities });
}

function partsOf(siblings: readonly XmlElement[], line: number, whole: boolean): DomainParts {
  const named = (name: string): XmlElement | null => siblings.find((each) => each.name === name) ?? null;
  return {
    name: named('name')?.text ?? null,
    cpu: named('cpu'),
    os: named('os'),
    features: named('features'),
    clock: named('clock'),
    whole,
    line,
  };
}
