/** `lab qemu-roundtrip`: guests that a real QEMU saves on one real kernel and another loads elsewhere; predicted × observed. */
import { availableParallelism } from 'node:os';
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { flag, option } from '@optique/core/primitives';
import { choice, integer, string } from '@optique/core/valueparser';
import { QEMU_VERSIONS } from '../../arch/vmm/qemu-version.ts';
import type { QemuVersion } from '../../arch/vmm/qemu-version.ts';
import { qemuProofSchema } from '../../format/index.ts';
import type { QemuProofDocument } from '../../format/index.ts';
import {
  QEMU_MODES,
  performQemuJobs,
  prepareQemus,
  qemuCampaign,
  qemuItinerary,
  qemuProofOf,
  roundTripGroup,
} from '../../lab/index.ts';
import type {
  LabContext,
  LabError,
  PreparedQemus,
  QemuCampaign,
  QemuItinerary,
  QemuMode,
  QemuPerform,
  RoundTripHost,
} from '../../lab/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Architecture, Result } from '../../model/index.ts';
import { evenkeelVersion } from '../../probe/index.ts';
import { boardOn } from '../board.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText, emit } from '../emit.ts';
import { EXIT, failure } from '../exit.ts';
import type { ExitCode, Failure } from '../exit.ts';
import { ARCHITECTURES, architectureOption, kernelName, labFailure, labFor } from '../lab.ts';
import { labGroups, targetOf } from '../lab-hosts.ts';
import { outputOption, writeOption } from '../operands.ts';
import { qemuAgrees } from '../qemu-roundtrip/summary.ts';
import { qemuProofText } from '../qemu-roundtrip/text.ts';
import type { Terminal } from '../terminal.ts';

/**
 * The most features; on arm64 the server model, because QEMU's `max` has SVE vectors of 2048 bits, of which no version of QEMU
 * saves more than the first 1024.
 */
const DEFAULT_CPU: Readonly<Record<Architecture, string>> = { x86_64: 'max', arm64: 'neoverse-n1' };

export const labQemuRoundtrip: Command = define(
  'qemu-roundtrip',
  map(
    object({
      all: optional(flag('--all', { description: message`Every pair of recorded kernels, every QEMU, every mode` })),
      from: multiple(
        option('--from', kernelName(), { description: message`Where guests leave; default: all; may be repeated` }),
      ),
      to: multiple(
        option('--to', kernelName(), { description: message`Where they are sent; default: all; may be repeated` }),
      ),
      qemus: multiple(
        option('--qemu', choice([...QEMU_VERSIONS], { metavar: 'VERSION' }), {
          description: message`Which QEMU saves, and loads unless --to-qemu says another; default: all; may be repeated`,
        }),
      ),
      toQemus: multiple(
        option('--to-qemu', choice([...QEMU_VERSIONS], { metavar: 'VERSION' }), {
          description: message`Which QEMU loads; may be repeated`,
        }),
      ),
      modes: multiple(
        option('--cpu-mode', choice([...QEMU_MODES], { metavar: 'MODE' }), {
          description: message`host: -cpu host; named: a model; exported: the arguments of contract export; default: all`,
        }),
      ),
      architecture: architectureOption(),
      cpu: optional(
        option('--cpu', string({ metavar: 'CPU' }), {
          description: message`The machine's own: max, neoverse-n1, epyc-milan; default: max on x86_64, neoverse-n1 on arm64`,
        }),
      ),
      again: optional(
        flag('--again', { description: message`Do also what is remembered of an earlier run with the same program` }),
      ),
      parallel: optional(
        option('--parallel', integer({ min: 1, metavar: 'N' }), {
          description: message`Machines at once; default: cores`,
        }),
      ),
      write: writeOption(),
      output: outputOption(),
    }),
    (given): Task =>
      async (terminal) => {
        const { all = false, from, to } = given;
        if (!all && from.length === 0 && to.length === 0) {
          const advice = 'Give --from and --to, or --all for the whole matrix, which takes the better part of an hour.';
          return failure(EXIT.usage, 'it is not said which round trips', advice);
        }
        const context = labFor(terminal);
        const itineraries = await itinerariesOf(terminal, context, given);
        if (!itineraries.ok) return itineraries.error;
        const prepared = await prepareAll(context, itineraries.value);
        if (!prepared.ok) return labFailure(terminal, prepared.error);
        const { onJobs: onBoots, onProgress } = boardOn(terminal);
        const begun = performance.now();
        const done = await qemuCampaign(
          itineraries.value,
          performWith(context, prepared.value.of, given.again === true),
          {
            parallel: given.parallel ?? availableParallelism(),
            signal: terminal.signal,
            onBoots,
            onProgress,
          },
        );
        terminal.status('');
        if (!done.ok) return labFailure(terminal, done.error);
        const proof = await qemuProofOf(done.value, modesOf(given.modes), prepared.value.qemus, {
          at: new Date().toISOString(),
          by: `evenkeel ${evenkeelVersion()}`,
          command: commandText(given),
          seconds: Math.round((performance.now() - begun) / 1000),
          environment: prepared.value.environment,
        });
        return finish(terminal, proof, done.value, given);
      },
  ),
  {
    brief: 'Save guests with a real QEMU on one real kernel, load them with another elsewhere',
    description:
      'QEMU 5.2, 7.2, 10.0 and 11.1 run under KVM inside of the booted kernels. A guest that reads its machine over and over is migrated into a stream, which the QEMU of the destination loads; what migration check --vmm says beforehand is held against what happened. Ends with 1 where the two disagree. What was interrupted goes on where it was.',
    examples: [
      'evenkeel lab qemu-roundtrip --from debian:6.12 --to debian:6.1 --arch arm64 --qemu 10.0 --cpu-mode host',
      'evenkeel lab qemu-roundtrip --from debian:7.2 --to debian:7.2 --arch x86_64 --qemu 11.1 --to-qemu 10.0',
      'evenkeel lab qemu-roundtrip --all --write docs/data/qemu-proof.json',
    ],
  },
);

