/**
 * `check`: a contract on a destination's surface. Folds the judgements of all elements into one verdict with the
 * reasons, worst first. Pure.
 */
import { extract, fieldMask, hex } from '../model/index.ts';
import type {
  Contract,
  Element,
  MeasuredSurface,
  MeasuredWord,
  Promised,
  Registry,
  Setting,
  Verdict,
  WordPath,
} from '../model/index.ts';
import { addMissing, addMissingState, substitute } from './absence.ts';
import type { Substitute } from './absence.ts';
import { Fold } from './fold.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judge.ts';

export function check(registry: Registry, contract: Contract, destination: MeasuredSurface): Verdict {
  const fold = new Fold(destination);
  checkInto(registry, contract, destination, fold);
  return fold.verdict();
}

/** As `check`, into a verdict that others add to. */
export function checkInto(registry: Registry, contract: Contract, destination: MeasuredSurface, fold: Fold): void {
  if (addIncomparable(registry, contract, destination, fold)) return;
  const promisedWords = new Set<WordPath>();
  for (const promised of contract.promises) {
    promisedWords.add(promised.word);
    checkPromise(registry, promised, destination, fold);
  }
  for (const path of contract.carries) {
    // A register of which a part is promised and a part is state was judged above.
    if (!promisedWords.has(path)) addMissingState(registry, path, destination, fold);
  }
  for (const { area, why } of contract.unknown) {
    fold.add(area, area, unmeasured(`nothing was known of it when the contract was pinned: ${why}`), null, null, null);
  }
  checkAreas(registry, contract, destination, fold);
  checkAdditions(registry, contract, promisedWords, destination, fold);
  for (const area of destination.areas.values()) {
    if (area.measured || contract.unknown.some((known) => known.area === area.name)) continue;
    fold.add(
      area.name,
      area.name,
      unmeasured(`the destination's surface says nothing of it: ${area.evidence}`),
      null,
      null,
      null,
    );
  }
}

/** Another vendor is one reason: an element-wise comparison would say much and mean nothing. True where it is one. */
export function addIncomparable(registry: Registry, contract: Contract, other: MeasuredSurface, fold: Fold): boolean {
  const why = registry.incomparable(asSurface(contract), other);
  if (why === null) return false;
  fold.add('host', 'host', { level: 'refused', rule: 'incomparable', text: why }, null, null, null);
  return true;
}

/** A promise in an area that the destination does not even name is not kept by silence: nothing is known of it. */
function checkAreas(registry: Registry, contract: Contract, destination: MeasuredSurface, fold: Fold): void {
  const words = [...contract.promises.map(({ word }) => word), ...contract.carries];
  for (const area of new Set(words.map((word) => registry.area(word)))) {
    if (destination.areas.has(area) || contract.unknown.some((known) => known.area === area)) continue;
    fold.add(
      area,
      area,
      unmeasured('the contract says something of it, and nobody knows such an area'),
      null,
      null,
      null,
    );
  }
}

/** A contract as the surface of a host that shows exactly what it promises; to ask a registry what both are. */
function asSurface(contract: Contract): MeasuredSurface {
  const words = contract.promises.map(({ word: path, width, value }): [WordPath, MeasuredWord] => [
    path,
    { path, width, value, latitude: { kind: 'free' }, mechanism: null, evidence: '' },
  ]);
  return {
    architecture: contract.architecture,
    fingerprint: contract.pinnedFrom[0]?.fingerprint ?? '',
    words: new Map(words),
    areas: new Map(),
    caveats: [],
  };
}

function unmeasured(text: string): Judgement {
  return { level: 'unknown', rule: 'not-measured', text };
}

function checkPromise(registry: Registry, promised: Promised, destination: MeasuredSurface, fold: Fold): void {
  const { word: path, value, mask } = promised;
  // An area that was not measured gets one reason for the whole of it, in `check`.
  if (destination.areas.get(registry.area(path))?.measured !== true) return;
  const elements = registry.elements(path, promised.width).filter((element) => (fieldMask(element) & mask) !== 0n);
  const area = registry.area(path);
  const word: Substitute = destination.words.get(path) ?? substitute(registry, promised, destination);
  if (word.value !== null && ((word.value ^ value) & mask) === 0n) return fold.same(elements.length);
  if (word.missing === true)
    return addMissing(registry, promised, `promised ${hex(value)}, the destination does not have it`, word, fold);
  const setting = settingFor(word, promised);
  for (const element of elements) {
    const wanted = extract(element, value);
    const judgement = judge(element, wanted, word);
    const shows = word.value === null ? null : extract(element, word.value);
    fold.add(
      area,
      element.path,
      judgement,
      wanted,
      shows,
      word.evidence,
      judgement.level === 'selectable' ? setting : null,
    );
  }
}

/**
 * What only the destination has. A CPUID leaf was promised too, as zeros, because that is what the guest reads where
 * there is no leaf. A register that the guest was never promised is harmless, but for one by which a hypervisor's
 * service is offered: that shows to any guest that asks.
 */
function checkAdditions(
  registry: Registry,
  contract: Contract,
  promisedWords: ReadonlySet<WordPath>,
  destination: MeasuredSurface,
  fold: Fold,
): void {
  const unknown = new Set(contract.unknown.map(({ area }) => area));
  for (const word of destination.words.values()) {
    if (promisedWords.has(word.path) || unknown.has(registry.area(word.path))) continue;
    if (registry.whenAbsent(word.path).kind !== 'zero') {
      addOffered(registry, word, fold);
      continue;
    }
    const elements = registry.elements(word.path, word.width).filter(isPromised);
    const mask = elements.reduce((sum, element) => sum | fieldMask(element), 0n);
    checkPromise(registry, { word: word.path, width: word.width, value: 0n, mask }, destination, fold);
  }
}

/**
 * A paravirtual register that is on by default. Whether the guest had the service before is not known: a kernel without
 * the register either lacks the service or gives it without saying so (KVM_REG_ARM_STD_BMAP came in 5.19 and what it
 * stands for in 5.12).
 */
function addOffered(registry: Registry, word: MeasuredWord, fold: Fold): void {
  const neutral = registry.neutral(word.path);
  const [whole] = registry.elements(word.path, word.width);
  if (neutral === null || whole?.kind !== 'paravirtual' || word.value === neutral) return;
  const shown = word.value === null ? 'a value that was not measured' : hex(word.value);
  const text = `the destination offers it by default (${shown}), and nothing was known of it when the contract was pinned; ${hex(neutral)} is to offer nothing`;
  const judgement: Judgement = { level: 'unknown', rule: 'destination-only', text };
  fold.add(registry.area(word.path), word.path, judgement, null, word.value, word.evidence);
}

/** Derived values and topology are nobody's promise; state is carried, not promised. */
export function isPromised(element: Element): boolean {
  switch (element.kind) {
    case 'feature':
    case 'limit':
    case 'identity':
    case 'paravirtual':
      return true;
    case 'derived':
    case 'topology':
    case 'state':
      return false;
  }
}

/** The whole word as it has to be written: what the destination has by default, with the promised bits. */
function settingFor(word: MeasuredWord, promised: Promised): Setting | null {
  if (word.mechanism === null || word.value === null) return null;
  return { ...word.mechanism, value: hex((word.value & ~promised.mask) | (promised.value & promised.mask)) };
}
