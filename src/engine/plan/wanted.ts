/** What a contract wants of each word on one host: the whole value, whether it has to be set, and by which operation. */
import { operationFor } from '../../arch/index.ts';
import { agrees, extract, fieldMask, hex } from '../../model/index.ts';
import type {
  Contract,
  ElementPath,
  Hex,
  MeasuredSurface,
  MeasuredWord,
  Operation,
  PlanWord,
  Registry,
  WordPath,
} from '../../model/index.ts';

export interface Wanted {
  readonly path: WordPath;
  readonly width: number;
  /** The promised bits over what the host shows by default. */
  readonly whole: bigint;
  readonly mask: bigint;
  /** What the host shows when nobody asks; null where it does not have the word or its value is not known. */
  readonly shows: bigint | null;
  readonly operation: Operation | null;
  readonly needs: Operation | null;
  readonly neutral: bigint | null;
  /** True where the host shows something else, as far as that is known. */
  readonly differs: boolean;
  readonly doubt: string | null;
  /** The call that reads the word says something else than a guest reads, so that it is not asked. */
  readonly misread: boolean;
}

/** Every promise of the contract. */
export function wantedWords(registry: Registry, contract: Contract, surface: MeasuredSurface): Wanted[] {
  return contract.promises.map((promised): Wanted => {
    const word = surface.words.get(promised.word);
    const measured = surface.areas.get(registry.area(promised.word))?.measured === true;
    const zero = measured && registry.whenAbsent(promised.word).kind === 'zero';
    const shows = word === undefined ? (zero ? 0n : null) : word.value;
    const { mask, width } = promised;
    const whole = ((shows ?? 0n) & ~mask) | (promised.value & mask);
    return {
      path: promised.word,
      width,
      whole,
      mask,
      shows,
      operation: word?.mechanism?.operation ?? operationFor(contract.architecture, promised.word),
      needs: word?.mechanism?.needs ?? null,
      neutral: registry.neutral(promised.word),
      differs: differs(registry, promised.word, width, mask, whole, shows),
      doubt: word === undefined || shows === whole ? null : doubtOf(word),
      misread: word?.misread !== undefined,
    };
  });
}

/** Element by element, because a clock may be a little off and a promise need not be of the whole word. */
function differs(
  registry: Registry,
  path: WordPath,
  width: number,
  mask: bigint,
  whole: bigint,
  shows: bigint | null,
): boolean {
  if (shows === null) {
    const neutral = registry.neutral(path);
    return neutral === null || ((neutral ^ whole) & mask) !== 0n;
  }
  return registry
    .elements(path, width)
    .some(
      (element) =>
        (fieldMask(element) & mask) !== 0n && !agrees(element, extract(element, whole), extract(element, shows)),
    );
}

/** Where no value of the word can be selected at all although the call succeeds, reading back proves nothing either. */
function doubtOf(word: MeasuredWord): string | null {
  const { latitude } = word;
  if (latitude.kind !== 'fixed' || latitude.otherwise.how !== 'ignored') return null;
  return `${latitude.otherwise.call} accepts any value here and the guest does not see it`;
}

/** The elements of a word that the contract has otherwise than the host. */
export function selections(registry: Registry, wanted: Wanted): { element: ElementPath; value: Hex }[] {
  return registry.elements(wanted.path, wanted.width).flatMap((element) => {
    if ((fieldMask(element) & wanted.mask) === 0n) return [];
    const value = extract(element, wanted.whole);
    const shows = wanted.shows === null ? null : extract(element, wanted.shows);
    return shows !== null && agrees(element, value, shows) ? [] : [{ element: element.path, value: hex(value) }];
  });
}

/** The parts of a plan's word that do not depend on how it is selected. */
export function planWord(wanted: Wanted): Pick<PlanWord, 'word' | 'width' | 'value' | 'mask' | 'neutral' | 'doubt'> {
  return {
    word: wanted.path,
    width: wanted.width,
    value: hex(wanted.whole),
    mask: hex(wanted.mask),
    ...(wanted.neutral === null ? {} : { neutral: hex(wanted.neutral) }),
    ...(wanted.doubt === null ? {} : { doubt: wanted.doubt }),
  };
}
