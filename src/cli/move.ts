/** A move of a guest: what happens to its contract on the way to a host, and on the way back. */
import { measure, registryFor } from '../arch/index.ts';
import { check, checkReturn } from '../engine/index.ts';
import { err, ok } from '../model/index.ts';
import type { Contract, MoveVerdict, Result, Surface } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import type { NamedContract, NamedSurface } from './input.ts';
import { measureOptions, pinSurfaces } from './pin.ts';

/** What leaves: a contract, and where it was pinned from a surface just now, that surface. */
export interface Departure {
  readonly name: string;
  readonly contract: Contract;
  readonly from: Surface | null;
}

/** A contract as it is, or the default contract of a surface. */
export function departure(named: NamedContract | NamedSurface, vcpu: string | undefined): Result<Departure, Failure> {
  if (named.kind === 'contract') return ok({ name: named.name, contract: named.contract, from: null });
  const pinned = pinSurfaces([named], { vcpu });
  return pinned.ok ? ok({ name: named.name, contract: pinned.value, from: named.surface }) : pinned;
}

/** There, and back where `andBack` says where that is. Both surfaces are of the contract's architecture, or it fails. */
export function move(
  { name, contract }: Departure,
  to: NamedSurface,
  andBack: NamedSurface | null,
): Result<MoveVerdict, Failure> {
  for (const { surface, name: other } of andBack === null ? [to] : [to, andBack]) {
    if (surface.architecture === contract.architecture) continue;
    const message = `${name} is of ${contract.architecture} and ${other} of ${surface.architecture}: a guest cannot move between them`;
    return err(failure(EXIT.input, message));
  }
  const registry = registryFor(contract.architecture);
  const options = measureOptions(contract.choices);
  const destination = measure(to.surface, options);
  const there = check(registry, contract, destination);
  if (andBack === null) return ok({ there, back: null });
  const home = measure(andBack.surface, options);
  return ok({ there, back: checkReturn(registry, contract, destination, home) });
}
