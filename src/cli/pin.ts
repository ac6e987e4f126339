/** Pins a contract from named surfaces, with the failures that a person can do something about. */
import { defaultChoices, measure, registryFor } from '../arch/index.ts';
import type { MeasureOptions } from '../arch/index.ts';
import { contractUnder, pin } from '../engine/index.ts';
import { err, ok } from '../model/index.ts';
import type { Contract, Result, VmmProfile } from '../model/index.ts';
import { describeHost } from './describe.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import type { NamedSurface } from './input.ts';

/** How many conflicts are named; the rest are counted. */
const NAMED_CONFLICTS = 8;

const ADVICE =
  'Pin fewer of these hosts together, such as those with equal values above, or leave out what the guest does not depend on (--except ELEMENT); what a guest of one would lose on another says: evenkeel migration matrix SURFACE SURFACE…';

export function pinSurfaces(
  surfaces: readonly NamedSurface[],
  options: {
    readonly name?: string | undefined;
    readonly vcpu?: string | undefined;
    /** Promise what this VMM's guests have, and not all that KVM shows. */
    readonly vmm?: VmmProfile | undefined;
    /** Values instead of defaults, by element. */
    readonly settings?: ReadonlyMap<string, bigint>;
    /** Elements of which nothing is promised. */
    readonly except?: readonly string[];
  } = {},
): Result<Contract, Failure> {
  const [first] = surfaces;
  if (first === undefined) return err(failure(EXIT.usage, 'a contract is pinned from at least one surface'));
  const other = surfaces.find(({ surface }) => surface.architecture !== first.surface.architecture);
  if (other !== undefined) return err(differentArchitectures(first, other));
  const choices = options.vcpu === undefined ? defaultChoices(first.surface.architecture) : { vcpu: options.vcpu };
  const pinned = pin(
    registryFor(first.surface.architecture),
    surfaces.map(({ surface }) => measure(surface, measureOptions(choices))),
    {
      name: options.name ?? surfaces.map(({ name }) => name).join(' + '),
      hosts: surfaces.map(({ surface }) => describeHost(surface)),
      names: surfaces.map(({ name }) => name),
      choices,
      settings: options.settings ?? new Map(),
      except: options.except ?? [],
    },
  );
  if (pinned.ok) {
    const { vmm } = options;
    const registry = registryFor(first.surface.architecture);
    return ok(vmm === undefined ? pinned.value : contractUnder(registry, vmm, pinned.value));
  }
  const { code, message, conflicts } = pinned.error;
  if (code === 'unknown-element')
    return err(failure(EXIT.usage, message, 'What there is: evenkeel surface show SURFACE'));
  if (code === 'not-selectable') return err(failure(EXIT.worse, message));
  const named = conflicts.slice(0, NAMED_CONFLICTS).map(({ element, text }) => `\n  ${element}: ${text}`);
  const more = conflicts.length > NAMED_CONFLICTS ? `\n  and ${conflicts.length - NAMED_CONFLICTS} more` : '';
  return err(failure(EXIT.worse, `${message}${named.join('')}${more}`, ADVICE));
}

/** How a surface is measured for a guest with these choices. */
export function measureOptions(choices: Contract['choices']): MeasureOptions {
  const vcpu = choices['vcpu'];
  return vcpu === undefined ? {} : { vcpu };
}

export function differentArchitectures(
  a: { readonly name: string; readonly surface: { readonly architecture: string } },
  b: { readonly name: string; readonly surface: { readonly architecture: string } },
): Failure {
  return failure(
    EXIT.input,
    `${a.name} is of ${a.surface.architecture} and ${b.name} of ${b.surface.architecture}: a guest cannot move between them`,
  );
}
