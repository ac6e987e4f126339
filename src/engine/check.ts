/**
 * `check`: a contract on a destination's surface. Folds the judgements of all elements into one verdict with the
 * reasons, worst first. Pure.
 */
import { LEVELS, extract, fieldMask, hex, worse } from '../model/index.ts';
import type {
  Contract,
  Element,
  Evidence,
  Level,
  MeasuredSurface,
  MeasuredWord,
  Promised,
  Reason,
  Registry,
  Setting,
  Verdict,
  WordPath,
} from '../model/index.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judge.ts';

export function check(registry: Registry, contract: Contract, destination: MeasuredSurface): Verdict {
  const fold = new Fold(destination.fingerprint);
  const promisedWords = new Set<WordPath>();
  for (const promised of contract.promises) {
    promisedWords.add(promised.word);
    checkPromise(registry, promised, destination, fold);
  }
  for (const path of contract.carries) checkCarried(registry, path, destination, fold);
  for (const { area, why } of contract.unknown) {
    fold.add(area, unmeasured(`nothing was known of it when the contract was pinned: ${why}`), null, null, null);
  }
  checkAdditions(registry, contract, promisedWords, destination, fold);
  for (const area of destination.areas.values()) {
    if (area.measured || contract.unknown.some((known) => known.area === area.name)) continue;
    fold.add(area.name, unmeasured(`the destination's surface says nothing of it: ${area.evidence}`), null, null, null);
  }
  return fold.verdict();
}

/** What a surface and a contract of different architectures or vendors get: no element-wise comparison at all. */
export function incomparable(surface: MeasuredSurface, why: string): Verdict {
  const fold = new Fold(surface.fingerprint);
  fold.add('host', { level: 'refused', rule: 'incomparable', text: why }, null, null, null);
  return fold.verdict();
}

function unmeasured(text: string): Judgement {
  return { level: 'unknown', rule: 'not-measured', text };
}

function checkPromise(registry: Registry, promised: Promised, destination: MeasuredSurface, fold: Fold): void {
  const { word: path, value, mask } = promised;
  // An area that was not measured gets one reason for the whole of it, in `check`.
  if (destination.areas.get(registry.area(path))?.measured !== true) return;
  const elements = registry.elements(path, promised.width).filter((element) => (fieldMask(element) & mask) !== 0n);
  const word: Substitute = destination.words.get(path) ?? substitute(registry, promised, destination);
  if (word.value !== null && ((word.value ^ value) & mask) === 0n) return fold.same(elements.length);
  if (word.missing === true) return checkMissing(registry, promised, elements, word, fold);
  const setting = settingFor(word, promised);
  for (const element of elements) {
    const wanted = extract(element, value);
    const judgement = judge(element, wanted, word);
    const shows = word.value === null ? null : extract(element, word.value);
    fold.add(element.path, judgement, wanted, shows, word.evidence, judgement.level === 'selectable' ? setting : null);
  }
}

/** A word that the destination was measured not to have: zeros for a CPUID leaf, nothing at all for a register. */
type Substitute = MeasuredWord & { readonly missing?: true };

function substitute(registry: Registry, promised: Promised, destination: MeasuredSurface): Substitute {
  const area = registry.area(promised.word);
  const partial = destination.areas.get(area)?.partial;
  const known = registry.whenAbsent(promised.word);
  const absence = partial === undefined ? known : { ...known, otherwise: { how: 'unknown', why: partial } as const };
  const word: MeasuredWord = {
    path: promised.word,
    width: promised.width,
    value: absence.kind === 'zero' ? 0n : null,
    latitude: { kind: 'fixed', otherwise: absence.otherwise },
    mechanism: null,
    evidence: destination.areas.get(area)?.evidence ?? '',
  };
  return absence.kind === 'zero' ? word : { ...word, missing: true };
}

function checkMissing(
  registry: Registry,
  promised: Promised,
  elements: readonly Element[],
  word: Substitute,
  fold: Fold,
): void {
  const neutral = registry.neutral(promised.word);
  if (neutral !== null && ((neutral ^ promised.value) & promised.mask) === 0n) return fold.same(elements.length);
  const judgement = missing(
    word,
    `promised ${hex(promised.value)}, the destination does not have it`,
    'register-missing',
  );
  fold.add(promised.word, judgement, promised.value, null, word.evidence);
  fold.same(elements.length - 1);
}

function missing(word: MeasuredWord, text: string, rule: 'register-missing' | 'state-missing'): Judgement {
  const rejection = word.latitude.kind === 'fixed' ? word.latitude.otherwise : null;
  if (rejection?.how === 'refused') {
    return { level: 'refused', rule, text: `${text}; ${rejection.call} fails with ${rejection.errno}` };
  }
  if (rejection?.how === 'ignored') return { level: 'lost', rule, text: `${text}; ${rejection.call} drops it` };
  return { level: 'unknown', rule, text: `${text}; ${rejection?.why ?? 'what a restore does was not measured'}` };
}

function checkCarried(registry: Registry, path: WordPath, destination: MeasuredSurface, fold: Fold): void {
  if (destination.areas.get(registry.area(path))?.measured !== true) return;
  if (destination.words.has(path)) return fold.same(1);
  const word = substitute(registry, { word: path, width: 64, value: 0n, mask: 0n }, destination);
  const neutral = registry.neutral(path);
  const harmless = neutral === null ? '' : ` (harmless while its value is ${hex(neutral)})`;
  const text = `the guest carries it and the destination does not have it${harmless}`;
  fold.add(path, missing(word, text, 'state-missing'), null, null, word.evidence);
}

/**
 * What only the destination has. A register that the guest was never promised is harmless; a CPUID leaf was promised
 * too, as zeros, because that is what the guest reads where there is no leaf.
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
    if (registry.whenAbsent(word.path).kind !== 'zero') continue;
    const elements = registry.elements(word.path, word.width).filter(isPromised);
    const mask = elements.reduce((sum, element) => sum | fieldMask(element), 0n);
    checkPromise(registry, { word: word.path, width: word.width, value: 0n, mask }, destination, fold);
  }
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

class Fold {
  readonly #surface: string;
  readonly #counts: Record<Level, number> = { same: 0, selectable: 0, unknown: 0, refused: 0, lost: 0, silent: 0 };
  readonly #reasons: Reason[] = [];
  #level: Level = 'same';

  constructor(surface: string) {
    this.#surface = surface;
  }

  same(count: number): void {
    this.#counts.same += count;
  }

  add(
    element: string,
    { level, rule, text }: Judgement,
    promised: bigint | null,
    shows: bigint | null,
    pointer: string | null,
    setting: Setting | null = null,
  ): void {
    this.#counts[level]++;
    this.#level = worse(this.#level, level);
    if (level === 'same') return;
    const evidence: Evidence | null = pointer === null ? null : { surface: this.#surface, pointer };
    this.#reasons.push({ element, level, rule, text, promised, shows, evidence, setting });
  }

  verdict(): Verdict {
    const rank = (reason: Reason): number => LEVELS.indexOf(reason.level);
    // Array.prototype.sort is stable: within a level the contract's order stays.
    const reasons = this.#reasons.toSorted((a, b) => rank(b) - rank(a));
    return { level: this.#level, counts: this.#counts, reasons };
  }
}
