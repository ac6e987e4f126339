/**
 * Behaviour tests (`arch/x86/tables/behaviours.ts`): each run without its mechanism, and once with each setting that this
 * kernel has, on a VM made for it. Tests of a plain machine on which nothing is selected share one.
 */
import { selectedText } from '../../../../arch/behaviour.ts';
import type { BehaviourRow, BehaviourSetting } from '../../../../arch/behaviour.ts';
import { operation } from '../../../../arch/x86/operations.ts';
import { BEHAVIOURS } from '../../../../arch/x86/tables/behaviours.ts';
import { BEHAVIOUR_TESTS, PLAIN, capabilityNumber, openBench } from '../../../../guest/x86/behaviour/index.ts';
import type { Bench, BenchHost, BehaviourTest, Came, Selection } from '../../../../guest/x86/behaviour/index.ts';
import { describeKvmError } from '../../../../kvm/index.ts';
import type { Kvm, KvmError } from '../../../../kvm/index.ts';
import type { BehaviourData, BehaviourResult, BehaviourRun, Result } from '../../../../model/index.ts';
import { absent, failed, measured } from '../../../step.ts';
import type { Step, StepContext } from '../../../step.ts';
import { baseTable } from '../fresh.ts';
import { guestMode } from './mode.ts';

export const behaviour: Step = {
  name: 'behaviour',
  architecture: 'x86_64',
  seconds: 20,
  run(context) {
    const cpuid = baseTable(context.kvm);
    if (!cpuid.ok) return failed(cpuid.error);
    const found = guestMode(context, cpuid.value);
    if (!found.ok) return failed(found.error);
    const { mode, why } = found.value;
    if (mode === null) return absent(why ?? 'no guest runs on this host');
    const data: BehaviourData = { rows: rowsOf({ ...context, cpuid: cpuid.value, mode }, context.note, why) };
    return measured(data);
  },
};

type Note = StepContext['note'];

/** `whyNotLong`: why this host runs no guest in long mode; null where it does. */
function rowsOf(host: BenchHost, note: Note, whyNotLong: string | null): BehaviourResult[] {
  const possible = BEHAVIOUR_TESTS.filter(({ modes }) => modes.includes(host.mode));
  const shared = together(host, note, possible);
  return BEHAVIOURS.map((row): BehaviourResult => {
    const test = possible.find(({ id }) => id === row.id);
    if (test === undefined) return { id: row.id, outcome: null, why: whyNotLong ?? 'no guest tries it', with: [] };
    note(`behaviour/${row.id}`);
    const plain = shared.get(row.id) ?? alone(host, test, null);
    return { id: row.id, ...plain, with: plain.outcome === null ? [] : selected(host, note, row, test) };
  });
}

/** One machine for all tests that leave it as they found it. */
function together(host: BenchHost, note: Note, tests: readonly BehaviourTest[]): ReadonlyMap<string, Came> {
  using cleanup = new DisposableStack();
  const bench = openBench(host, PLAIN, null, cleanup);
  const done = new Map<string, Came>();
  if (!bench.ok) return done;
  for (const test of tests.filter(({ needs }) => needs === PLAIN)) {
    note(`behaviour/${test.id}`);
    done.set(test.id, run(bench.value, test));
  }
  return done;
}

function alone(host: BenchHost, test: BehaviourTest, selection: Selection | null): Came {
  using cleanup = new DisposableStack();
  const bench = openBench(host, test.needs, selection, cleanup);
  return bench.ok ? run(bench.value, test) : { outcome: null, why: describeKvmError(bench.error) };
}

function run(bench: Bench, test: BehaviourTest): Came {
  const came: Result<Came, KvmError> = test.run(bench);
  return came.ok ? came.value : { outcome: null, why: describeKvmError(came.error) };
}

/** With each setting that this kernel has; one that it refuses is none of its own. */
function selected(host: BenchHost, note: Note, row: BehaviourRow, test: BehaviourTest): BehaviourRun[] {
  return row.settings.flatMap((setting): BehaviourRun[] => {
    const selection = selectionOf(host.kvm, setting);
    if (selection === null || !takes(host, test, selection)) return [];
    note(`behaviour/${row.id} with ${selectedText(setting)}`);
    return [{ selected: selectedText(setting), ...alone(host, test, selection) }];
  });
}

const QUIRKS2 = 'KVM_CAP_DISABLE_QUIRKS2';
/** The successor came with 5.17; before, every mask is accepted, and these bits have an effect. */
const QUIRKS = 'KVM_CAP_DISABLE_QUIRKS';
const OLD_QUIRKS = 0x1fn;

/** The call that selects it, or null where this kernel does not have it. */
function selectionOf(kvm: Kvm, { word, value }: BehaviourSetting): Selection | null {
  const found = operation(word);
  if (found?.call !== 'KVM_ENABLE_CAP' || found.bit === null || found.set !== value) return null;
  const { capability, bit } = found;
  const has = kvm.checkExtension(capabilityNumber(capability));
  if (has.ok && has.value > 0) return { capability, argument: bit };
  return capability === QUIRKS2 && (bit & OLD_QUIRKS) !== 0n ? { capability: QUIRKS, argument: bit } : null;
}

/** Whether the kernel takes the call at all, on a VM like the test's. */
function takes(host: BenchHost, { needs }: BehaviourTest, selection: Selection): boolean {
  const created = host.kvm.createVm();
  if (!created.ok) return false;
  using vm = created.value;
  if (needs.irqchip === 'split') vm.enableCapability(capabilityNumber('KVM_CAP_SPLIT_IRQCHIP'), 24n);
  return vm.enableCapability(capabilityNumber(selection.capability), selection.argument).ok;
}
