/**
 * libvirt's XML as a plain tree: elements with their attributes and the line that they begin in. Whatever the parser
 * merely warns of (attributes without quotes, unknown entities) is an error here, and a document type, by which a file
 * could bring entities of its own, is not read at all.
 */
import { DOMParser, ParseError } from '@xmldom/xmldom';
import type { Element, Node } from '@xmldom/xmldom';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';

export interface XmlElement {
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, trimmed, without that of its children. */
  readonly text: string;
}

export interface XmlFault {
  /** Counted from 1; null where the fault has no place. */
  readonly line: number | null;
  readonly message: string;
}

/** Characters; a tree takes some 400 times as much. Domain capabilities have 70,000, capabilities 100 more for each of a host's CPUs. */
const LONGEST = 1024 * 1024;
/** libvirt's own files nest five deep. */
const DEEPEST = 64;
const ELEMENT_NODE = 1;
const TEXT_NODES: readonly number[] = [3, 4];

/** `before`: lines of the file that come before this text. */
export function parseXml(text: string, before = 0): Result<XmlElement, XmlFault> {
  if (text.length > LONGEST)
    return err(fault(null, `more than ${LONGEST / 1024 / 1024} MiB of XML, which no file of libvirt's is`));
  const forbidden = firstForbidden(text);
  if (forbidden >= 0) return err(fault(before + lineOf(text, forbidden), 'a character that XML does not allow'));
  const declared = /<!DOCTYPE/i.exec(text);
  if (declared !== null) {
    return err(fault(before + lineOf(text, declared.index), 'a document type, which is not read here'));
  }
  const encoding = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) {
    return err(fault(before + 1, `it says to be written in ${encoding}: only UTF-8 is read`));
  }
  // The parser wraps what its error handler throws; the first complaint is kept as it was made.
  let complaint: XmlFault | null = null;
  const placed = (line: number | null): number | null => (line === null ? null : before + line);
  const onError = (_level: string, message: string, context: unknown): never => {
    complaint ??= fault(placed(lineIn(member(context, 'locator'))), message);
    throw new Error(message);
  };
  try {
    const root = new DOMParser({ onError }).parseFromString(text, 'text/xml').documentElement;
    return root === null ? err(fault(null, 'there is no element')) : treeOf(root, before, 0);
  } catch (thrown) {
    if (thrown instanceof ParseError) return err(complaint ?? fault(placed(lineIn(thrown.locator)), thrown.message));
    throw thrown;
  }
}

/** The value of an attribute; the fault says in which line it is missing. */
export function attribute(element: XmlElement, name: string): Result<string, XmlFault> {
  const value = element.attributes.get(name);
  return value === undefined ? err(fault(element.line, `<${element.name}> has no attribute ${name}`)) : ok(value);
}

export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The first child of that name; undefined also where there is no element to begin with. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function fault(line: number | null, message: string): XmlFault {
  return { line, message };
}

export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** XML 1.0, 2.2: in a binary file, or in one that was cut off and padded with zeros. */
function firstForbidden(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x9 && code !== 0xa && code !== 0xd) return at;
  }
  return -1;
}

function treeOf(element: Element, before: number, depth: number): Result<XmlElement, XmlFault> {
  const line = before + (element.lineNumber ?? 0);
  if (depth > DEEPEST) return err(fault(line, `elements are nested more than ${DEEPEST} deep`));
  const children: XmlElement[] = [];
  let text = '';
  for (let node: Node | null = element.firstChild; node !== null; node = node.nextSibling) {
    if (TEXT_NODES.includes(node.nodeType)) text += node.nodeValue ?? '';
    if (!isElement(node)) continue;
    const child = treeOf(node, before, depth + 1);
    if (!child.ok) return child;
    children.push(child.value);
  }
  const attributes = Array.from(element.attributes, ({ name, value }): [string, string] => [name, value]);
  return ok({ name: element.tagName, line, attributes: new Map(attributes), children, text: text.trim() });
}

function isElement(node: Node): node is Element {
  return node.nodeType === ELEMENT_NODE;
}

function lineIn(locator: unknown): number | null {
  const line = member(locator, 'lineNumber');
  return typeof line === 'number' && line > 0 ? line : null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
