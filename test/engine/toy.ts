/**
 * A small architecture for the engine's laws: `leaf/N` words of 8 bits that read as zeros where absent (four feature
 * bits, then one 4-bit number), and `reg/N` registers that cannot be restored where absent.
 */
import fc from 'fast-check';
import type {
  Element,
  MeasuredSurface,
  MeasuredWord,
  Registry,
  Rejection,
  WordLatitude,
} from '../../src/model/index.ts';

const REFUSED: Rejection = { how: 'refused', call: 'SET', errno: 'EINVAL' };
const IGNORED: Rejection = { how: 'ignored', call: 'SET' };

function element(word: string, name: string, shift: number, width: number, part: Partial<Element>): Element {
  return {
    path: `${word}/${name}`,
    word,
    shift,
    width,
    kind: 'feature',
    comparison: 'subset',
    signed: false,
    description: name,
    source: 'toy',
    named: true,
    ...part,
  };
}

export const toy: Registry = {
  architecture: 'x86_64',
  elements: (word) => [
    ...[0, 1, 2, 3].map((bit) => element(word, `bit${bit}`, bit, 1, {})),
    element(word, 'level', 4, 4, { kind: 'limit', comparison: 'lower-safe' }),
  ],
  area: (word) => word.split('/')[0] ?? '',
  whenAbsent: (word) =>
    word.startsWith('leaf/') ? { kind: 'zero', otherwise: IGNORED } : { kind: 'absent', otherwise: REFUSED },
  neutral: (word) => (word === 'reg/0' ? 0n : null),
  canonical: (word) => word,
  incomparable: () => null,
};

const byte = fc.bigInt({ min: 0n, max: 255n });
const rejection = fc.constantFrom<Rejection>(REFUSED, IGNORED, { how: 'unknown', why: 'nobody tried' });

function latitudeFor(value: bigint): fc.Arbitrary<WordLatitude> {
  return fc.oneof(
    rejection.map((otherwise): WordLatitude => ({ kind: 'fixed', otherwise })),
    fc.constant<WordLatitude>({ kind: 'free' }),
    fc.constant<WordLatitude>({ kind: 'unknown', why: 'nobody tried' }),
    fc
      .tuple(byte, byte, rejection)
      .map(([clearable, settable, otherwise]): WordLatitude => ({ kind: 'bits', clearable, settable, otherwise })),
    fc.tuple(fc.uniqueArray(fc.bigInt({ min: 0n, max: 15n })), rejection).map(([values, otherwise]): WordLatitude => ({
      kind: 'fields',
      fields: [{ shift: 4, width: 4, values }],
      otherwise,
    })),
    fc
      .tuple(fc.array(byte, { maxLength: 4 }), rejection)
      .map(([values, otherwise]): WordLatitude => ({ kind: 'values', values: [...values, value], otherwise })),
  );
}

function wordAt(path: string): fc.Arbitrary<MeasuredWord> {
  return byte.chain((value) =>
    latitudeFor(value).map((latitude) => ({
      path,
      width: 8,
      value,
      latitude,
      mechanism: { operation: { call: 'KVM_SET_MSRS', index: 0 }, until: 'vcpu-created' },
      evidence: `/sections/toy/${path}`,
    })),
  );
}

const PATHS = ['leaf/0', 'leaf/1', 'reg/0', 'reg/1'] as const;

/** Surfaces of the toy; `whole` ones have both areas measured. */
export const toySurface: fc.Arbitrary<MeasuredSurface> = fc
  .tuple(
    fc.subarray([...PATHS]).chain((paths) => fc.tuple(...paths.map(wordAt))),
    fc.nat(),
  )
  .map(([words, id]) => ({
    architecture: 'x86_64',
    fingerprint: `sha256:${id}`,
    words: new Map(words.map((word) => [word.path, word])),
    areas: new Map(['leaf', 'reg'].map((name) => [name, { name, measured: true, evidence: `/sections/${name}` }])),
    caveats: [],
  }));
