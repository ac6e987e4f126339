/** `snapshot save`: Evenkeel's own guest is run on this host and saved in mid-run, together with its contract. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional, withDefault } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { choice, integer } from '@optique/core/valueparser';
import { registryFor } from '../../arch/index.ts';
import { verify } from '../../engine/index.ts';
import type { Result, Surface } from '../../model/index.ts';
import { err, ok } from '../../model/index.ts';
import { writeSnapshot } from '../../snapshot/file/index.ts';
import { savedExtents } from '../../snapshot/memory.ts';
import type { JobDone, MachineState } from '../../worker/index.ts';
import { evenkeelVersion } from '../../probe/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { guestReport, runGuestJob } from '../guest-job.ts';
import { load, loadSurface } from '../input.ts';
import { departure } from '../move.ts';
import { fileOption, surfaceName } from '../operands.ts';
import { planFor } from '../plan.ts';
import { snapshotFailure } from '../snapshot.ts';
import type { Terminal } from '../terminal.ts';
import { inUnits } from '../units.ts';

const GUESTS = ['witness', 'counter'] as const;
type Guest = (typeof GUESTS)[number];

/** Of each vCPU. Emulated guests do some thousand a second. */
const ROUNDS = 100;

export const snapshotSave: Command = define(
  'save',
  map(
    object({
      contract: optional(
        option('--contract', surfaceName('CONTRACT'), {
          description: message`What the guest is promised; default: what this host shows`,
        }),
      ),
      guest: optional(
        option('--guest', choice(GUESTS, { metavar: 'GUEST' }), {
          description: message`witness reads its whole machine over and over; counter only counts, in real mode. Default: the witness where the host can run it`,
        }),
      ),
      vcpus: withDefault(
        option('--vcpus', integer({ metavar: 'N', min: 1, max: 8 }), { description: message`How many; default: 2` }),
        2,
      ),
      rounds: withDefault(
        option('--rounds', integer({ metavar: 'N', min: 1 }), {
          description: message`That every vCPU does before it is saved`,
        }),
        ROUNDS,
      ),
      write: fileOption(message`Where the snapshot goes, whole or not at all`),
    }),
    (options): Task =>
      async (terminal) => {
        const host = await loadSurface('host', terminal);
        if (!host.ok) return host.error;
        const named = options.contract === undefined ? ok(host.value) : await load(options.contract, terminal);
        if (!named.ok) return named.error;
        const leaves = departure(named.value, undefined);
        if (!leaves.ok) return leaves.error;
        const { contract } = leaves.value;
        const plan = planFor(leaves.value.name, contract, host.value, null);
        if (!plan.ok) return plan.error;
        const guest = options.guest ?? guestFor(host.value.surface, terminal);
        const { vcpus, rounds, write } = options;
        const job = { job: 'save', name: 'save', plan: 0, vcpus, reads: [], deeds: [], rounds, guest } as const;
        const ran = await runGuestJob(terminal, plan.value, job);
        if (!ran.ok) return ran.error;
        const made = savedBy(ran.value);
        if (!made.ok) return made.error;
        const { honoured } = verify(registryFor(contract.architecture), plan.value, ran.value.execution);
        if (honoured === 'no') return notHonoured(contract.name);
        const { state, memory } = made.value;
        const { surface } = host.value;
        const written = await writeSnapshot(write, {
          metadata: {
            at: new Date().toISOString(),
            by: `evenkeel ${evenkeelVersion()}`,
            command: `evenkeel snapshot save --guest ${guest} --vcpus ${vcpus} --rounds ${rounds} --write FILE`,
            guest: { name: guest, vcpus, report: guestReport(ran.value.witness) },
            memory: memory.regions,
            environment: {},
          },
          source: { architecture: surface.architecture, fingerprint: surface.fingerprint, host: surface.host },
          contract,
          surface,
          plan: plan.value,
          state,
          memory: savedExtents(memory),
        });
        if (!written.ok) return snapshotFailure(written.error);
        terminal.note(
          `${write}: ${inUnits(written.value)}; ${guest}, ${vcpus} vCPUs, saved after ${ran.value.guest?.text ?? 'a run'} in ${ran.value.milliseconds.save} ms`,
        );
        return EXIT.ok;
      },
  ),
  {
    brief: "Run Evenkeel's own guest here and save it in mid-run",
    description:
      "The machine is made from the contract; the guest is stopped at an instruction of nobody's choice. Needs read and write permission on /dev/kvm. The file holds the contract, the surface of this host, all state and the guest's memory.",
    examples: [
      'evenkeel snapshot save --write guest.snapshot',
      'evenkeel snapshot save --contract pool.contract.json --vcpus 4 --write guest.snapshot',
      'evenkeel snapshot save --guest counter --rounds 1000 --write counter.snapshot',
    ],
  },
);

/**
 * Under PVM the guest's kernel mode is no CPU mode of its own, and a guest without PVM's calls runs only where KVM emulates
 * it: in real mode.
 */
function guestFor({ host }: Surface, terminal: Terminal): Guest {
  if (host?.modules.some(({ name }) => name === 'kvm_pvm') !== true) return 'witness';
  terminal.note('The KVM module is kvm_pvm: only guests in real mode run here, so it is the counter that is saved.');
  return 'counter';
}

function savedBy({ failure: why, snapshot, ran, guest }: JobDone): Result<MachineState, Failure> {
  if (why !== null) return err(failure(EXIT.kvm, `nothing was saved: ${why}`));
  if (snapshot === null) return err(failure(EXIT.internal, 'the worker gave no state'));
  if (guest?.runsOn === true) return ok(snapshot);
  return err(failure(EXIT.kvm, `nothing was saved: the guest does not run here: ${guest?.text ?? ran ?? ''}`));
}

function notHonoured(name: string): Failure {
  const advice = 'What it shows instead: evenkeel contract verify CONTRACT';
  return failure(EXIT.worse, `${name}: this host does not honour the contract; nothing was saved`, advice);
}
