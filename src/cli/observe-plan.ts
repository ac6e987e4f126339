/** A contract's machine made by a plan and read by a guest, in a worker of this host or of a lab machine. */
import { err, ok } from '../model/index.ts';
import type { ObservedMachine, Plan, Result } from '../model/index.ts';
import { askWorker, stepFailure } from './ask-worker.ts';
import type { Sections } from './ask-worker.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** The name of the step on both architectures. */
const STEP = 'observed-plan';

export async function observeHere(terminal: Terminal, plan: Plan): Promise<Result<ObservedMachine, Failure>> {
  const sections = await askWorker(terminal, { kind: 'observe', plan }, plan.architecture);
  return sections.ok ? observedMachine(sections.value) : sections;
}

/** The section of the step that made the machine and ran the guest. */
export function observedMachine(sections: Sections): Result<ObservedMachine, Failure> {
  const section = sections[STEP];
  // The worker is this program; its step of that name writes what a guest read (probe/steps/*/observe/plan.ts).
  if (section?.outcome === 'measured') return ok(section.data as ObservedMachine);
  if (section?.outcome !== 'absent') return err(stepFailure(section));
  const advice = 'In the lab it does: evenkeel lab observe --kernel KERNEL --contract CONTRACT';
  return err(failure(EXIT.kvm, `no guest runs on this host: ${section.reason}`, advice));
}
