/** Contracts as libvirt's XML, by the CPU map of this machine or of another place. */
import { err, ok } from '../../model/index.ts';
import type { Contract, Exported, Registry, Result } from '../../model/index.ts';
import { exportArm } from './arm-export.ts';
import { readArmMap, readX86Map } from './cpu-map.ts';
import type { CpuMapError } from './cpu-map.ts';
import { exportX86 } from './x86-export.ts';
import type { LibvirtOptions } from './x86-export.ts';

/** The error: no map, or (without advice) a contract that no model describes. */
export function exportLibvirt(
  registry: Registry,
  contract: Contract,
  options: LibvirtOptions & { readonly map?: string | undefined } = {},
): Result<Exported, CpuMapError | { readonly message: string; readonly advice: null }> {
  if (contract.architecture === 'arm64') {
    const map = readArmMap(options.map);
    return map.ok ? ok(exportArm(registry, contract, map.value)) : map;
  }
  const map = readX86Map(options.map);
  if (!map.ok) return map;
  const made = exportX86(registry, contract, map.value, options);
  return made.ok ? made : err({ message: made.error, advice: null });
}
