/** `lab roundtrip`: guests saved on one real kernel, restored on another and brought back; predicted × observed. */
import { availableParallelism } from 'node:os';
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { flag, option } from '@optique/core/primitives';
import { choice, integer, string } from '@optique/core/valueparser';
import { proofSchema } from '../../format/index.ts';
import type { ProofDocument } from '../../format/index.ts';
import {
  VARIANTS,
  campaign,
  itinerary,
  labPerform,
  prepare,
  proofOf,
  roundTripGroup,
  variantsOf,
} from '../../lab/index.ts';
import type { Campaign, Itinerary, LabContext, LabError, Prepared, RoundTripHost } from '../../lab/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { evenkeelVersion } from '../../probe/index.ts';
import { boardOn } from '../board.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText, emit } from '../emit.ts';
import { EXIT, failure } from '../exit.ts';
import type { ExitCode, Failure } from '../exit.ts';
import { ARCHITECTURES, architectureOption, kernelName, labFailure, labFor, modulesFailure } from '../lab.ts';
import { labGroups, targetOf } from '../lab-hosts.ts';
import { outputOption, writeOption } from '../operands.ts';
import { agrees } from '../roundtrip/summary.ts';
import { proofText } from '../roundtrip/text.ts';
import type { Terminal } from '../terminal.ts';

const DEFAULT_CPU = 'max';

