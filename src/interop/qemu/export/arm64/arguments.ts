/** The arguments of an arm64 guest: `-cpu host` with the few switches that there are. */
import type { QemuVersion } from '../../../../arch/vmm/qemu-version.ts';
import { err } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { Chosen } from '../index.ts';
import type { Promises } from '../promise.ts';

export function arm64Arguments(
  _promises: Promises,
  _options: { readonly version: QemuVersion; readonly model?: string | undefined; readonly machine: string },
): Result<Chosen, string> {
  return err('arm64 is not there yet');
}
