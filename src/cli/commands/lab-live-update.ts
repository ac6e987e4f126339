/** `lab live-update`: the kernel of one lab machine is replaced while a guest waits on its disk. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional, withDefault } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { assessLiveUpdate, labLiveUpdate, liveUpdateTrip, prepare, roundTripGroup } from '../../lab/index.ts';
import type { LiveUpdated } from '../../lab/index.ts';
import type { Architecture } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import { ARCHITECTURES, architectureOption, kernelName, labFailure, labFor } from '../lab.ts';
import { labGroups } from '../lab-hosts.ts';
import type { Terminal } from '../terminal.ts';

/** Not `max` on arm64: with its 52-bit virtual addresses some kernels fail within kexec_load (decision 0012). */
const DEFAULT_CPU: Readonly<Record<Architecture, string>> = { x86_64: 'max', arm64: 'neoverse-n1' };

const STAGES = {
  boot: 'booting the first kernel',
  leave: 'the guest runs on the first kernel',
  kexec: 'the guest waits on the disk; the next kernel starts',
  arrive: 'the guest goes on',
} as const;

export const labLiveUpdateCommand: Command = define(
  'live-update',
  map(
    object({
      from: argument(kernelName('FROM'), { description: message`The kernel that the guest starts on: debian:6.12` }),
      to: argument(kernelName('TO'), { description: message`The kernel that takes its place` }),
      architecture: withDefault(architectureOption(), ARCHITECTURES[0]),
      cpu: optional(
        option('--cpu', string({ metavar: 'CPU' }), {
          description: message`A CPU that was recorded; default: max, on arm64 neoverse-n1`,
        }),
      ),
    }),
    ({ from, to, architecture = 'x86_64', cpu = DEFAULT_CPU[architecture] }): Task =>
      async (terminal) => {
        const context = labFor(terminal);
        const selection = { architectures: [architecture], cpu, kernels: [from, to], modules: undefined };
        const groups = await labGroups(terminal, context, selection);
        if (!groups.ok) return groups.error;
        const hosts = groups.value[0]?.hosts.map(({ kernel, surface }) => ({ kernel, surface: surface.surface })) ?? [];
        const group = roundTripGroup(architecture, cpu, hosts);
        const trip = liveUpdateTrip(group, from, to);
        if (trip === null)
          return failure(EXIT.usage, `no guest can be started on ${from}`, 'Kernels: evenkeel lab kernels');
        const prepared = [];
        for (const kernel of [from, to]) {
          const ready = await prepare(context, { architecture, kernel });
          if (!ready.ok) return labFailure(terminal, ready.error);
          prepared.push(ready.value);
        }
        const [first, second] = prepared;
        if (first === undefined || second === undefined) throw new Error('two kernels are prepared');
        const done = await labLiveUpdate(context, {
          architecture,
          cpu,
          from: first,
          to: second,
          update: trip.update,
          onStage: (stage) => terminal.status(`${architecture}/${cpu}: ${STAGES[stage]}`),
        });
        terminal.status('');
        if (!done.ok) return labFailure(terminal, done.error);
        const assessed = assessLiveUpdate(group, trip, done.value);
        const [leg] = assessed.legs;
        if (leg === undefined) return failure(EXIT.lab, 'the guest was not restored');
        show(terminal, `${architecture}/${cpu}: ${from} is replaced by ${to} under a paused guest`, [
          ['predicted', leg.prediction.level],
          ['happened', leg.observation.outcome],
          ['the guest', leg.observation.guest],
          ['paused', pauseText(done.value)],
          ...leg.observation.observed.map(({ word, text }) => [word, text] as const),
        ]);
        return leg.fault === null ? EXIT.ok : EXIT.worse;
      },
  ),
  {
    brief: 'Replace the kernel of a lab machine by kexec while a guest waits on its disk',
    description:
      'One machine boots the first kernel and runs a guest of two vCPUs that checks itself; the guest is saved in mid-run, kexec starts the second kernel in its place, the guest is restored there and goes on. What was predicted stands beside what happened. Ends with 1 where they disagree.',
    examples: [
      'evenkeel lab live-update debian:6.12 debian:7.2',
      'evenkeel lab live-update debian:7.2 debian:6.12 --arch arm64',
    ],
  },
);

function pauseText({ pauseMilliseconds, left, arrived }: LiveUpdated): string {
  const { save } = left.milliseconds;
  const { plan, restore } = arrived.milliseconds;
  const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
  const kernel = pauseMilliseconds - save - plan - restore;
  return `${seconds(pauseMilliseconds)} under emulation: ${seconds(save)} to save, ${seconds(kernel)} for the next kernel to start, ${seconds(plan + restore)} to restore`;
}

function show(terminal: Terminal, title: string, rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  terminal.out(`${[title, '', ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)].join('\n')}\n`);
}
