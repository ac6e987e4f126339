/**
 * Surfaces that were read from a Firecracker fingerprint (section `firecracker.registers`): the values of a guest's
 * registers on a real host, and nothing about what else that host could show.
 */
import { fromHex, isHex } from '../../model/index.ts';
import type { Area, MeasuredSurface, MeasuredWord, Surface } from '../../model/index.ts';
import { AREAS, areaOf } from './areas.ts';
import { widthOf, wordOf } from './names.ts';
import { dataOf } from './read-sections.ts';
import { isVolatile, RESET_UNKNOWN } from './volatile.ts';

const SECTION = 'firecracker.registers';

/** One row a register: KVM id and value, both hex. */
type Row = { readonly id: string; readonly value: string };
type FirecrackerRegisters = readonly Row[] | { readonly registers: readonly Row[] };

export function importedRegisters(surface: Surface): MeasuredSurface | null {
  const data = dataOf<FirecrackerRegisters>(surface, SECTION);
  if (data === null) return null;
  const rows = 'registers' in data ? data.registers : data;
  const pointer = `/sections/${SECTION}/data${'registers' in data ? '/registers' : ''}`;
  const words = rows.map(({ id, value }, index): MeasuredWord => {
    const number = BigInt(id);
    const read = isHex(value) ? fromHex(value) : null;
    return {
      path: wordOf(number),
      width: widthOf(number),
      value: read === RESET_UNKNOWN || isVolatile(id) ? null : read,
      latitude: { kind: 'unknown', why: 'a Firecracker fingerprint does not say what else the host can show' },
      mechanism: { call: 'KVM_SET_ONE_REG', target: `id=${id}`, until: 'before-first-run' },
      evidence: `${pointer}/${index}/value`,
    };
  });
  const captured = new Set(words.map(({ path }) => areaOf(path)));
  const areas = Object.keys(AREAS).map((name): [string, Area] => {
    const measured = captured.has(name);
    return [name, { name, measured, evidence: measured ? pointer : 'a Firecracker fingerprint does not capture it' }];
  });
  return {
    architecture: 'arm64',
    fingerprint: surface.fingerprint,
    words: new Map(words.map((word) => [word.path, word])),
    areas: new Map(areas),
    caveats: [],
  };
}
