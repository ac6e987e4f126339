/**
 * A small architecture for the engine's laws: `leaf/N` words that read as zeros where absent, `reg/N` registers that
 * cannot be restored where absent, `state/N` units of state, `switch/N` that no call reads back. All have 8 bits; every
 * kind of comparison is there.
 */
import fc from 'fast-check';
import type {
  Comparison,
  Element,
  MeasuredSurface,
  MeasuredWord,
  Registry,
  Rejection,
  Restore,
  WordLatitude,
} from '../../src/model/index.ts';

const REFUSED: Rejection = { how: 'refused', call: 'SET', errno: 'EINVAL' };
const IGNORED: Rejection = { how: 'ignored', call: 'SET' };

function element(word: string, name: string, shift: number, width: number, part: Partial<Element>): Element {
  return {
    path: name === '' ? word : `${word}/${name}`,
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

/** How the number in the upper half of each word compares. */
const NUMBERS: Readonly<Record<string, { readonly comparison: Comparison; readonly signed: boolean }>> = {
  'leaf/0': { comparison: 'lower-safe', signed: false },
  'leaf/1': { comparison: 'higher-safe', signed: false },
  'reg/0': { comparison: 'higher-or-zero', signed: false },
  'reg/1': { comparison: 'lower-safe', signed: true },
};

export const WIDTH = 8;

export const toy: Registry = {
  architecture: 'x86_64',
  elements(word) {
    if (word.startsWith('state/')) return [element(word, '', 0, WIDTH, { kind: 'state', comparison: 'none' })];
    if (word.startsWith('switch/')) return [element(word, '', 0, WIDTH, { comparison: 'exact' })];
    const number = NUMBERS[word] ?? { comparison: 'lower-safe', signed: false };
    return [
      element(word, 'bit0', 0, 1, {}),
      element(word, 'bit1', 1, 1, {}),
      element(word, 'make', 2, 2, { kind: 'identity', comparison: 'exact' }),
      element(word, 'level', 4, 4, { kind: 'limit', ...number }),
    ];
  },
  area: (word) => word.split('/')[0] ?? '',
  whenAbsent: (word) =>
    word.startsWith('leaf/')
      ? { kind: 'zero', otherwise: IGNORED, settable: 0n, mechanism: null }
      : { kind: 'absent', otherwise: REFUSED },
  neutral: (word) => (['reg/0', 'state/0'].includes(word) ? 0n : word.startsWith('switch/') ? 1n : null),
  canonical: (word) => word,
  incomparable: () => null,
};

/** The same with switches that a contract must speak of. */
export const toyWithSwitches: Registry = {
  ...toy,
  switches: () => ['switch/0', 'switch/1'].map((path) => ({ path, width: WIDTH })),
};

const byte = fc.bigInt({ min: 0n, max: 255n });
const nibble = fc.bigInt({ min: 0n, max: 15n });
export const rejection: fc.Arbitrary<Rejection> = fc.constantFrom<Rejection>(REFUSED, IGNORED, {
  how: 'unknown',
  why: 'nobody tried',
});

function latitudeFor(path: string, value: bigint): fc.Arbitrary<WordLatitude> {
  // A range is of words that are one number.
  const ranges = toy.elements(path, WIDTH).length === 1 ? [rangeAround(value)] : [];
  return fc.oneof(
    ...ranges,
    rejection.map((otherwise): WordLatitude => ({ kind: 'fixed', otherwise })),
    fc.constant<WordLatitude>({ kind: 'free' }),
    fc.constant<WordLatitude>({ kind: 'unknown', why: 'nobody tried' }),
    fc
      .tuple(byte, byte, rejection)
      .map(([clearable, settable, otherwise]): WordLatitude => ({ kind: 'bits', clearable, settable, otherwise })),
    fc.tuple(fc.uniqueArray(nibble), rejection).map(([values, otherwise]): WordLatitude => ({
      kind: 'fields',
      fields: [
        { shift: 4, width: 4, values },
        { shift: 0, width: 1, values: [0n, 1n] },
      ],
      otherwise,
    })),
    fc
      .tuple(fc.array(byte, { maxLength: 6 }), rejection)
      .map(([values, otherwise]): WordLatitude => ({ kind: 'values', values: [...values, value], otherwise })),
  );
}

function rangeAround(value: bigint): fc.Arbitrary<WordLatitude> {
  return fc.tuple(byte, byte, rejection, rejection).map(([a, b, below, above]): WordLatitude => ({
    kind: 'range',
    min: [a, b, value].reduce((least, each) => (each < least ? each : least)),
    max: [a, b, value].reduce((most, each) => (each > most ? each : most)),
    below,
    above,
  }));
}

/** Few values, so that hosts often agree. */
const shown = fc.oneof(fc.constantFrom(0n, 1n, 3n, 0x13n, 0x27n, 0xf3n), byte);

function wordAt(path: string): fc.Arbitrary<MeasuredWord> {
  return shown.chain((value) =>
    latitudeFor(path, value).map((latitude) => ({
      path,
      width: WIDTH,
      value,
      latitude,
      mechanism: { operation: { call: 'KVM_SET_ONE_REG', id: 0n }, until: 'vcpu-created' },
      evidence: `/sections/toy/${path}`,
    })),
  );
}

const PATHS = ['leaf/0', 'leaf/1', 'reg/0', 'reg/1', 'state/0', 'state/1', 'switch/0'] as const;
const AREAS = ['leaf', 'reg', 'state', 'switch'] as const;

const restore: fc.Arbitrary<Restore> = fc
  .tuple(fc.option(byte), fc.oneof(fc.constant({ how: 'taken' } as const), rejection), fc.option(fc.tuple(byte, byte)))
  .map(([value, outcome, bits]): Restore => {
    const tried =
      bits === null || value === null
        ? {}
        : { bits: { taken: bits[0], dropped: bits[1] & ~bits[0], otherwise: REFUSED } };
    return { value, outcome, ...tried, evidence: '/sections/toy/restores' };
  });

export function surfaceOf(
  words: readonly MeasuredWord[],
  id: string,
  restores?: MeasuredSurface['restores'],
): MeasuredSurface {
  return {
    architecture: 'x86_64',
    fingerprint: `sha256:${id}`,
    words: new Map(words.map((word) => [word.path, word])),
    ...(restores === undefined ? {} : { restores }),
    areas: new Map(AREAS.map((name) => [name, { name, measured: true, evidence: `/sections/${name}` }])),
    caveats: [],
  };
}

/** Surfaces of the toy, with every area measured. */
export const toySurface: fc.Arbitrary<MeasuredSurface> = fc
  .tuple(
    fc.subarray([...PATHS]).chain((paths) => fc.tuple(...paths.map(wordAt))),
    fc.uuid(),
    fc.option(restore),
  )
  .map(([words, id, tried]) => {
    const has = words.some(({ path }) => path === 'state/1');
    return surfaceOf(words, id, tried === null || has ? undefined : new Map([['state/1', tried]]));
  });

/** Hosts of one make that can be made to show less: most pools of them have a common machine. */
export const toyPool: fc.Arbitrary<readonly [MeasuredSurface, MeasuredSurface, MeasuredSurface]> = fc
  .tuple(yielding(), yielding(), yielding())
  .map(([a, b, c]) => [a, b, c] as const);

function yielding(): fc.Arbitrary<MeasuredSurface> {
  const bits: WordLatitude = { kind: 'bits', clearable: 0xffn, settable: 0xf0n, otherwise: REFUSED };
  const nibbles = Array.from({ length: 16 }, (_, each) => BigInt(each));
  const fields: WordLatitude = {
    kind: 'fields',
    fields: [
      { shift: 0, width: 1, values: [0n, 1n] },
      { shift: 1, width: 1, values: [0n, 1n] },
      { shift: 4, width: 4, values: nibbles },
    ],
    otherwise: IGNORED,
  };
  const word = (path: string): fc.Arbitrary<MeasuredWord> =>
    fc
      .tuple(
        wordAt(path),
        fc.constantFrom(0x00n, 0x01n, 0x03n, 0x13n, 0x21n, 0x72n, 0xf3n),
        fc.constantFrom<WordLatitude>(bits, fields, { kind: 'free' }),
        fc.nat(19),
      )
      .map(([any, value, latitude, odd]) => (odd === 0 ? any : { ...any, value, latitude }));
  return fc
    .tuple(
      fc.subarray([...PATHS], { minLength: 4 }).chain((paths) => fc.tuple(...paths.map(word))),
      fc.uuid(),
    )
    .map(([words, id]) => surfaceOf(words, id));
}

/** A part of what the latitude allows, with the same answer to everything else. */
export function shrunk(word: MeasuredWord): fc.Arbitrary<WordLatitude> {
  const { latitude: given, value } = word;
  switch (given.kind) {
    case 'fixed':
    case 'unknown':
      return fc.constant(given);
    case 'free':
      return value === null
        ? fc.constant(given)
        : latitudeFor(word.path, value).filter(({ kind }) => kind !== 'unknown');
    case 'bits':
      return fc.tuple(byte, byte).map(([keep, add]) => ({
        ...given,
        clearable: given.clearable & keep,
        settable: given.settable & add,
      }));
    case 'values':
      return fc.subarray([...given.values]).map((values) => ({ ...given, values }));
    case 'fields':
      return fc
        .tuple(...given.fields.map((field) => fc.subarray([...field.values]).map((values) => ({ ...field, values }))))
        .map((fields) => ({ ...given, fields }));
    case 'range':
      return fc.tuple(byte, byte).map(([a, b]) => {
        const inner = (bound: bigint, outer: bigint): bigint => (value === null ? outer : bound);
        const low = inner(a >= given.min && value !== null && a <= value ? a : given.min, given.min);
        const high = inner(b <= given.max && value !== null && b >= value ? b : given.max, given.max);
        return { ...given, min: low, max: high };
      });
  }
}
