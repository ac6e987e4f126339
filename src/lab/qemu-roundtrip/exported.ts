/** The arguments that `contract export --qemu` gives for a guest of a round trip. Pure. */
import { asGiven } from '../../interop/export.ts';
import { argumentList, exportQemu, qemuArguments } from '../../interop/qemu/export/index.ts';
import { ok } from '../../model/index.ts';
import { fieldMask } from '../../model/index.ts';
import type { Contract, Element, ElementPath, Registry, Result } from '../../model/index.ts';
import type { QemuVersionName } from '../qemu-version.ts';

/** As `-machine`, `-accel` and `-cpu` with what belongs to each; the error is one sentence for people. */
export function exportedArguments(
  contract: Contract,
  version: QemuVersionName,
  machine: { readonly type: string; readonly properties: readonly string[] },
): Result<readonly string[], string> {
  const chosen = qemuArguments(contract, { version, machine: machine.type });
  if (!chosen.ok) return chosen;
  const list = argumentList(chosen.value.arguments);
  const at = list.indexOf('-machine') + 1;
  const text = list[at] ?? machine.type;
  const missing = machine.properties.filter((property) => !text.includes(`,${property.split('=')[0]}=`));
  return ok(list.with(at, [text, ...missing].join(',')));
}

/**
 * The contract as guests of all these versions have it: what one of them gives otherwise than was promised, and it is known
 * how, is promised so, and the others are told to.
 */
export function contractGiven(
  registry: Registry,
  contract: Contract,
  versions: readonly QemuVersionName[],
  machine: string,
): Contract {
  return versions.reduce((given, version) => {
    const found = exportQemu(registry, given, { version, machine });
    return found.ok ? asGiven(registry, given, found.value) : given;
  }, contract);
}

/** Elements of which the exporter says that guests of this version do not get them. */
export function notGiven(
  registry: Registry,
  contract: Contract,
  version: QemuVersionName,
  machine: string,
): ReadonlySet<ElementPath> {
  const found = exportQemu(registry, contract, { version, machine });
  return new Set(found.ok ? found.value.cannot.map(({ element }) => element) : []);
}

/** The contract without these elements: whoever exported it was told that the guest would not get them. */
export function withoutElements(registry: Registry, contract: Contract, paths: ReadonlySet<ElementPath>): Contract {
  const promises = contract.promises.map((promised) => {
    const dropped = registry
      .elements(promised.word, promised.width)
      .filter(({ path }) => paths.has(path))
      .reduce((mask, element: Element) => mask | fieldMask(element), 0n);
    return { ...promised, mask: promised.mask & ~dropped };
  });
  return { ...contract, promises };
}
