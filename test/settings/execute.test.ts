/** The executor on this host's KVM: what is made, what is refused, what is read back. x86_64 with KVM, else skipped. */
import { describe, expect, test } from 'vitest';
import { executePlans } from '../../src/worker/index.ts';
import type { Execution, Plan, PlanCall, PlanStep, PlanWord } from '../../src/model/index.ts';
import { whyNoKvm } from '../arch/x86/surfaces.ts';

const step = (call: PlanCall): PlanStep => ({ phase: 'vm-created', rule: 'x86/vm', call, selects: [] });
const VM = step({ call: 'KVM_CREATE_VM', machineType: 0 });
const VCPU = step({ call: 'KVM_CREATE_VCPU', id: 0 });

function planOf(steps: readonly PlanStep[], words: readonly PlanWord[] = []): Plan {
  return {
    format: 'evenkeel.plan/1',
    architecture: 'x86_64',
    contract: 'a contract',
    surface: `sha256:${'0'.repeat(64)}`,
    steps,
    words,
    notes: [],
    caveats: [],
  };
}

async function execute(plan: Plan): Promise<Execution> {
  const executed = await executePlans([plan]);
  if (!executed.ok) throw new Error(executed.error.message);
  const [execution] = executed.value;
  if (execution?.ok !== true) throw new Error(execution?.error.message ?? 'no execution');
  return execution.value;
}

const why = process.arch === 'x64' ? whyNoKvm() : 'the plans are of x86_64';

describe.skipIf(why !== null)('a plan on this host', () => {
  test('a call that the kernel refuses is told with its errno, and the steps behind it are made', async () => {
    const nonsense = step({
      call: 'KVM_ENABLE_CAP',
      on: 'vm',
      capability: 'KVM_CAP_X2APIC_API',
      args: ['0x4000000000000000', '0x0', '0x0', '0x0'],
    });
    const { steps } = await execute(planOf([VM, nonsense, VCPU]));
    expect(steps).toMatchObject([
      { outcome: 'done' },
      { outcome: 'refused', call: 'KVM_ENABLE_CAP', errno: 'EINVAL' },
      { outcome: 'done' },
    ]);
  });

  test('without a VM nothing is asked of one', async () => {
    const { steps } = await execute(planOf([VCPU]));
    expect(steps).toMatchObject([{ outcome: 'not-made', why: 'there is no VM' }]);
  });

  test('MSRs before CPUID are not written, because they would be judged without it', async () => {
    const { steps } = await execute(
      planOf([VM, VCPU, step({ call: 'KVM_SET_MSRS', msrs: [{ index: 0x10a, value: '0x0' }] })]),
    );
    expect(steps[2]).toMatchObject({ outcome: 'not-made' });
  });

  test('an MSR that no kernel knows is named among those refused; the others of the call are written', async () => {
    const { steps, reads } = await execute(
      planOf(
        [
          VM,
          VCPU,
          step({ call: 'KVM_SET_CPUID2', entries: [] }),
          step({
            call: 'KVM_SET_MSRS',
            msrs: [
              { index: 0xdead_0000, value: '0x1' },
              { index: 0x174, value: '0x10' },
            ],
          }),
        ],
        [
          // IA32_SYSENTER_CS.
          {
            word: 'msr/0x174',
            width: 64,
            value: '0x10',
            mask: '0xff',
            step: 3,
            read: { call: 'KVM_GET_MSRS', index: 0x174 },
          },
        ],
      ),
    );
    expect(steps[3]).toEqual({ outcome: 'partly', refused: [0xdead_0000] });
    expect(reads[0]?.value).toBe('0x10');
  });

  test('a filter with ranges far apart is taken', async () => {
    const deny = [0x10a, 0xc001_0015, 0x4b56_4d00].map((base) => ({ base, count: 1 }));
    const { steps } = await execute(planOf([VM, step({ call: 'KVM_X86_SET_MSR_FILTER', deny })]));
    expect(steps[1]).toEqual({ outcome: 'done' });
  });

  test('what is of another architecture is refused, not made', async () => {
    const { steps } = await execute(planOf([VM, VCPU, step({ call: 'KVM_ARM_VCPU_INIT', features: [2] })]));
    expect(steps[2]).toMatchObject({ outcome: 'not-made' });
  });
});