export const labRoundtrip: Command = define(
  'roundtrip',
  map(
    object({
      all: optional(
        flag('--all', { description: message`Every ordered pair of recorded kernels, every CPU, every variant` }),
      ),
      from: multiple(
        option('--from', kernelName(), { description: message`Where guests leave; default: all; may be repeated` }),
      ),
      to: multiple(
        option('--to', kernelName(), { description: message`Where they are sent; default: all; may be repeated` }),
      ),
      modules: optional(
        option('--modules', string({ metavar: 'DIR' }), { description: message`Where the modules of your kernel are` }),
      ),
      architecture: architectureOption(),
      cpu: optional(
        option('--cpu', string({ metavar: 'CPU' }), {
          description: message`max, neoverse-n1, epyc-milan; default: max, with --all every recorded one`,
        }),
      ),
      variants: multiple(
        option('--variant', choice(VARIANTS.map(({ id }) => id)), {
          description: message`Which guests; default: all; may be repeated`,
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
        const { all = false, from, to, architecture, cpu = all ? undefined : DEFAULT_CPU } = given;
        if (!all && from.length === 0 && to.length === 0) {
          const advice = 'Give --from and --to, or --all for the whole matrix, which takes about half an hour.';
          return failure(EXIT.usage, 'it is not said which round trips', advice);
        }
        const stray = modulesFailure([...from, ...to], given.modules);
        if (stray !== null) return stray;
        const context = labFor(terminal);
        const itineraries = await itinerariesOf(terminal, context, { ...given, cpu, from, to });
        if (!itineraries.ok) return itineraries.error;
        const prepared = await prepareAll(context, itineraries.value, given.modules);
        if (!prepared.ok) return labFailure(terminal, prepared.error);
        const { onJobs: onBoots, onProgress } = boardOn(terminal);
        const begun = performance.now();
        const done = await campaign(
          itineraries.value,
          labPerform(context, prepared.value.of, { again: given.again === true }),
          {
            parallel: given.parallel ?? availableParallelism(),
            signal: terminal.signal,
            onBoots,
            onProgress,
          },
        );
        terminal.status('');
        if (!done.ok) return labFailure(terminal, done.error);
        const used = VARIANTS.filter(({ id }) => given.variants.length === 0 || given.variants.includes(id));
        const proof = proofOf(done.value, used, {
          at: new Date().toISOString(),
          by: `evenkeel ${evenkeelVersion()}`,
          command: commandText({ ...given, architecture }),
          seconds: Math.round((performance.now() - begun) / 1000),
          environment: prepared.value.environment,
        });
        return finish(terminal, proof, done.value, given);
      },
  ),
  {
    brief: 'Save guests on one real kernel, restore them on another, bring them back',
    description:
      'A guest that reads its machine over and over is saved in mid-run, restored on another kernel, runs on, is saved there and comes back. What was predicted is held against what happened; ends with 1 where the two disagree. What was interrupted goes on where it was.',
    examples: [
      'evenkeel lab roundtrip --from debian:6.1 --to debian:6.12 --arch arm64 --variant default',
      'evenkeel lab roundtrip --from debian:7.3 --arch x86_64 -o json',
      'evenkeel lab roundtrip --all --write docs/data/proof.json',
    ],
  },
);

interface Wanted {
  readonly architecture: (typeof ARCHITECTURES)[number] | undefined;
  readonly cpu: string | undefined;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly modules: string | undefined;
  readonly variants: readonly string[];
}

async function itinerariesOf(
  terminal: Terminal,
  context: LabContext,
  { architecture, cpu, from, to, modules, variants }: Wanted,
): Promise<Result<readonly Itinerary[], Failure>> {
  const architectures = architecture === undefined ? ARCHITECTURES : [architecture];
  const made: Itinerary[] = [];
  for (const each of architectures) {
    const groups = await labGroups(terminal, context, {
      architectures: [each],
      cpu,
      kernels: [...new Set([...from, ...to])],
      modules,
    });
    if (!groups.ok) return groups;
    for (const group of groups.value) {
      const hosts = group.hosts.map(({ kernel, surface }) => ({ kernel, surface: surface.surface }));
      const planned = itinerary(roundTripGroup(each, group.cpu, hosts), {
        variants: variantsOf(each, variants.length === 0 ? undefined : variants),
        ...(from.length === 0 ? {} : { from }),
        ...(to.length === 0 ? {} : { to }),
      });
      if (planned.trips.length + planned.impossible.length > 0) made.push(planned);
    }
  }
  if (made.length > 0) return ok(made);
  return err(failure(EXIT.usage, 'no such round trips', 'Some guests are of one architecture alone: see --variant.'));
}

interface PreparedAll {
  readonly of: Parameters<typeof labPerform>[1];
  readonly environment: Readonly<Record<string, string>>;
}

/** Before the first boot, so that all machines run the same program whatever happens to the sources meanwhile. */
async function prepareAll(
  context: LabContext,
  itineraries: readonly Itinerary[],
  modules: string | undefined,
): Promise<Result<PreparedAll, LabError>> {
  const prepared = new Map<RoundTripHost, Prepared>();
  const environment: Record<string, string> = {};
  for (const { group, trips } of itineraries) {
    for (const host of new Set(trips.flatMap(({ departing, to }) => [departing.host, to]))) {
      const ready = await prepare(context, targetOf(group, host.kernel, modules));
      if (!ready.ok) return ready;
      prepared.set(host, ready.value);
      const { qemu } = ready.value;
      environment[`qemu for ${group.architecture}`] = qemu.package === null ? qemu.version : qemu.package;
    }
  }
  return ok({
    environment,
    of: (_, host) => {
      const ready = prepared.get(host);
      if (ready === undefined) throw new Error(`${host.kernel} was not prepared`);
      return Promise.resolve(ok(ready));
    },
  });
}

function finish(
  terminal: Terminal,
  proof: ProofDocument,
  done: readonly Campaign[],
  { output, write }: { readonly output: 'table' | 'json'; readonly write: string | undefined },
): ExitCode | Failure {
  const json = (): string => documentText(proofSchema.encode(proof));
  if (write !== undefined) {
    const failed = emit(terminal, json(), write);
    if (failed !== null) return failed;
  }
  if (output === 'table') terminal.out(proofText(terminal, proof));
  else if (write === undefined) terminal.out(json());
  const failures = done.flatMap(({ failed }) => failed);
  for (const { boot, error } of failures) terminal.note(`${boot}: ${error.message}`);
  if (failures.length > 0) return EXIT.lab;
  return agrees(proof) ? EXIT.ok : EXIT.worse;
}

function commandText({
  all,
  from,
  to,
  architecture,
  cpu,
  variants,
}: Omit<Wanted, 'modules'> & { readonly all?: true | undefined }): string {
  return [
    'evenkeel lab roundtrip',
    ...(all === true ? ['--all'] : []),
    ...from.map((kernel) => `--from ${kernel}`),
    ...to.map((kernel) => `--to ${kernel}`),
    ...(architecture === undefined ? [] : [`--arch ${architecture}`]),
    ...(cpu === undefined ? [] : [`--cpu ${cpu}`]),
    ...variants.map((variant) => `--variant ${variant}`),
  ].join(' ');
}
