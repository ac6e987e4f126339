/**
 * `cpu-template-helper fingerprint compare` says that a field differs and prints both configurations without their equal
 * parts (src/cpu-template-helper/src/fingerprint/compare.rs). This says the same of the same differences, and of each what
 * becomes of a guest that meets it, there and on the way back. Pure.
 */
import { measure, registryFor } from '../../arch/index.ts';
import { FIRECRACKER } from '../../arch/vmm/firecracker.ts';
import { check, contractUnder, diff, pin, underVmm } from '../../engine/index.ts';
import type { Difference } from '../../engine/index.ts';
import { FINGERPRINT_FIELDS, worse } from '../../model/index.ts';
import type {
  ChangedElement,
  Contract,
  Element,
  Fate,
  FingerprintComparison,
  FingerprintField,
  Level,
  MeasuredSurface,
  Reason,
  Registry,
  Surface,
} from '../../model/index.ts';
import { changedFields } from './compare-fields.ts';
import { unseenDifferences } from './compare-raw.ts';

/** Both are captures of Firecracker's, of one architecture. `filters`: of which fields; all of them by default. */
export function compareFingerprints(
  prev: Surface,
  curr: Surface,
  filters: readonly FingerprintField[] = FINGERPRINT_FIELDS,
): FingerprintComparison {
  const { architecture } = prev;
  const registry = registryFor(architecture);
  const [before, now] = [measure(prev), measure(curr)];
  const elements = filters.includes('guest_cpu_config') ? changes(registry, prev, curr, before, now) : [];
  const worst = (way: 'there' | 'back'): Level =>
    elements.reduce<Level>((level, { [way]: fate }) => worse(level, fate.level), 'same');
  const areas = [...now.areas.values()].filter(({ measured }) => !measured);
  return {
    architecture,
    vmm: FIRECRACKER.name,
    fields: changedFields(prev, curr, filters),
    elements,
    there: worst('there'),
    back: worst('back'),
    unknown: areas.map(({ name, evidence }) => ({ area: name, why: evidence })),
  };
}

function changes(
  registry: Registry,
  prev: Surface,
  curr: Surface,
  before: MeasuredSurface,
  now: MeasuredSurface,
): ChangedElement[] {
  const there = fates(registry, before, now);
  const back = fates(registry, now, before);
  // What a host can be made to show besides is in no fingerprint.
  const seen = diff(registry, before, now)
    .filter(({ what }) => what !== 'latitude')
    .map((difference): ChangedElement => {
      const { element, word, kind, description, a, b } = difference;
      return {
        element,
        word,
        kind,
        description,
        what: whatOf(difference),
        prev: a,
        curr: b,
        there: there(difference, b),
        back: back(difference, a),
      };
    });
  return [...seen, ...unseenDifferences(registry, prev, curr, new Set(seen.map(({ word }) => word)))];
}

function whatOf({ what }: Difference): ChangedElement['what'] {
  switch (what) {
    case 'only-in-a':
      return 'only-in-prev';
    case 'only-in-b':
      return 'only-in-curr';
    case 'default':
    case 'latitude':
    case 'not-measured-in-a':
    case 'not-measured-in-b':
      return 'value';
  }
}

/** What happens, difference by difference, to a guest that was started on one of them and comes to the other. */
function fates(
  registry: Registry,
  from: MeasuredSurface,
  to: MeasuredSurface,
): (difference: Difference, destination: bigint | null) => Fate {
  const contract = contractOf(registry, from);
  if (typeof contract === 'string') {
    return () => ({ level: 'refused', rule: 'incomparable', text: contract, setting: null });
  }
  const move = { registry, profile: FIRECRACKER, contract, destination: to, away: null };
  const { reasons } = underVmm(move, check(registry, contract, to));
  const incomparable = reasons.find(({ rule }) => rule === 'incomparable');
  const byElement = new Map(reasons.map((reason) => [reason.element, reason]));
  return ({ element, word, kind }, destination) => {
    const reason = incomparable ?? byElement.get(element) ?? byElement.get(word);
    return reason === undefined ? unnoticed(kind, destination) : fateOf(reason);
  };
}

function contractOf(registry: Registry, from: MeasuredSurface): Contract | string {
  const pinned = pin(registry, [from], { name: '', hosts: [''] });
  return pinned.ok ? contractUnder(registry, FIRECRACKER, pinned.value) : pinned.error.message;
}

const fateOf = ({ level, rule, text, setting }: Reason): Fate => ({ level, rule, text, setting });

/** A difference that no rule has anything against, and why. */
function unnoticed(kind: Element['kind'], destination: bigint | null): Fate {
  const same = (rule: string, text: string): Fate => ({ level: 'same', rule, text, setting: null });
  switch (kind) {
    case 'derived':
      return same('not-promised', 'it follows from what else the guest has, and no host promises it');
    case 'topology':
      return same('not-promised', 'it is the VMM that chooses it');
    case 'state':
      return destination === null
        ? same('not-used', 'the guest cannot have used it')
        : same('state', 'the guest brings its own value, or never had the register');
    case 'feature':
    case 'limit':
    case 'identity':
    case 'paravirtual':
      return same('harmless', 'a running guest is not hurt by it');
  }
}
