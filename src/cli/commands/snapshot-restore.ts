/** `snapshot restore`: decided by the verdict before a byte reaches KVM, read back after it, and run on. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, withDefault } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { integer, string } from '@optique/core/valueparser';
import { canonicalContract } from '../../arch/canonical-contract.ts';
import { measure, registryFor } from '../../arch/index.ts';
import { plan, verify } from '../../engine/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Plan, Result } from '../../model/index.ts';
import { evenkeelVersion } from '../../probe/index.ts';
import { decide } from '../../snapshot/decision.ts';
import type { Decision } from '../../snapshot/decision.ts';
import { writeSnapshot } from '../../snapshot/file/index.ts';
import type { SnapshotFile, SnapshotParts } from '../../snapshot/file/index.ts';
import { savedExtents, savedMemory } from '../../snapshot/memory.ts';
import { keepPromises } from '../../snapshot/promised.ts';
import type { JobDone } from '../../worker/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { guestReport, runGuestJob } from '../guest-job.ts';
import { loadSurface } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { outputOption, surfaceName, writeOption } from '../operands.ts';
import { measureOptions } from '../pin.ts';
import { restoreDocument, restoreExit, restoreJson, restoreText } from '../restore-text.ts';
import type { Tried } from '../restore-text.ts';
import { loadSnapshot, snapshotFailure, snapshotName } from '../snapshot.ts';
import type { Terminal } from '../terminal.ts';

const ROUNDS = 100;

export const snapshotRestore: Command = define(
  'restore',
  map(
    object({
      path: argument(snapshotName(), { description: message`A snapshot` }),
      to: withDefault(
        option('--to', surfaceName('SURFACE'), {
          description: message`Only say what would come of it there; default: this host, and do it`,
        }),
        'host',
      ),
      accept: multiple(
        option('--accept', string({ metavar: 'ELEMENT' }), {
          description: message`Go on although this element would be refused, lost or silently another; may be repeated`,
        }),
      ),
      rounds: withDefault(
        option('--rounds', integer({ metavar: 'N', min: 1 }), { description: message`That every vCPU does after it` }),
        ROUNDS,
      ),
      write: writeOption(),
      output: outputOption(),
    }),
    (options): Task =>
      async (terminal) => {
        const opened = await loadSnapshot(options.path);
        if (!opened.ok) return opened.error;
        await using file = opened.value;
        const host = await loadSurface(options.to, terminal);
        if (!host.ok) return host.error;
        const decided = decideFor(options.path, file.parts, host.value, options.accept);
        if (!decided.ok) return decided.error;
        const decision = decided.value;
        const go = options.to === 'host' && decision.hindrances.length === 0;
        const tried = go ? await attempt(terminal, file, host.value, decision, options) : ok(null);
        if (!tried.ok) return tried.error;
        const document = restoreDocument(options.path, file.parts, host.value, decision, tried.value);
        terminal.out(
          options.output === 'json'
            ? restoreJson(document)
            : restoreText(terminal, document, tried.value?.done.report?.units ?? []),
        );
        return restoreExit(document);
      },
  ),
  {
    brief: 'Restore a saved guest here, and read everything back',
    description:
      "The contract's verdict with the guest's actual values decides before a byte reaches KVM: what would be refused, lost or silently another keeps it from being restored unless it is accepted by name. Afterwards everything is read back and compared, and the guest runs on and tells what it reads. Ends with 1 where it was not restored or is not what was saved.",
    examples: [
      'evenkeel snapshot restore guest.snapshot',
      'evenkeel snapshot restore guest.snapshot --to x86_64/max/debian-6.1   # nothing is restored',
      'evenkeel snapshot restore guest.snapshot --accept msr/MSR_IA32_XSS --write again.snapshot',
    ],
  },
);

function decideFor(
  path: string,
  { contract: written, state, surface }: SnapshotParts,
  { name, surface: to }: NamedSurface,
  accept: readonly string[],
): Result<Decision, Failure> {
  const contract = canonicalContract(written);
  if (to.architecture !== contract.architecture) {
    const text = `${path} is of ${contract.architecture} and ${name} of ${to.architecture}: a guest cannot be restored there`;
    return err(failure(EXIT.input, text));
  }
  const options = measureOptions(contract.choices);
  const decision = decide({
    registry: registryFor(contract.architecture),
    contract,
    state,
    destination: measure(to, options),
    source: surface === null ? null : measure(surface, options),
    accept,
  });
  const [idle] = decision.idle;
  if (idle === undefined) return ok(decision);
  return err(failure(EXIT.usage, `--accept ${idle}: nothing that stands in the way has this name`));
}

interface Wishes {
  readonly rounds: number;
  readonly write?: string | undefined;
}

async function attempt(
  terminal: Terminal,
  file: SnapshotFile,
  host: NamedSurface,
  decision: Decision,
  { rounds, write }: Wishes,
): Promise<Result<Tried, Failure>> {
  const { metadata, state, contract, surface } = file.parts;
  const { guest } = metadata;
  if (guest.name !== 'witness' && guest.name !== 'counter') {
    const text = `the guest "${guest.name}" is another program's: only Evenkeel's own are run on here`;
    return err(failure(EXIT.input, text, 'What would come of it: --to SURFACE'));
  }
  const options = measureOptions(contract.choices);
  const source = surface === null ? {} : { from: measure(surface, options) };
  const registry = registryFor(contract.architecture);
  const made = plan(registry, decision.planned, measure(host.surface, options), source);
  const ran = await runGuestJob(terminal, made, {
    job: 'restore',
    name: 'restore',
    plan: 0,
    vcpus: guest.vcpus,
    // What the source could not show, it saved as it was; written back, that would undo what the plan sets.
    snapshot: {
      state: keepPromises(registry, decision.planned, state),
      memory: await savedMemory(metadata.memory, file.extents()),
    },
    reads: [],
    rounds,
    onRefusal: 'stop',
    leaveOut: decision.leaveOut,
    guest: guest.name,
  });
  if (!ran.ok) return ran;
  const { honoured } = verify(registry, made, ran.value.execution);
  const saved = write === undefined ? ok(null) : await saveAgain(write, file.parts, host, made, ran.value);
  return saved.ok ? ok({ done: ran.value, honoured, saved: saved.value }) : saved;
}

/** Only a guest that went to its end is saved; of another there is nothing to write. */
async function saveAgain(
  path: string,
  parts: SnapshotParts,
  { surface }: NamedSurface,
  made: Plan,
  { snapshot, witness }: JobDone,
): Promise<Result<string | null, Failure>> {
  if (snapshot === null) return ok(null);
  const written = await writeSnapshot(path, {
    ...parts,
    metadata: {
      ...parts.metadata,
      at: new Date().toISOString(),
      by: `evenkeel ${evenkeelVersion()}`,
      command: null,
      guest: { ...parts.metadata.guest, report: guestReport(witness) },
    },
    source: { architecture: surface.architecture, fingerprint: surface.fingerprint, host: surface.host },
    surface,
    plan: made,
    state: snapshot.state,
    memory: savedExtents(snapshot.memory),
  });
  return written.ok ? ok(path) : err(snapshotFailure(written.error));
}
