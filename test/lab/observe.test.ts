/** What a guest sees on a real kernel: behaviour before and after each switch, and registers as they were declared. */
import { describe, expect, it } from 'vitest';
import {
  behaviourFindings,
  behavioursFor,
  observationRulesFor,
  observationsOf,
  registryFor,
} from '../../src/arch/index.ts';
import { observedAgainstDeclared } from '../../src/engine/index.ts';
import { observationSchema } from '../../src/format/index.ts';
import { labContext, probePrepared } from '../../src/lab/index.ts';
import type { BehaviourData } from '../../src/model/index.ts';
import { evenkeel } from '../cli/evenkeel.ts';
import { ready } from './ready.ts';

const MILLISECONDS = 600_000;

describe('a guest in the lab', () => {
  it(
    'on x86_64 6.12 meets every quirk and every flag as documented, and reads what is declared',
    { timeout: MILLISECONDS },
    async (test) => {
      const prepared = await ready(test, 'x86_64', 'debian:6.12');
      const probed = await probePrepared(labContext(), prepared, { architecture: 'x86_64', kernel: 'debian:6.12' });
      if (!probed.ok) throw new Error(`${probed.error.message}\n${probed.error.console?.join('\n')}`);
      const { surface } = probed.value;
      const section = surface.sections['behaviour'];
      if (section?.outcome !== 'measured') throw new Error(JSON.stringify(section));
      // The shape is checked where surfaces are read; here it has just been written by the same program.
      const { rows } = section.data as BehaviourData;
      const table = behavioursFor('x86_64');
      for (const row of table) {
        const result = rows.find(({ id }) => id === row.id);
        expect(result, row.id).toBeDefined();
        if (result !== undefined) expect(behaviourFindings(row, result), row.id).toEqual([]);
      }
      // KVM_X86_QUIRK_* that 6.12 has and a guest on AMD can tell apart: all but CD_NW_CLEARED and SLOT_ZAP_ALL.
      const changed = rows.filter(({ outcome, with: runs }) => runs.some((run) => run.outcome !== outcome));
      expect(changed.map(({ id }) => id)).toEqual(
        expect.arrayContaining([
          'lint0-reenabled',
          'lapic-mmio-hole',
          'out-7e-inc-rip',
          'misc-enable-no-mwait',
          'fix-hypercall-insn',
          'mwait-never-ud-faults',
          'stuff-feature-msrs',
          'x2apic-broadcast',
          'x2apic-id-format',
        ]),
      );
      const differences = observedAgainstDeclared(
        registryFor('x86_64'),
        observationsOf(surface),
        observationRulesFor('x86_64'),
      );
      expect(differences.filter(({ explained }) => explained === null)).toEqual([]);
    },
  );

  it(
    "reads what it was promised on the machine of an older kernel's contract",
    { timeout: MILLISECONDS },
    async (test) => {
      await ready(test, 'x86_64', 'debian:6.12');
      const contract = ['--contract', 'x86_64/max/debian-6.1'];
      const ran = await evenkeel(['lab', 'observe', '--kernel', 'debian:6.12', ...contract, '-o', 'json']);
      const found = observationSchema.decode(JSON.parse(ran.stdout));
      expect(found.elements.filter(({ result }) => result === 'differs')).toEqual([]);
      expect(ran.status).toBe(0);
    },
  );
});
