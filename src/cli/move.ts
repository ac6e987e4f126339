/** A move of a guest: what happens to its contract on the way to a host, and on the way back. */
import { measure, registryFor } from '../arch/index.ts';
import { check, checkReturn, underVmm } from '../engine/index.ts';
import { err, ok } from '../model/index.ts';
import type { Contract, MeasuredSurface, MoveVerdict, Result, Surface, Verdict, VmmProfile } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import type { NamedContract, NamedSurface } from './input.ts';
import { measureOptions, pinSurfaces } from './pin.ts';
import { otherVersions } from './vmm.ts';

/** What leaves: a contract, and where it was pinned from a surface just now, that surface. */
export interface Departure {
  readonly name: string;
  readonly contract: Contract;
  readonly from: Surface | null;
}

/** What is known of the guest that leaves, beyond its contract. */
export interface Leaving {
  /** The host that it leaves, where the contract is of several, or of another. */
  readonly from?: NamedSurface | undefined;
  /** What it carries, by word. */
  readonly values?: ReadonlyMap<string, bigint>;
}

/** A contract as it is, or the default contract of a surface. */
export function departure(
  named: NamedContract | NamedSurface,
  vcpu: string | undefined,
  vmm?: VmmProfile,
): Result<Departure, Failure> {
  if (named.kind === 'contract') return ok({ name: named.name, contract: named.contract, from: null });
  const pinned = pinSurfaces([named], { vcpu, vmm });
  return pinned.ok ? ok({ name: named.name, contract: pinned.value, from: named.surface }) : pinned;
}

/**
 * There, and back where `andBack` says where that is, by KVM alone or with a VMM. All surfaces are of the contract's
 * architecture, or it fails.
 */
export function move(
  { name, contract }: Departure,
  to: NamedSurface,
  andBack: NamedSurface | null,
  vmm?: VmmProfile,
  { from, values }: Leaving = {},
): Result<MoveVerdict, Failure> {
  const others = [to, ...(andBack === null ? [] : [andBack]), ...(from === undefined ? [] : [from])];
  for (const { surface, name: other } of others) {
    if (surface.architecture === contract.architecture) continue;
    const message = `${name} is of ${contract.architecture} and ${other} of ${surface.architecture}: a guest cannot move between them`;
    return err(failure(EXIT.input, message));
  }
  const registry = registryFor(contract.architecture);
  const options = measureOptions(contract.choices);
  const destination = measure(to.surface, options);
  const layer = (verdict: Verdict, on: MeasuredSurface, away: MeasuredSurface | null): Verdict =>
    vmm === undefined
      ? verdict
      : underVmm(
          { registry, profile: vmm, others: otherVersions(vmm), contract, destination: on, away, ...held },
          verdict,
        );
  const held = { values: Object.fromEntries(values ?? []) };
  const left = from === undefined ? null : measure(from.surface, options);
  const leaves = left === null ? {} : { from: left };
  const there = layer(check(registry, contract, destination, { ...held, ...leaves }), destination, left);
  if (andBack === null) return ok({ there, back: null });
  const home = measure(andBack.surface, options);
  const back = checkReturn(registry, contract, destination, home, held);
  return ok({ there, back: layer(back, home, destination) });
}
