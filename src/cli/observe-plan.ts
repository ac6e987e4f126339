/** A contract's machine made by a plan and read by a guest, in a worker of this host or of a lab machine. */
import { err, ok } from '../model/index.ts';
import type { ObservedMachine, Plan, Result, Section } from '../model/index.ts';
import { launchLocal, stepsOf, supervise } from '../worker/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { probeFailure } from './probe.ts';
import type { Terminal } from './terminal.ts';

const START_SECONDS = 30;
/** The name of the step on both architectures. */
const STEP = 'observed-plan';

export async function observeHere(terminal: Terminal, plan: Plan): Promise<Result<ObservedMachine, Failure>> {
  const request = { kind: 'observe', plan } as const;
  const collected = await supervise(launchLocal({ request }), {
    steps: await stepsOf(request, plan.architecture),
    patience: 1,
    startSeconds: START_SECONDS,
    signal: terminal.signal,
    onProgress: (message) => {
      if (message.event === 'note') terminal.status(message.what);
    },
  });
  terminal.status('');
  if (!collected.ok) return err(probeFailure(collected.error, terminal.signal.aborted));
  return observedMachine(collected.value.sections);
}

/** The section of the step that made the machine and ran the guest. */
export function observedMachine(sections: Readonly<Record<string, Section>>): Result<ObservedMachine, Failure> {
  const section = sections[STEP];
  switch (section?.outcome) {
    case 'measured':
      // The worker is this program; its step of that name writes what a guest read (probe/steps/*/observe/plan.ts).
      return ok(section.data as ObservedMachine);
    case 'deadline':
      return err(failure(EXIT.kvm, `no answer within ${section.milliseconds} ms while it was at: ${section.during}`));
    case 'crashed':
      return err(failure(EXIT.kvm, `the worker ended (${section.reason}) while it was at: ${section.during}`));
    case 'failed':
      return err(failure(EXIT.kvm, `${section.call}(${section.detail}): ${section.errno} (${section.meaning})`));
    case 'absent':
      return err(
        failure(
          EXIT.kvm,
          `no guest runs on this host: ${section.reason}`,
          'In the lab it does: evenkeel lab observe --kernel KERNEL --contract CONTRACT',
        ),
      );
    case undefined:
      return err(failure(EXIT.internal, 'the worker ended without running the guest'));
  }
}
