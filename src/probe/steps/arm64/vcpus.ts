/** What a fresh vCPU is, for each combination of features: its registers and their values. */
import type { Combination, RegisterRow, VcpusSection } from '../../../arch/arm64/sections.ts';
import type { KvmError } from '../../../kvm/index.ts';
import { hex } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step, StepContext } from '../../step.ts';
import { Registers, text } from './registers.ts';
import { createMachine, everyFeature, isDevice, missingCapability } from './vcpu.ts';
import type { Feature } from './vcpu.ts';

const PTRAUTH: readonly Feature[] = ['PTRAUTH_ADDRESS', 'PTRAUTH_GENERIC'];

/** Name, features. KVM takes the two pointer authentication bits only together (arch/arm64/kvm/reset.c). */
function combinations(all: readonly Feature[]): readonly (readonly [string, readonly Feature[]])[] {
  return [
    ['psci', ['PSCI_0_2']],
    ['psci+pmu', ['PSCI_0_2', 'PMU_V3']],
    ['psci+sve', ['PSCI_0_2', 'SVE']],
    ['psci+ptrauth', ['PSCI_0_2', ...PTRAUTH]],
    ['all', all],
    ['all+el2', [...all, 'HAS_EL2']],
    ['all+el2-e2h0', [...all, 'HAS_EL2', 'HAS_EL2_E2H0']],
    ['all+pmu-strict', [...all, 'PMU_V3_STRICT']],
  ];
}

interface Fresh {
  readonly target: number;
  readonly features: number;
  readonly vgic: string;
  readonly registers: readonly RegisterRow[];
}

export const vcpus: Step = {
  name: 'vcpus',
  architecture: 'arm64',
  // Under emulation a vCPU with EL2 takes seconds to make.
  seconds: 20,
  run(context) {
    const { kvm, note } = context;
    const found: Combination[] = [];
    const values = new Map<string, ReadonlyMap<string, string>>();
    let first: Fresh | null = null;
    for (const [name, features] of combinations(everyFeature(kvm))) {
      const capability = missingCapability(kvm, features);
      if (capability !== null) {
        found.push({ name, features, outcome: 'absent', capability });
        continue;
      }
      note(`registers of a vCPU with ${features.join(', ')}`);
      const fresh = freshRegisters(context, features);
      if (!fresh.ok) {
        if (first === null) return failed(fresh.error);
        found.push({ name, features, outcome: 'refused', call: fresh.error.call, errno: fresh.error.errnoName });
        continue;
      }
      const { registers } = fresh.value;
      values.set(name, new Map(registers));
      if (first === null) {
        first = fresh.value;
        found.push({ name, features, outcome: 'created', registers });
      } else {
        // EL2 adds to what the full combination has; all else is nearest to the plain one.
        const base = name.startsWith('all+') && values.has('all') ? 'all' : 'psci';
        found.push({ name, features, outcome: 'created', base, ...difference(values.get(base), registers) });
      }
    }
    // The first combination needs no capability, so it was created or the step has failed.
    const { target = 0, features = 0, vgic = 'v3' } = first ?? {};
    return measured({ target, features: hex(features), vgic, combinations: found } satisfies VcpusSection);
  },
};

function freshRegisters({ kvm, scratch }: StepContext, features: readonly Feature[]): Result<Fresh, KvmError> {
  const created = createMachine(kvm, features);
  if (!created.ok) return created;
  using machine = created.value;
  const registers = new Registers(machine.vcpu, scratch);
  const list = registers.list();
  if (!list.ok) return list;
  return {
    ok: true,
    value: {
      target: machine.target,
      features: machine.preferredFeatures,
      vgic: isDevice(machine.gic) ? 'v3' : machine.gic.errnoName,
      registers: list.value.map((id): RegisterRow => [hex(id), text(registers.get(id))]),
    },
  };
}

function difference(
  base: ReadonlyMap<string, string> = new Map(),
  rows: readonly RegisterRow[],
): { added: RegisterRow[]; removed: string[]; changed: RegisterRow[] } {
  const ids = new Set(rows.map(([id]) => id));
  return {
    added: rows.filter(([id]) => !base.has(id)),
    removed: [...base.keys()].filter((id) => !ids.has(id)),
    changed: rows.filter(([id, value]) => base.has(id) && base.get(id) !== value),
  };
}