interface Wanted {
  readonly all?: true | undefined;
  readonly architecture: Architecture | undefined;
  readonly cpu: string | undefined;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly qemus: readonly QemuVersion[];
  readonly toQemus: readonly QemuVersion[];
  readonly modes: readonly QemuMode[];
}

function modesOf(modes: readonly QemuMode[]): readonly QemuMode[] {
  return modes.length === 0 ? QEMU_MODES : QEMU_MODES.filter((mode) => modes.includes(mode));
}

async function itinerariesOf(
  terminal: Terminal,
  context: LabContext,
  { all, architecture, cpu, from, to, qemus, toQemus, modes }: Wanted,
): Promise<Result<readonly QemuItinerary[], Failure>> {
  const made: QemuItinerary[] = [];
  for (const each of architecture === undefined ? ARCHITECTURES : [architecture]) {
    const groups = await labGroups(terminal, context, {
      architectures: [each],
      cpu: cpu ?? DEFAULT_CPU[each],
      kernels: [...new Set([...from, ...to])],
      modules: undefined,
    });
    if (!groups.ok) return groups;
    const versions = qemus.length === 0 ? QEMU_VERSIONS : qemus;
    for (const group of groups.value) {
      const hosts = group.hosts.map(({ kernel, surface }) => ({ kernel, surface: surface.surface }));
      const planned = qemuItinerary(roundTripGroup(each, group.cpu, hosts), {
        modes: modesOf(modes),
        versions,
        ...(toQemus.length === 0 ? {} : { toVersions: toQemus }),
        changes: toQemus.length > 0 ? 'both' : all === true ? 'one' : 'kernel',
        ...(from.length === 0 ? {} : { from }),
        ...(to.length === 0 ? {} : { to }),
      });
      if (planned.moves.length + planned.impossible.length > 0) made.push(planned);
    }
  }
  return made.length > 0 ? ok(made) : err(failure(EXIT.usage, 'no such round trips'));
}

interface PreparedAll {
  readonly of: (host: RoundTripHost) => PreparedQemus;
  readonly qemus: QemuProofDocument['qemus'];
  readonly environment: Readonly<Record<string, string>>;
}

/** Before the first boot, so that all machines run the same program whatever happens to the sources meanwhile. */
async function prepareAll(
  context: LabContext,
  itineraries: readonly QemuItinerary[],
): Promise<Result<PreparedAll, LabError>> {
  const prepared = new Map<RoundTripHost, PreparedQemus>();
  const environment: Record<string, string> = {};
  const qemus: QemuProofDocument['qemus'][number][] = [];
  for (const { group, moves } of itineraries) {
    const { architecture } = group;
    for (const host of new Set(moves.flatMap(({ departure, to }) => [departure.from.host, to.host]))) {
      const ready = await prepareQemus(context, targetOf(group, host.kernel, undefined));
      if (!ready.ok) return ready;
      prepared.set(host, ready.value);
      const { qemu, packages } = ready.value;
      environment[`qemu for ${architecture}`] = qemu.package === null ? qemu.version : qemu.package;
      if (qemus.some((row) => row.architecture === architecture)) continue;
      qemus.push(
        ...Object.entries(packages).map(([version, name]) => ({ architecture, qemu: version, package: name })),
      );
    }
  }
  return ok({
    environment,
    qemus,
    of(host) {
      const ready = prepared.get(host);
      if (ready === undefined) throw new Error(`${host.kernel} was not prepared`);
      return ready;
    },
  });
}

function performWith(context: LabContext, of: PreparedAll['of'], again: boolean): QemuPerform {
  return ({ architecture, cpu }, host, request, events) =>
    performQemuJobs(context, of(host), request, { architecture, cpu, again, ...events });
}

function finish(
  terminal: Terminal,
  proof: QemuProofDocument,
  done: readonly QemuCampaign[],
  { output, write }: { readonly output: 'table' | 'json'; readonly write: string | undefined },
): ExitCode | Failure {
  const json = (): string => documentText(qemuProofSchema.encode(proof));
  if (write !== undefined) {
    const failed = emit(terminal, json(), write);
    if (failed !== null) return failed;
  }
  if (output === 'table') terminal.out(qemuProofText(terminal, proof));
  else if (write === undefined) terminal.out(json());
  const failures = done.flatMap(({ failed }) => failed);
  for (const { boot, error } of failures) terminal.note(`${boot}: ${error.message}`);
  if (failures.length > 0) return EXIT.lab;
  return qemuAgrees(proof) ? EXIT.ok : EXIT.worse;
}

function commandText({ all, from, to, qemus, toQemus, modes, architecture, cpu }: Wanted): string {
  return [
    'evenkeel lab qemu-roundtrip',
    ...(all === true ? ['--all'] : []),
    ...from.map((kernel) => `--from ${kernel}`),
    ...to.map((kernel) => `--to ${kernel}`),
    ...qemus.map((version) => `--qemu ${version}`),
    ...toQemus.map((version) => `--to-qemu ${version}`),
    ...(architecture === undefined ? [] : [`--arch ${architecture}`]),
    ...(cpu === undefined ? [] : [`--cpu ${cpu}`]),
    ...modes.map((mode) => `--cpu-mode ${mode}`),
  ].join(' ');
}
