/**
 * Behaviour tests (`arch/x86/tables/behaviours.ts`): each run without its mechanism, and once with each setting that this
 * kernel has. Tests that leave their machine as they found it share one.
 */
import { selectedText } from '../../../../arch/behaviour.ts';
import type { BehaviourSetting } from '../../../../arch/behaviour.ts';
import { operation } from '../../../../arch/x86/operations.ts';
import { BEHAVIOURS } from '../../../../arch/x86/tables/behaviours.ts';
import { BEHAVIOUR_TESTS, capabilityNumber, openBench } from '../../../../guest/x86/behaviour/index.ts';
import type { Bench, BenchHost, BehaviourTest, Came, Needs, Selection } from '../../../../guest/x86/behaviour/index.ts';
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
  const runs = plans(host.kvm, possible);
  const came = new Map<string, Came>();
  for (const { needs, selections, tests } of groups(runs)) perform(host, note, needs, selections, tests, came);
  return BEHAVIOURS.map((row): BehaviourResult => {
    const plain = came.get(key(row.id, null));
    if (plain === undefined) return { id: row.id, outcome: null, why: whyNotLong ?? 'no guest tries it', with: [] };
    if (plain.outcome === null) return { id: row.id, ...plain, with: [] };
    const selected = row.settings.flatMap((setting): BehaviourRun[] => {
      const result = came.get(key(row.id, setting));
      return result === undefined ? [] : [{ selected: selectedText(setting), ...result }];
    });
    return { id: row.id, ...plain, with: selected };
  });
}

const key = (id: string, setting: BehaviourSetting | null): string =>
  setting === null ? id : `${id} ${selectedText(setting)}`;

/** One test, without a setting or with one that this kernel has. */
interface Run {
  readonly test: BehaviourTest;
  readonly key: string;
  readonly selection: Selection | null;
}

function plans(kvm: Kvm, tests: readonly BehaviourTest[]): Run[] {
  return tests.flatMap((test): Run[] => {
    const settings = BEHAVIOURS.find(({ id }) => id === test.id)?.settings ?? [];
    return [null, ...settings].flatMap((setting): Run[] => {
      const selection = setting === null ? null : selectionOf(kvm, setting);
      if (setting !== null && selection === null) return [];
      return [{ test, key: key(test.id, setting), selection }];
    });
  });
}

interface Group {
  readonly needs: Needs;
  readonly selections: readonly Selection[];
  readonly tests: readonly Run[];
}

/**
 * A machine for each test that leaves it otherwise than it found it; of the others those with equal needs share one, and
 * those with settings too: quirks are bits of one mask, and none of these looks at another's.
 */
function groups(runs: readonly Run[]): Group[] {
  const shared = new Map<Needs, { plain: Run[]; selected: Run[] }>();
  const alone: Group[] = [];
  for (const run of runs) {
    const { needs } = run.test;
    const selections = run.selection === null ? [] : [run.selection];
    if (needs.alone === true) {
      alone.push({ needs, selections, tests: [run] });
      continue;
    }
    const group = shared.get(needs) ?? { plain: [], selected: [] };
    (run.selection === null ? group.plain : group.selected).push(run);
    shared.set(needs, group);
  }
  const together = [...shared].flatMap(([needs, { plain, selected }]): Group[] => [
    { needs, selections: [], tests: plain },
    ...(selected.length === 0 ? [] : [{ needs, selections: joined(selected), tests: selected }]),
  ]);
  return [...together, ...alone];
}

/** One call for each capability: up to 6.14 a second one replaces the first. */
function joined(runs: readonly Run[]): Selection[] {
  const masks = new Map<string, bigint>();
  for (const { selection } of runs) {
    if (selection === null) continue;
    masks.set(selection.capability, (masks.get(selection.capability) ?? 0n) | selection.argument);
  }
  return [...masks].map(([capability, argument]) => ({ capability, argument }));
}

function perform(
  host: BenchHost,
  note: Note,
  needs: Needs,
  selections: readonly Selection[],
  runs: readonly Run[],
  came: Map<string, Came>,
): void {
  using cleanup = new DisposableStack();
  const bench = openBench(host, needs, selections, cleanup);
  // A setting that the kernel refuses is one that it does not have.
  if (!bench.ok && selections.length > 0 && bench.error.call === 'KVM_ENABLE_CAP') return;
  for (const { test, key: name, selection } of runs) {
    // What comes to nothing by itself says nothing of a setting; groups without one come first.
    if (selection !== null && came.get(test.id)?.outcome === null) continue;
    note(`behaviour/${name}`);
    came.set(name, bench.ok ? run(bench.value, test) : { outcome: null, why: describeKvmError(bench.error) });
  }
}

function run(bench: Bench, test: BehaviourTest): Came {
  const came: Result<Came, KvmError> = test.run(bench);
  return came.ok ? came.value : { outcome: null, why: describeKvmError(came.error) };
}

const QUIRKS2 = 'KVM_CAP_DISABLE_QUIRKS2';
/** The successor came with 5.17; before, every mask is accepted, and these bits have an effect. */
const QUIRKS = 'KVM_CAP_DISABLE_QUIRKS';
const OLD_QUIRKS = 0x1fn;

/** The call that selects it, or null where this kernel does not have it: the mask of valid quirks says so. */
function selectionOf(kvm: Kvm, { word, value }: BehaviourSetting): Selection | null {
  const found = operation(word);
  if (found?.call !== 'KVM_ENABLE_CAP' || found.bit === null || found.set !== value) return null;
  const { capability, bit } = found;
  const has = kvm.checkExtension(capabilityNumber(capability));
  if (has.ok && has.value > 0) {
    const valid = capability === QUIRKS2 ? BigInt(has.value) : bit;
    return (valid & bit) === 0n ? null : { capability, argument: bit };
  }
  return capability === QUIRKS2 && (bit & OLD_QUIRKS) !== 0n ? { capability: QUIRKS, argument: bit } : null;
}
