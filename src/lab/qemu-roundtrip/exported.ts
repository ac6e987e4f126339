/** The arguments that `contract export --qemu` gives for a guest of a round trip. Pure. */
import { argumentList, qemuArguments } from '../../interop/qemu/export/index.ts';
import { ok } from '../../model/index.ts';
import type { Contract, Result } from '../../model/index.ts';
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
