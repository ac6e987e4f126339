/** What a destination has and a contract does not speak of, and switches that nobody can read back. */
import { fieldMask, hex } from '../model/index.ts';
import type { Element, MeasuredSurface, MeasuredWord, Registry, SwitchWord } from '../model/index.ts';
import { NOTHING } from './finding.ts';
import type { Findings } from './finding.ts';
import { judgePromise, missing } from './promise-unit.ts';

/** Derived values and topology are nobody's promise; state is carried, not promised. */
export function isPromised(element: Element): boolean {
  switch (element.kind) {
    case 'feature':
    case 'limit':
    case 'identity':
    case 'paravirtual':
      return true;
    case 'derived':
    case 'topology':
    case 'state':
      return false;
  }
}

/** The bits of a word that a contract promises: all but derived ones, topology and state. */
export function promisedMask(registry: Registry, { path, width }: SwitchWord): bigint {
  return registry
    .elements(path, width)
    .filter(isPromised)
    .reduce((sum, element) => sum | fieldMask(element), 0n);
}

/**
 * A word that only the destination has. A CPUID leaf was promised too, as zeros, because that is what the guest reads
 * where there is no leaf. A register that the guest was never promised is harmless, but for one by which a hypervisor's
 * service is offered: that shows to any guest that asks.
 */
export function judgeAddition(registry: Registry, word: MeasuredWord, destination: MeasuredSurface): Findings {
  if (registry.whenAbsent(word.path).kind !== 'zero') return judgeOffered(registry, word);
  const mask = promisedMask(registry, word);
  return judgePromise(registry, { word: word.path, width: word.width, value: 0n, mask }, destination);
}

/**
 * A paravirtual register that is on by default. Whether the guest had the service before is not known: a kernel without
 * the register either lacks the service or gives it without saying so (KVM_REG_ARM_STD_BMAP came in 5.19 and what it
 * stands for in 5.12).
 */
function judgeOffered(registry: Registry, word: MeasuredWord): Findings {
  const neutral = registry.neutral(word.path);
  const [whole] = registry.elements(word.path, word.width);
  if (neutral === null || whole?.kind !== 'paravirtual' || word.value === neutral) return NOTHING;
  const shown = word.value === null ? 'a value that was not measured' : hex(word.value);
  const text = `the destination offers it by default (${shown}), and nothing was known of it when the contract was pinned; ${hex(neutral)} is to offer nothing`;
  const found = missing(registry, word.path, { level: 'unknown', rule: 'destination-only', text }, null, word.evidence);
  return { ...found, found: found.found.map((each) => ({ ...each, shows: word.value })) };
}

/**
 * A switch of which the contract says nothing. What the guest was given cannot be asked of any host, and a default would
 * be a guess: it is whatever the VMM once set.
 */
export function judgeUnsaid(registry: Registry, { path, width }: SwitchWord, destination: MeasuredSurface): Findings {
  const area = destination.areas.get(registry.area(path));
  if (area?.measured !== true || promisedMask(registry, { path, width }) === 0n) return NOTHING;
  const text = 'no ioctl reads it back, and the contract does not say what the guest was given';
  return missing(registry, path, { level: 'unknown', rule: 'not-readable', text }, null, area.evidence);
}
