/** A request to a worker of this host, for commands: progress, sections, failures as the program's. */
import { err, ok } from '../model/index.ts';
import type { Architecture, Result, Section } from '../model/index.ts';
import { START_SECONDS, launchLocal, stepsOf, supervise } from '../worker/index.ts';
import type { Request } from '../worker/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { probeFailure } from './probe.ts';
import type { Terminal } from './terminal.ts';

export type Sections = Readonly<Record<string, Section>>;

/** `startSeconds`: until the worker's first word, which comes after it has read the whole request. */
export async function askWorker(
  terminal: Terminal,
  request: Request,
  architecture: Architecture,
  startSeconds: number = START_SECONDS,
): Promise<Result<Sections, Failure>> {
  const collected = await supervise(launchLocal({ request }), {
    steps: await stepsOf(request, architecture),
    patience: 1,
    startSeconds,
    signal: terminal.signal,
    onProgress: (message) => {
      if (message.event === 'note') terminal.status(message.what);
    },
  });
  terminal.status('');
  return collected.ok ? ok(collected.value.sections) : err(probeFailure(collected.error, terminal.signal.aborted));
}

/** What kept a step from an answer. */
export function stepFailure(section: Exclude<Section, { readonly outcome: 'measured' }> | undefined): Failure {
  switch (section?.outcome) {
    case 'deadline':
      return failure(EXIT.kvm, `no answer within ${section.milliseconds} ms while it was at: ${section.during}`);
    case 'crashed':
      return failure(EXIT.kvm, `the worker ended (${section.reason}) while it was at: ${section.during}`);
    case 'failed':
      return failure(EXIT.kvm, `${section.call}(${section.detail}): ${section.errno} (${section.meaning})`);
    case 'absent':
      return failure(EXIT.kvm, section.reason);
    case undefined:
      return failure(EXIT.internal, 'the worker ended without doing it');
  }
}
