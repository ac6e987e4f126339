/**
 * Coverage of the raw sections: that every register, MSR, bit, capability and attribute of a surface became a word, or
 * is said to be none with the reason.
 */
import type { Json, Surface, WordPath } from '../../model/index.ts';
import { measure } from '../index.ts';
import { ARM64_MEANINGS } from './arm64.ts';
import { isObject, list, textOf } from './meaning.ts';
import type { Context, Meaning, RawUnit } from './meaning.ts';
import { walk } from './walk.ts';
import { X86_MEANINGS } from './x86.ts';

export type { RawUnit } from './meaning.ts';

export function rawUnits(surface: Surface): readonly RawUnit[] {
  const meanings = meaningsOf(surface);
  const context: Context = { surface, words: wordsOf(surface) };
  return Object.entries(surface.sections).flatMap(([name, section]): readonly RawUnit[] => {
    if (section.outcome !== 'measured') return [];
    const pointer = `/sections/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
    if (meaning === undefined) {
      const why = `nothing says what the section ${name} means`;
      return [{ pointer, what: 'unknown', became: { kind: 'unclassified', why } }];
    }
    const fitting = shortened(meaning, section.data);
    return walk(fitting, { value: section.data, pointer: `${pointer}/data`, parents: [], keys: [name], context });
  });
}

function meaningsOf(surface: Surface): Readonly<Record<string, Meaning>> {
  switch (surface.architecture) {
    case 'x86_64':
      return X86_MEANINGS;
    case 'arm64':
      return ARM64_MEANINGS;
  }
}

/** A section with one list may be that list itself (`firecracker.registers`). */
function shortened(meaning: Meaning, data: Json): Meaning {
  if (meaning.is !== 'record' || !Array.isArray(data)) return meaning;
  const [only, ...others] = Object.values(meaning.members);
  return only !== undefined && others.length === 0 && only.is === 'list' ? list(only.of) : meaning;
}

/** The vCPUs that a surface was recorded with; on x86_64 there is one. */
export function vcpusOf(surface: Surface): readonly (string | undefined)[] {
  const section = surface.sections['vcpus'];
  const data = section?.outcome === 'measured' && isObject(section.data) ? section.data['combinations'] : undefined;
  if (!Array.isArray(data)) return [undefined];
  return data.filter((row: Json) => textOf(row, 'outcome') === 'created').map((row: Json) => textOf(row, 'name'));
}

/** Words of every vCPU that was recorded. */
function wordsOf(surface: Surface): ReadonlySet<WordPath> {
  const words = new Set<WordPath>();
  for (const vcpu of vcpusOf(surface)) {
    const measured = measure(surface, vcpu === undefined ? {} : { vcpu });
    for (const path of measured.words.keys()) words.add(path);
  }
  return words;
}
