/**
 * Surfaces that were read from a Firecracker fingerprint (section `firecracker.registers`): the values of a guest's
 * registers on a real host, and nothing about what else that host could show.
 */
import { fromHex, isHex } from '../../model/index.ts';
import type { Area, MeasuredSurface, MeasuredWord, Surface } from '../../model/index.ts';
import { AREAS, LATER_AREAS } from './areas.ts';
import { widthOf, wordOf } from './names.ts';
import { dataOf } from './read-sections.ts';
import { isVolatile, RESET_UNKNOWN } from './volatile.ts';

const SECTION = 'firecracker.registers';

/** Areas made of registers alone: what such a capture does not list, the guest did not have. */
const REGISTER_AREAS: readonly string[] = ['id-registers', 'cache', 'pmu', 'state', 'firmware'];

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
      mechanism: { operation: { call: 'KVM_SET_ONE_REG', id: number }, until: 'before-first-run' },
      evidence: `${pointer}/${index}/value`,
    };
  });
  const paths = new Set(words.map(({ path }) => path));
  words.push(...leftOut(paths, pointer));
  const measured = new Set(REGISTER_AREAS);
  // With SVE the floating-point registers are the Z registers, which a fingerprint has no room for.
  if (paths.has('reg/V0')) measured.add('sve');
  const known = Object.keys(AREAS).filter((name) => !LATER_AREAS.has(name));
  const areas = known.map((name): [string, Area] => {
    const evidence = measured.has(name) ? pointer : 'a Firecracker fingerprint does not capture it';
    return [name, { name, measured: measured.has(name), evidence }];
  });
  return {
    architecture: 'arm64',
    fingerprint: surface.fingerprint,
    words: new Map(words.map((word) => [word.path, word])),
    areas: new Map(areas),
    caveats: [],
  };
}

/**
 * Firecracker writes the whole of KVM_GET_REG_LIST but the program counter and the counters: seen by comparing its
 * captures of 5.10, 6.1 and 6.18 with lists of such kernels. They are there, and nothing is known of their values.
 */
function leftOut(captured: ReadonlySet<string>, pointer: string): MeasuredWord[] {
  const paths = ['reg/PC', 'reg/KVM_REG_ARM_TIMER_CNT'];
  // The physical counter came into the list together with its timer.
  if (captured.has('reg/CNTP_CTL_EL0')) paths.push('reg/CNTPCT_EL0');
  return paths
    .filter((path) => !captured.has(path))
    .map((path) => ({
      path,
      width: 64,
      value: null,
      latitude: { kind: 'unknown', why: 'a Firecracker fingerprint leaves it out' },
      mechanism: null,
      evidence: pointer,
    }));
}
