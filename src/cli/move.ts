/** A move of a guest: what happens to its contract on the way to a host, and on the way back. */
import { measure, registryFor } from '../arch/index.ts';
import { check, incomparable, pin } from '../engine/index.ts';
import { err, ok } from '../model/index.ts';
import type { Contract, MeasuredSurface, MoveVerdict, Registry, Result, Surface, Verdict } from '../model/index.ts';
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
  { name, contract, from }: Departure,
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
  const source = from === null ? null : measure(from, options);
  const there = judged(registry, contract, source, destination);
  if (andBack === null) return ok({ there, back: null });
  const home = measure(andBack.surface, options);
  return ok({ there, back: judged(registry, arrived(registry, contract, destination), destination, home) });
}

function judged(
  registry: Registry,
  contract: Contract,
  source: MeasuredSurface | null,
  destination: MeasuredSurface,
): Verdict {
  const why = source === null ? null : registry.incomparable(source, destination);
  return why === null ? check(registry, contract, destination) : incomparable(destination, why);
}

/**
 * What a guest brings back from a host: all that it was promised, and what the host's KVM puts into a saved state
 * besides, because a VMM saves every register of the host's list. Registers that are not there at home are why a way
 * back is refused that nothing seemed to stand against.
 */
export function arrived(registry: Registry, contract: Contract, host: MeasuredSurface): Contract {
  const own = pin(registry, [host], { name: contract.name, hosts: [''], choices: contract.choices });
  if (!own.ok) return contract;
  const promised = new Set(contract.promises.map(({ word }) => word));
  const unknown = new Set(contract.unknown.map(({ area }) => area));
  const gained = own.value.promises.filter(
    ({ word }) =>
      !promised.has(word) && !unknown.has(registry.area(word)) && registry.whenAbsent(word).kind === 'absent',
  );
  const carries = own.value.carries.filter((word) => !unknown.has(registry.area(word)));
  return {
    ...contract,
    promises: [...contract.promises, ...gained],
    carries: [...new Set([...contract.carries, ...carries])],
  };
}
