/**
 * Whether lab tests can run here. Where the cache lacks what a boot needs they are skipped with the reason; under
 * EVENKEEL_LAB_REQUIRED=1 everything is fetched instead, and what cannot be had is a failure.
 */
import type { TestContext } from 'vitest';
import type { Architecture } from '../../src/model/index.ts';
import { labContext, listKernels, prepare } from '../../src/lab/index.ts';
import type { LabContext, Prepared } from '../../src/lab/index.ts';
import { cachedQemu } from '../../src/lab/qemu.ts';

export const REQUIRED: boolean = process.env['EVENKEEL_LAB_REQUIRED'] === '1';

/** Everything for one boot, or the test is skipped. */
export async function ready(
  test: TestContext,
  architecture: Architecture,
  kernel: string,
  context: LabContext = labContext(),
): Promise<Prepared> {
  if (!REQUIRED) {
    const cached = listKernels(context).find((row) => row.name === kernel && row.architecture === architecture)?.cached;
    if (cached === null || cached === undefined) {
      test.skip(`${kernel} for ${architecture} is not in the cache: evenkeel lab fetch`);
    }
    if ((await cachedQemu(context, architecture)) === null) {
      test.skip(`the lab's QEMU for ${architecture} is not in the cache: evenkeel lab fetch`);
    }
  }
  const prepared = await prepare(context, { architecture, kernel });
  if (!prepared.ok) throw new Error(`the lab cannot be prepared: ${prepared.error.message}`);
  return prepared.value;
}
