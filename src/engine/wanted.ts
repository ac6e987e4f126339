/** What a person asks to be promised, held against what the hosts can show: `pin` with explicit values. Pure. */
import { err, extract, hex, latitude, ok } from '../model/index.ts';
import type {
  Element,
  ElementPath,
  MeasuredSurface,
  MeasuredWord,
  Registry,
  Result,
  WordPath,
} from '../model/index.ts';
import { isPromised } from './addition-units.ts';
import { describeLatitude } from './describe.ts';
import { fieldLatitude } from './field-latitude.ts';
import { show } from './judge.ts';
import type { NamedHost, Wanted } from './promise.ts';

export interface WantedError {
  readonly code: 'unknown-element' | 'not-selectable';
  /** Names the element, the host, and the values that can be had there. */
  readonly message: string;
}

/** The element of a path; a word's path where the word is one element. Null where no host and no table knows it. */
export function findElement(registry: Registry, path: ElementPath, hosts: readonly NamedHost[]): Element | null {
  const width = (word: WordPath): number | undefined =>
    hosts.find(({ surface }) => surface.words.has(word))?.surface.words.get(word)?.width ??
    registry.switches?.().find((each) => each.path === word)?.width;
  const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  for (const word of [registry.canonical(path), registry.canonical(parent)]) {
    const bits = width(word);
    if (bits === undefined) continue;
    const elements = registry.elements(word, bits);
    const [whole, ...others] = elements;
    if (word === registry.canonical(path)) return others.length === 0 ? (whole ?? null) : null;
    const name = path.slice(parent.length + 1);
    const found = elements.find((element) => element.path === `${word}/${name}`);
    if (found !== undefined) return found;
  }
  return null;
}

/** The wanted values by the elements' own paths, or the first that cannot be had. */
export function validate(
  registry: Registry,
  asked: ReadonlyMap<string, bigint>,
  hosts: readonly NamedHost[],
): Result<Wanted, WantedError> {
  const wanted = new Map<ElementPath, bigint>();
  for (const [path, value] of asked) {
    const element = findElement(registry, path, hosts);
    const fault = element === null ? notFound(path) : faultOf(registry, element, value, hosts);
    if (fault !== null) return err(fault);
    if (element !== null) wanted.set(element.path, value);
  }
  return ok(wanted);
}

function notFound(path: string): WantedError {
  return { code: 'unknown-element', message: `${path}: no element of these surfaces has this path` };
}

function faultOf(registry: Registry, element: Element, value: bigint, hosts: readonly NamedHost[]): WantedError | null {
  const { path, kind, width } = element;
  if (!isPromised(element)) {
    return { code: 'not-selectable', message: `${path}: ${kind}, which no contract promises` };
  }
  if (value >> BigInt(width) !== 0n) {
    const message = `${path}: ${hex(value)} does not fit into ${width} ${width === 1 ? 'bit' : 'bits'}`;
    return { code: 'not-selectable', message };
  }
  const cannot = hosts.flatMap(({ name, surface }) => {
    const word = surface.words.get(element.word);
    const refusal = word === undefined ? ofAbsent(registry, element, value, surface) : ofWord(element, value, word);
    return refusal === null ? [] : [`${name}: ${refusal}`];
  });
  if (cannot.length === 0) return null;
  return { code: 'not-selectable', message: `${path}: ${show(element, value)} cannot be had (${cannot.join('; ')})` };
}

/** Why a host cannot show the value of a word that it has, and what it can; null where it can. */
function ofWord(element: Element, value: bigint, word: MeasuredWord): string | null {
  if (word.value === null) return 'its value was not measured';
  const found = fieldLatitude(element, word, word.value);
  const shows = extract(element, word.value);
  if (value === shows || (found.known && latitude.contains(found.latitude, value))) return null;
  return `shows ${show(element, shows)}, can show ${describeLatitude(element, found)}`;
}

/** The same of a word that the host does not have, or that was not measured there. */
function ofAbsent(registry: Registry, element: Element, value: bigint, surface: MeasuredSurface): string | null {
  if (surface.areas.get(registry.area(element.word))?.measured !== true) {
    // What a VMM sets can be said of a host that was not asked.
    const isSwitch = registry.switches?.().some(({ path }) => path === element.word) === true;
    return isSwitch ? null : 'nothing was measured of it';
  }
  const stands = registry.whenAbsent(element.word).kind === 'zero' ? 0n : registry.neutral(element.word);
  if (stands === null) return 'it does not have it';
  const only = extract(element, stands);
  return value === only ? null : `it does not have it, which is ${show(element, only)}`;
}
