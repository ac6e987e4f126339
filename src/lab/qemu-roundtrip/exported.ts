/** The arguments that `contract export --qemu` gives, in the parts that a round trip's command line is made of. Pure. */
import type { Contract, Registry } from '../../model/index.ts';
import type { QemuVersionName } from '../qemu-version.ts';

export interface ExportedArguments {
  /** For `-cpu`. */
  readonly cpu: string;
  /** Behind the machine's name: nothing, or properties with their commas. */
  readonly machineProperties: string;
}

export function exportedArguments(
  _registry: Registry,
  _contract: Contract,
  _version: QemuVersionName,
): ExportedArguments {
  return { cpu: 'host', machineProperties: '' };
}
