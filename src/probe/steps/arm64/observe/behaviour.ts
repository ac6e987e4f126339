/** Behaviour tests: once on the default machine, then on machines with settings made. */
import { selectedText } from '../../../../arch/behaviour.ts';
import { BEHAVIOURS, SETTING } from '../../../../arch/arm64/tables/behaviours.ts';
import type { SettingName } from '../../../../arch/arm64/tables/behaviours.ts';
import { GROUPS, runBehaviours, testsOf } from '../../../../guest/arm64/behaviour/index.ts';
import type { Tested } from '../../../../guest/arm64/behaviour/index.ts';
import { hex } from '../../../../model/index.ts';
import type { BehaviourData, BehaviourResult, BehaviourRun } from '../../../../model/index.ts';
import { failed, measured } from '../../../step.ts';
import type { Step, StepContext } from '../../../step.ts';
import { openObserved } from './machine.ts';

export const behaviour: Step = {
  name: 'behaviour',
  architecture: 'arm64',
  // Some four machines, each with guests of their own.
  seconds: 20,
  run(context) {
    const opened = openObserved(context);
    if (!opened.ok) return failed(opened.error);
    context.note('behaviour tests without settings');
    const plain = disposing(opened.value, ({ run }) => runBehaviours(run));
    const runs = GROUPS.flatMap((group) => runsOf(context, group));
    const rows = BEHAVIOURS.map(({ id }): BehaviourResult => ({
      id,
      ...outcomeOf(plain.get(id)),
      with: runs.filter((each) => each.id === id).map(({ id: _, ...run }) => run),
    }));
    return measured({ rows } satisfies BehaviourData);
  },
};

/** What came of the tests that the settings of a group are there for, on a machine that has all of them. */
function runsOf(context: StepContext, group: readonly SettingName[]): (BehaviourRun & { readonly id: string })[] {
  context.note(`behaviour tests with ${group.join(', ')}`);
  const opened = openObserved(context, group);
  const refused = opened.ok ? opened.value.refused : new Map<SettingName, string>();
  const failure = opened.ok ? null : `${opened.error.call}: ${opened.error.errnoName}`;
  const judged = opened.ok ? disposing(opened.value, ({ run }) => runBehaviours(run)) : new Map<string, Tested>();
  return group.flatMap((setting) => {
    const why = failure ?? refused.get(setting);
    return testsOf(setting).map((id) => ({
      id,
      selected: selectedText(SETTING[setting]),
      ...(why === undefined ? outcomeOf(judged.get(id)) : { outcome: null, why }),
    }));
  });
}

function disposing<T extends Disposable, R>(resource: T, use: (resource: T) => R): R {
  using held = resource;
  return use(held);
}

type Came = Pick<BehaviourRun, 'outcome' | 'why' | 'reads'>;

export function outcomeOf(tested: Tested | undefined): Came {
  if (tested === undefined) return { outcome: null, why: 'the test was not run' };
  const { judged, reads } = tested;
  const read = reads.length === 0 ? {} : { reads: reads.map(hex) };
  return typeof judged === 'string' ? { outcome: judged, ...read } : { outcome: null, why: judged.why, ...read };
}
