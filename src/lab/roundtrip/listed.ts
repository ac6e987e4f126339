/** Which registers of saved state a host takes at all, whatever they hold: what a VMM meets that insists on each. Pure. */
import { readSection } from '../../arch/x86/measure/reading.ts';
import { hex } from '../../model/index.ts';
import type { MeasuredSurface, SavedState, Surface } from '../../model/index.ts';
import { keyOf } from '../../snapshot/values.ts';

/**
 * By call and id. Every MSR that the kernel lists, also those that hold nothing on this CPU, for it takes 0 for them; and
 * what it does not list and was seen to take.
 */
export function registersTaken(surface: Surface, measured: MeasuredSurface): ReadonlySet<string> {
  const { architecture } = surface;
  const restores = [...(measured.restores ?? [])].filter(([, { outcome }]) => outcome.how !== 'refused');
  const words = [...measured.words.keys(), ...restores.map(([word]) => word)];
  const keys = words.flatMap((word) => keyOf(architecture, word) ?? []);
  if (architecture !== 'x86_64') return new Set(keys);
  const reading = readSection(surface, 'msr');
  const listed = reading.kind === 'measured' ? reading.data.list : [];
  return new Set([...keys, ...listed.map(({ index }) => `KVM_SET_MSRS ${hex(BigInt(index))}`)]);
}

/** Units of registers that a restore compares and never writes: they come with the plan. */
const CONFIGURATION = /\/feature-msrs$/;

/**
 * The first register of the state that the host does not take and the one that it was saved on does; null where there is
 * none. What neither lists, and VMMs save because they know of it (MTRRs, machine check banks), every host takes.
 */
export function firstNotTaken(
  { units }: SavedState,
  source: ReadonlySet<string>,
  destination: ReadonlySet<string>,
): string | null {
  for (const { name, call, data } of units) {
    if (data.kind !== 'registers' || CONFIGURATION.test(name)) continue;
    if (call !== 'KVM_SET_MSRS' && call !== 'KVM_SET_ONE_REG') continue;
    const refused = data.registers.find(({ id }) => {
      const key = `${call} ${id}`;
      return source.has(key) && !destination.has(key);
    });
    if (refused !== undefined) return `${name}: ${refused.id}`;
  }
  return null;
}
