/** Walks a section along its meaning, and says of every datum what became of it. */
import type { Json } from '../../model/index.ts';
import { isObject } from './meaning.ts';
import type { Here, Meaning, RawUnit } from './meaning.ts';

export function walk(meaning: Meaning, here: Here): readonly RawUnit[] {
  const { value, pointer } = here;
  switch (meaning.is) {
    case 'key':
      return [];
    case 'measurement':
      return [{ pointer, what: 'measurement', became: { kind: 'measurement', why: meaning.why } }];
    case 'unit':
      return [unitOf(meaning, here), ...strangers(value, meaning.members, here)];
    case 'list':
      if (value === null) return [];
      return Array.isArray(value)
        ? items(value).flatMap((_, at) => walk(meaning.of, step(here, String(at))))
        : [misfit(here, 'a list')];
    case 'tuple':
      if (!Array.isArray(value)) return [misfit(here, 'a row')];
      return items(value).flatMap((_, at) => {
        const inner = meaning.of[at];
        const there = step(here, String(at));
        return inner === undefined ? [unknown(there)] : walk(inner, there);
      });
    case 'record':
      if (value === null) return [];
      if (!isObject(value)) return [misfit(here, 'an object')];
      return Object.keys(value).flatMap((name) => {
        const inner = Object.hasOwn(meaning.members, name) ? meaning.members[name] : undefined;
        const there = step(here, name);
        return inner === undefined ? [unknown(there)] : walk(inner, there);
      });
  }
}

function unitOf(meaning: Extract<Meaning, { is: 'unit' }>, here: Here): RawUnit {
  const { word, otherwise } = meaning.map(here);
  const raw = { pointer: here.pointer, what: meaning.what };
  if (here.context.words.has(word)) return { ...raw, became: { kind: 'word', word } };
  if (otherwise !== null) return { ...raw, became: { kind: 'measurement', why: otherwise } };
  return { ...raw, became: { kind: 'unclassified', why: `no word ${word} came of it` } };
}

/** Members of a unit's object that do not belong to it. */
function strangers(value: Json, members: readonly string[] | null, here: Here): RawUnit[] {
  if (members === null || !isObject(value)) return [];
  return Object.keys(value)
    .filter((name) => !members.includes(name))
    .map((name) => unknown(step(here, name)));
}

function unknown(here: Here): RawUnit {
  return {
    pointer: here.pointer,
    what: 'unknown',
    became: { kind: 'unclassified', why: `nothing says what ${here.keys[0] ?? 'it'} means` },
  };
}

function misfit(here: Here, expected: string): RawUnit {
  return { pointer: here.pointer, what: 'unknown', became: { kind: 'unclassified', why: `this is not ${expected}` } };
}

function step(here: Here, key: string): Here {
  const inner = Array.isArray(here.value)
    ? items(here.value)[Number(key)]
    : isObject(here.value)
      ? here.value[key]
      : null;
  return {
    value: inner ?? null,
    pointer: `${here.pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    parents: [here.value, ...here.parents],
    keys: [key, ...here.keys],
    context: here.context,
  };
}

/** Array.isArray says nothing of the items; those of JSON are JSON. */
function items(value: readonly Json[]): readonly Json[] {
  return value;
}
