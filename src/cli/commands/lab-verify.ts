/** `lab verify`: contracts made on real kernels and read back, beside what a check predicts of them. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import type { ExitCode, Failure } from '../exit.ts';
import { load } from '../input.ts';
import { ARCHITECTURES, architectureOption, kernelName, labFailure, labFor, modulesFailure } from '../lab.ts';
import { labGroups, targetOf } from '../lab-hosts.ts';
import type { LabGroup } from '../lab-hosts.ts';
import { departure } from '../move.ts';
import type { Departure } from '../move.ts';
import { outputOption, surfaceName } from '../operands.ts';
import { verificationExit, verificationText } from '../plan.ts';
import type { Terminal } from '../terminal.ts';
import { agreementJson, agreementText, matrixOfVerified, verifyOn } from '../verified.ts';
import type { VerifiedGroup, VerifiedRow } from '../verified.ts';

export const labVerify: Command = define(
  'verify',
  map(
    object({
      contracts: multiple(
        argument(surfaceName('CONTRACT'), {
          description: message`Contracts; without, the default contracts of all recorded kernels of the same CPU`,
        }),
      ),
      kernels: multiple(
        option('--kernel', kernelName(), {
          description: message`debian:6.12, or the file of a kernel of yours; default: all recorded; may be repeated`,
        }),
      ),
      modules: optional(
        option('--modules', string({ metavar: 'DIR' }), { description: message`Where the modules of your kernel are` }),
      ),
      architecture: architectureOption(),
      cpu: optional(
        option('--cpu', string({ metavar: 'CPU' }), {
          description: message`max, neoverse-n1, epyc-milan; default: all that were recorded`,
        }),
      ),
      output: outputOption(),
    }),
    ({ contracts, kernels, modules, architecture, cpu, output }): Task =>
      async (terminal) => {
        const stray = modulesFailure(kernels, modules);
        if (stray !== null) return stray;
        const given = await departures(contracts, terminal);
        if (!given.ok) return given.error;
        const own = given.value[0]?.contract.architecture ?? architecture;
        const context = labFor(terminal);
        const architectures = own === undefined ? ARCHITECTURES : [own];
        const groups = await labGroups(terminal, context, { architectures, cpu, kernels, modules });
        if (!groups.ok) return groups.error;
        const verified: VerifiedGroup[] = [];
        for (const group of groups.value) {
          const leaving = given.value.length > 0 ? ok(given.value) : defaults(group);
          if (!leaving.ok) return leaving.error;
          const rows: VerifiedRow[] = [];
          for (const { kernel, surface } of group.hosts.filter(({ wanted }) => wanted)) {
            terminal.status(`${group.cpu}, ${kernel}: ${leaving.value.length} contracts`);
            const done = await verifyOn(context, targetOf(group, kernel, modules), surface, leaving.value);
            terminal.status('');
            if (!done.ok) return 'exit' in done.error ? done.error : labFailure(terminal, done.error);
            rows.push({ kernel, on: surface, cells: done.value });
          }
          const finished = { group, contracts: leaving.value.map(({ name }) => name), rows };
          verified.push(finished);
          if (output === 'table') show(terminal, finished, given.value.length > 0);
        }
        if (output === 'json') terminal.out(agreementJson(verified));
        return given.value.length > 0 ? exitOfContracts(verified) : exitOfAgreement(verified);
      },
  ),
  {
    brief: 'Make the machines of contracts on real kernels and read them back',
    description:
      'One boot a kernel, for all contracts. Without contracts: the default contract of every recorded kernel on every kernel of the same CPU, predicted and verified side by side; ends with 1 where the two disagree. With contracts: as contract verify on each kernel.',
    examples: [
      'evenkeel lab verify --arch arm64 --cpu max',
      'evenkeel lab verify web.contract.json --kernel debian:7.2',
      'evenkeel lab verify --kernel arch/x86/boot/bzImage -o json',
    ],
  },
);

/** All of one architecture, or it fails. */
async function departures(names: readonly string[], terminal: Terminal): Promise<Result<Departure[], Failure>> {
  const found: Departure[] = [];
  for (const name of names) {
    const named = await load(name, terminal);
    if (!named.ok) return named;
    const leaves = departure(named.value, undefined);
    if (!leaves.ok) return leaves;
    found.push(leaves.value);
  }
  const other = found.find(({ contract }) => contract.architecture !== found[0]?.contract.architecture);
  if (other === undefined) return ok(found);
  const text = `${other.name} is of ${other.contract.architecture}, and the contracts before it are not`;
  return err(failure(EXIT.input, text, 'Give the contracts of each architecture by themselves.'));
}

/** What each kernel of the group shows a guest by default. */
function defaults({ hosts }: LabGroup): Result<Departure[], Failure> {
  const found: Departure[] = [];
  for (const { surface } of hosts) {
    const leaves = departure(surface, undefined);
    if (!leaves.ok) return leaves;
    found.push(leaves.value);
  }
  return ok(found);
}

function show(terminal: Terminal, verified: VerifiedGroup, contractByContract: boolean): void {
  const { group, rows } = verified;
  if (!contractByContract) {
    terminal.out(`${terminal.style('bold', `${group.architecture}, ${group.cpu}`)}\n`);
    terminal.out(`${matrixOfVerified(terminal, verified)}${agreementText(terminal, rows)}\n`);
    return;
  }
  for (const { on, cells } of rows) {
    for (const { contract, verification, caveats } of cells) {
      terminal.out(verificationText(terminal, `${contract}: ${on.name}`, verification, caveats));
    }
  }
}

function exitOfContracts(verified: readonly VerifiedGroup[]): ExitCode {
  const codes = verified.flatMap(({ rows }) =>
    rows.flatMap(({ cells }) => cells.map(({ verification }) => verificationExit(verification.honoured))),
  );
  if (codes.includes(EXIT.worse)) return EXIT.worse;
  return codes.includes(EXIT.unknown) ? EXIT.unknown : EXIT.ok;
}

function exitOfAgreement(verified: readonly VerifiedGroup[]): ExitCode {
  const differ = verified.some(({ rows }) =>
    rows.some(({ cells }) => cells.some(({ differences }) => differences.length > 0)),
  );
  return differ ? EXIT.worse : EXIT.ok;
}
