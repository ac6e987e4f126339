/** What guests read and try on a real arm64 kernel, beside what the same kernel declares. */
import { expect, it } from 'vitest';
import { selectedText } from '../../src/arch/behaviour.ts';
import { measure, observationRulesFor, observationsOf, registryFor } from '../../src/arch/index.ts';
import { BEHAVIOURS, SETTING } from '../../src/arch/arm64/tables/behaviours.ts';
import { rawUnits } from '../../src/arch/raw/index.ts';
import { observedAgainstDeclared } from '../../src/engine/index.ts';
import { labContext, labProbe } from '../../src/lab/index.ts';
import { ready } from './ready.ts';

const MILLISECONDS = 600_000;

it(
  'guests on debian:5.10 see what it declares, but for CTR_EL0, and what its settings do',
  { timeout: MILLISECONDS },
  async (test) => {
    await ready(test, 'arm64', 'debian:5.10');
    const probed = await labProbe(labContext(), { architecture: 'arm64', kernel: 'debian:5.10', cpu: 'neoverse-n1' });
    if (!probed.ok) throw new Error(probed.error.message);
    const { surface } = probed.value;
    expect(surface.sections['observed']).toMatchObject({ outcome: 'measured', data: { gic: 'v3+its', ended: {} } });

    const differences = observedAgainstDeclared(
      registryFor('arm64'),
      observationsOf(surface),
      observationRulesFor('arm64'),
    );
    expect(differences.filter(({ explained }) => explained === null).map(({ element }) => element)).toEqual([
      // KVM_GET_ONE_REG adds IDC where CLIDR_EL1 implies it (read_cpuid_effective_cachetype); a guest reads CTR_EL0 without.
      'reg/CTR_EL0/IDC',
    ]);

    const { words } = measure(surface);
    // 5.10 has GICD_IIDR revision 2: nothing is announced, and LPIs go off all the same.
    expect(words.get('vgic/v3/GICD_IIDR')?.value).toBe(0x4b00_243bn);
    expect(words.get('behaviour/gic/redistributor-announces')?.value).toBe(0n);
    expect(words.get('behaviour/gic/lpis-off')?.value).toBe(2n);
    // PSCI 1.0: no SYSTEM_RESET2; no bitmap of vendor calls: no clock of the host.
    expect(words.get('behaviour/psci/system-reset-2')?.value).toBe(0n);
    expect(words.get('behaviour/smccc/host-clock')?.value).toBe(0n);
    // What a guest alone can tell: QEMU gives this CPU counters of 62.5 MHz; DC ZVA clears 64 bytes.
    expect(words.get('reg/CNTFRQ_EL0')?.value).toBe(62_500_000n);
    expect(words.get('reg/DCZID_EL0')?.value).toBe(4n);
    // Every row came to an outcome, or says why not.
    expect(surface.sections['behaviour']).toMatchObject({
      data: { rows: BEHAVIOURS.map(({ id }) => expect.objectContaining({ id }) as object) },
    });
    expect(surface.sections['behaviour']).toMatchObject({
      data: {
        rows: expect.arrayContaining([
          {
            id: 'pmu/event-filter',
            outcome: 'shown',
            reads: [expect.any(String) as string],
            with: [
              { selected: selectedText(SETTING.eventFilter), outcome: 'hidden', reads: [expect.any(String) as string] },
            ],
          },
        ]) as object,
      },
    });
    expect(rawUnits(surface).filter(({ became }) => became.kind === 'unclassified')).toEqual([]);
  },
);
