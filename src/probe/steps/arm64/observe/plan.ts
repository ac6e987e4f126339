/** What a guest reads on the machine that a plan makes, and how KVM behaves towards it there: no settings but the plan's. */
import { readings } from '../../../../arch/arm64/observed.ts';
import { BEHAVIOURS } from '../../../../arch/arm64/tables/behaviours.ts';
import { runBehaviours, STOLEN_TIME } from '../../../../guest/arm64/behaviour/index.ts';
import { runTable, TABLE_MEMORY } from '../../../../guest/arm64/index.ts';
import type { GuestOperation, TableResult } from '../../../../guest/arm64/index.ts';
import { openRuns } from '../../../../guest/machine.ts';
import { openMemory } from '../../../../guest/memory.ts';
import { setAttribute } from '../../../../kvm/index.ts';
import type { Scratch } from '../../../../kvm/index.ts';
import { hex } from '../../../../model/index.ts';
import type { BehaviourResult, ObservedWord, Plan, StepResult } from '../../../../model/index.ts';
import { build } from '../../../../settings/index.ts';
import type { Machine } from '../../../../settings/machine.ts';
import { absent, failed, measured } from '../../../step.ts';
import type { Step } from '../../../step.ts';
import { outcomeOf } from './behaviour.ts';
import { observe } from './observed.ts';

/** Section of `observePlan`. */
export type ObservedPlan = {
  /** What came of the plan's steps, in their order. */
  readonly steps: readonly StepResult[];
  readonly observed: readonly ObservedWord[];
  readonly behaviours: readonly BehaviourResult[];
};

const DEADLINE = 5000;

/** KVM_ARM_VCPU_PVTIME_CTRL, KVM_ARM_VCPU_PVTIME_IPA. */
const PVTIME = 2;
const PVTIME_IPA = 0n;

/** The one promise that a plan leaves to the VMM and a guest can see: where the page is, the VMM chooses. */
function placeStolenTime({ words }: Plan, { vcpus }: Machine, scratch: Scratch): void {
  const promised = words.find(({ word }) => word === 'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA');
  if (promised?.value !== '0x1') return;
  for (const { fd } of vcpus) setAttribute(fd, scratch, PVTIME, PVTIME_IPA, STOLEN_TIME);
}

export function observePlan(plan: Plan): Step {
  return {
    name: 'observed-plan',
    architecture: 'arm64',
    seconds: 15,
    run(context) {
      const { kvm, libc, note, scratch } = context;
      // Disposed of in reverse: kvm_run pages, then the fds, then the memory of the VM.
      using mappings = new DisposableStack();
      const built = build(context, plan, { note });
      using machine = built.machine;
      using runs = new DisposableStack();
      if (machine.vm === null) return absent('the plan made no VM');
      const memory = openMemory(libc, machine.vm, TABLE_MEMORY, mappings);
      if (!memory.ok) return failed(memory.error);
      placeStolenTime(plan, machine, scratch);
      const guest = openRuns(libc, kvm, machine, runs);
      if (!guest.ok) return failed(guest.error);
      const run = (operations: readonly GuestOperation[]): TableResult =>
        runTable({ libc, scratch }, guest.value, memory.value, operations, { deadline: DEADLINE });
      const gic = machine.devices.has('its') ? 'v3+its' : machine.devices.has('vgic-v3') ? 'v3' : 'none';
      const section = observe({ run, gic }, note);
      note('behaviour tests');
      const tested = runBehaviours(run);
      return measured({
        steps: built.steps,
        observed: readings(section).map(({ word, width, observed }) =>
          observed.kind === 'value'
            ? { word, width, value: hex(observed.value) }
            : { word, width, value: null, fault: observed.text },
        ),
        behaviours: BEHAVIOURS.map(({ id }) => ({ id, ...outcomeOf(tested.get(id)), with: [] })),
      } satisfies ObservedPlan);
    },
  };
}
