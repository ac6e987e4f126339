/** `migration check`: a contract on the way to a host, and on the way back. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { argument, flag, option } from '@optique/core/primitives';
import { verdictSchema } from '../../format/index.ts';
import { VERDICT_FORMAT, err, ok, worse } from '../../model/index.ts';
import type { Contract, MoveVerdict, Result, VmmProfile } from '../../model/index.ts';
import { canonicalContract } from '../../arch/canonical-contract.ts';
import { registryFor } from '../../arch/index.ts';
import { carriedValues } from '../../snapshot/values.ts';
import { assignments } from '../assignments.ts';
import type { Assignment } from '../assignments.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeHost } from '../describe.ts';
import { documentText } from '../emit.ts';
import { EXIT, exitOf, failure } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { fingerprinted, load, loadSurface } from '../input.ts';
import type { NamedContract, NamedSurface } from '../input.ts';
import { departure, move } from '../move.ts';
import type { Departure } from '../move.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { loadSnapshot, snapshotName } from '../snapshot.ts';
import { verdictText } from '../verdict-text.ts';
import { vmmOption, vmmProfile } from '../vmm.ts';
import type { Terminal } from '../terminal.ts';

const PER_GROUP = 6;

export const migrationCheck: Command = define(
  'check',
  map(
    object({
      contract: optional(
        argument(surfaceName('CONTRACT'), {
          description: message`A contract, or a surface, whose default contract is then pinned`,
        }),
      ),
      snapshot: optional(
        option('--snapshot', snapshotName(), {
          description: message`Instead of CONTRACT: a saved guest, with its contract, the host that it leaves and what it carries`,
        }),
      ),
      to: option('--to', surfaceName('SURFACE'), { description: message`Where the guest is to go` }),
      andBack: optional(
        option('--and-back', surfaceName('SURFACE'), { description: message`Where it must be able to return to` }),
      ),
      from: optional(
        option('--from', surfaceName('SURFACE'), {
          description: message`The host that the guest leaves, where its contract is of a pool: what that one adds to the state is judged too`,
        }),
      ),
      value: assignments(
        '--value',
        'WORD=VALUE',
        message`What a register that the guest carries holds, as read on the source; may be repeated`,
      ),
      vcpu: vcpuOption(),
      vmm: vmmOption(),
      all: optional(flag('-a', '--all', { description: message`Show every reason, not the first of each group` })),
      output: outputOption(),
    }),
    (options): Task =>
      async (terminal) => {
        const leaving = await guestOf(options.contract, options.snapshot, terminal);
        if (!leaving.ok) return leaving.error;
        const contract = leaving.value.named;
        const to = await loadSurface(options.to, terminal);
        if (!to.ok) return to.error;
        const andBack = options.andBack === undefined ? null : await loadSurface(options.andBack, terminal);
        if (andBack?.ok === false) return andBack.error;
        const vmm = options.vmm === undefined ? undefined : await vmmProfile(options.vmm);
        const from = departure(contract, options.vcpu, vmm);
        if (!from.ok) return from.error;
        const home = andBack?.value ?? null;
        const left = options.from === undefined ? null : await loadSurface(options.from, terminal);
        if (left?.ok === false) return left.error;
        const said = saidValues(from.value.contract, options.value);
        if (!said.ok) return said.error;
        const moved = move(from.value, to.value, home, vmm, {
          from: left?.value ?? leaving.value.from,
          values: new Map([...leaving.value.values, ...said.value]),
        });
        if (!moved.ok) return moved.error;
        const verdict = moved.value;
        terminal.out(
          options.output === 'json'
            ? verdictJson(from.value, to.value, home, verdict, vmm)
            : verdictPage(terminal, from.value, to.value, home, verdict, { all: options.all === true, vmm }),
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
      'evenkeel migration check pool.contract.json --from node3.json --to node7.json',
      'evenkeel migration check web.contract.json --to node7.json --value msr/MSR_IA32_XSS=0',
      'evenkeel migration check --snapshot guest.snapshot --to node7.json',
      'evenkeel migration check arm64/max/debian-6.12 --to arm64/max/debian-7.2 --vmm qemu:10.0',
    ],
  },
);

interface LeavingGuest {
  readonly named: NamedContract | NamedSurface;
  /** The host that it leaves, where that is known. */
  readonly from: NamedSurface | undefined;
  /** What it carries, by word. */
  readonly values: ReadonlyMap<string, bigint>;
}

async function guestOf(
  name: string | undefined,
  snapshot: string | undefined,
  terminal: Terminal,
): Promise<Result<LeavingGuest, Failure>> {
  if ((name === undefined) === (snapshot === undefined)) {
    return err(failure(EXIT.usage, 'either CONTRACT or --snapshot says which guest is to move', ADVICE));
  }
  if (snapshot === undefined) {
    const named = await load(name ?? '', terminal);
    return named.ok ? ok({ named: named.value, from: undefined, values: new Map() }) : named;
  }
  const opened = await loadSnapshot(snapshot);
  if (!opened.ok) return opened;
  await using file = opened.value;
  const { contract, state, surface } = file.parts;
  return ok({
    named: { kind: 'contract', name: snapshot, contract: canonicalContract(contract) },
    from: surface === null ? undefined : { kind: 'surface', name: snapshot, surface },
    values: carriedValues(registryFor(contract.architecture), canonicalContract(contract), state),
  });
}

const ADVICE = 'See: evenkeel migration check --help';

/** By the contract's own paths. A word that the guest does not carry is a slip, and not passed over. */
function saidValues(contract: Contract, said: readonly Assignment[]): Result<ReadonlyMap<string, bigint>, Failure> {
  const registry = registryFor(contract.architecture);
  const values = new Map(said.map(({ path, value }) => [registry.canonical(path), value]));
  const carried = new Set(contract.carries);
  const stray = [...values.keys()].find((word) => !carried.has(word));
  if (stray === undefined) return ok(values);
  const message = `--value ${stray}: the contract carries no such register`;
  return err(
    failure(EXIT.usage, message, 'What it carries is in the list "carries" of the contract: evenkeel contract pin'),
  );
}

function verdictJson(
  from: Departure,
  to: NamedSurface,
  andBack: NamedSurface | null,
  verdict: MoveVerdict,
  vmm: VmmProfile | undefined,
): string {
  const document = verdictSchema.encode({
    format: VERDICT_FORMAT,
    architecture: from.contract.architecture,
    ...(vmm === undefined ? {} : { vmm: vmm.name }),
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
  { all, vmm }: { readonly all: boolean; readonly vmm: VmmProfile | undefined },
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
    ...(vmm === undefined ? [] : [`VMM       ${vmm.name}  ${terminal.style('dim', vmm.read)}\n`]),
    '\n',
    verdictText(terminal, 'There', there, options),
    ...(back === null ? [] : ['\n', verdictText(terminal, 'Back', back, options)]),
  ];
  return page.join('');
}
