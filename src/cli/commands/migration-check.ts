/** `migration check`: a contract on the way to a host, and on the way back. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { argument, flag, option } from '@optique/core/primitives';
import { verdictSchema } from '../../format/index.ts';
import { VERDICT_FORMAT, worse } from '../../model/index.ts';
import type { MoveVerdict } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeHost } from '../describe.ts';
import { documentText } from '../emit.ts';
import { exitOf } from '../exit.ts';
import { fingerprinted, load, loadSurface } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { departure, move } from '../move.ts';
import type { Departure } from '../move.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { verdictText } from '../verdict-text.ts';
import type { Terminal } from '../terminal.ts';

const PER_GROUP = 6;

export const migrationCheck: Command = define(
  'check',
  map(
    object({
      contract: argument(surfaceName('CONTRACT'), {
        description: message`A contract, or a surface, whose default contract is then pinned`,
      }),
      to: option('--to', surfaceName('SURFACE'), { description: message`Where the guest is to go` }),
      andBack: optional(
        option('--and-back', surfaceName('SURFACE'), { description: message`Where it must be able to return to` }),
      ),
      vcpu: vcpuOption(),
      all: optional(flag('-a', '--all', { description: message`Show every reason, not the first of each group` })),
      output: outputOption(),
    }),
    (options): Task =>
      async (terminal) => {
        const contract = await load(options.contract, terminal);
        if (!contract.ok) return contract.error;
        const to = await loadSurface(options.to, terminal);
        if (!to.ok) return to.error;
        const andBack = options.andBack === undefined ? null : await loadSurface(options.andBack, terminal);
        if (andBack?.ok === false) return andBack.error;
        const from = departure(contract.value, options.vcpu);
        if (!from.ok) return from.error;
        const home = andBack?.value ?? null;
        const moved = move(from.value, to.value, home);
        if (!moved.ok) return moved.error;
        const verdict = moved.value;
        terminal.out(
          options.output === 'json'
            ? verdictJson(from.value, to.value, home, verdict)
            : verdictPage(terminal, from.value, to.value, home, verdict, options.all === true),
        );
        return exitOf(verdict.back === null ? verdict.there.level : worse(verdict.there.level, verdict.back.level));
      },
  ),
  {
    brief: 'Say what a move would change for a guest, there and back',
    description: 'The exit code is that of the worst level of both ways.',
    examples: [
      'evenkeel migration check x86_64/max/debian-6.1 --to x86_64/max/debian-6.12 --and-back x86_64/max/debian-6.1',
      'evenkeel migration check web.contract.json --to node7.json -o json',
      'evenkeel migration check before-upgrade.json --to host',
    ],
  },
);

function verdictJson(from: Departure, to: NamedSurface, andBack: NamedSurface | null, verdict: MoveVerdict): string {
  const document = verdictSchema.encode({
    format: VERDICT_FORMAT,
    architecture: from.contract.architecture,
    contract: from.contract.name,
    to: fingerprinted(to),
    andBack: andBack === null ? null : fingerprinted(andBack),
    ...verdict,
  });
  return documentText(document);
}

function verdictPage(
  terminal: Terminal,
  from: Departure,
  to: NamedSurface,
  andBack: NamedSurface | null,
  { there, back }: MoveVerdict,
  all: boolean,
): string {
  const options = { perGroup: all ? Number.POSITIVE_INFINITY : PER_GROUP };
  const [first, ...others] = from.contract.pinnedFrom;
  const pinnedFrom = `${first?.host ?? ''}${others.length > 0 ? ` and ${others.length} more` : ''}`;
  const page = [
    `Contract  ${from.contract.name}  ${terminal.style('dim', pinnedFrom)}\n`,
    `To        ${to.name}  ${terminal.style('dim', describeHost(to.surface))}\n`,
    ...(andBack === null
      ? []
      : [`And back  ${andBack.name}  ${terminal.style('dim', describeHost(andBack.surface))}\n`]),
    '\n',
    verdictText(terminal, 'There', there, options),
    ...(back === null ? [] : ['\n', verdictText(terminal, 'Back', back, options)]),
  ];
  return page.join('');
}
