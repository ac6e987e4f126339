/** Where one element changed from kernel to kernel. */
import { expect, test } from 'vitest';
import { history } from '../../src/engine/index.ts';
import type { MeasuredSurface, MeasuredWord, WordLatitude } from '../../src/model/index.ts';
import { toy, WIDTH } from './toy.ts';

const FIXED: WordLatitude = { kind: 'fixed', otherwise: { how: 'unknown', why: '' } };

function surface(value: bigint | null | undefined, latitude: WordLatitude = FIXED, measured = true): MeasuredSurface {
  const word: MeasuredWord = {
    path: 'leaf/0',
    width: WIDTH,
    value: value ?? null,
    latitude,
    mechanism: null,
    evidence: '',
  };
  return {
    architecture: 'x86_64',
    fingerprint: '',
    words: value === undefined ? new Map() : new Map([['leaf/0', word]]),
    areas: new Map([['leaf', { name: 'leaf', measured, evidence: '' }]]),
    caveats: [],
  };
}

const level = toy.elements('leaf/0', WIDTH).find(({ path }) => path === 'leaf/0/level');

test('a default, a latitude and a presence that change are told apart; what stays is not told', () => {
  if (level === undefined) throw new Error('the toy has no leaf/0/level');
  const free: WordLatitude = { kind: 'free' };
  const points = history(toy, level, [
    { name: 'a', measured: surface(0x10n) },
    // Another field of the word.
    { name: 'b', measured: surface(0x11n) },
    { name: 'c', measured: surface(0x21n) },
    { name: 'd', measured: surface(0x21n, free) },
    { name: 'e', measured: surface(undefined) },
    { name: 'f', measured: surface(undefined, FIXED, false) },
  ]);
  expect(points.map(({ surface: name, changed }) => [name, ...changed])).toEqual([
    ['a'],
    ['b'],
    ['c', 'default'],
    ['d', 'latitude'],
    ['e', 'presence'],
    ['f', 'presence'],
  ]);
  expect(points.map(({ shows }) => shows)).toEqual([1n, 1n, 2n, 2n, null, null]);
  expect(points.map(({ presence }) => presence)).toEqual([
    'there',
    'there',
    'there',
    'there',
    'not-there',
    'not-measured',
  ]);
});

test('a value that varies has no latitude that could be compared', () => {
  if (level === undefined) throw new Error('the toy has no leaf/0/level');
  const [point] = history(toy, level, [{ name: 'a', measured: surface(null) }]);
  expect(point).toMatchObject({ presence: 'there', shows: null, changed: [] });
  expect(point?.canShow).toMatch(/^not known/);
});
