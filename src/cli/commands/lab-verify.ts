/** `lab verify`: contracts made on real kernels and read back, beside what a check predicts of them. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import type { ExitCode } from '../exit.ts';
import { load, loadSurface } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { architectureOption, ARCHITECTURES, kernelName, labFailure, labFor } from '../lab.ts';
import { departure } from '../move.ts';
import type { Departure } from '../move.ts';
import { surfaceName } from '../operands.ts';
import { recordedNames } from '../recorded.ts';
import { agreementText, matrixOfVerified, verifyOn } from '../verified.ts';
import type { VerifiedRow } from '../verified.ts';
import { verificationExit, verificationText } from '../plan.ts';

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
        option('--kernel', kernelName(), { description: message`debian:6.12; default: all recorded; may be repeated` }),
      ),
      architecture: architectureOption(),
      cpu: optional(
        option('--cpu', string({ metavar: 'CPU' }), {
          description: message`max, neoverse-n1, epyc-milan; default: all`,
        }),
      ),
    }),
    ({ contracts, kernels, architecture, cpu }): Task =>
      async (terminal) => {
        const given: Departure[] = [];
        for (const name of contracts) {
          const named = await load(name, terminal);
          if (!named.ok) return named.error;
          const leaves = departure(named.value, undefined);
          if (!leaves.ok) return leaves.error;
          given.push(leaves.value);
        }
        const [first] = given;
        const other = given.find(({ contract }) => contract.architecture !== first?.contract.architecture);
        if (other !== undefined) return failure(EXIT.input, `${other.name} is of ${other.contract.architecture}`);
        const architectures = [first?.contract.architecture ?? architecture ?? ARCHITECTURES].flat();
        const context = labFor(terminal);
        let exit: ExitCode = EXIT.ok;
        for (const each of architectures) {
          const recorded = recordedNames(each).filter((name) => cpu === undefined || name.cpu === cpu);
          if (recorded.length === 0) return failure(EXIT.usage, `no kernel was recorded on ${cpu ?? each}`);
          for (const [onCpu, names] of Map.groupBy(recorded, (name) => name.cpu)) {
            const surfaces: NamedSurface[] = [];
            for (const { name } of names) {
              const loaded = await loadSurface(name, terminal);
              if (!loaded.ok) return loaded.error;
              surfaces.push(loaded.value);
            }
            const leaving: Departure[] = [...given];
            if (given.length === 0) {
              for (const surface of surfaces) {
                const leaves = departure(surface, undefined);
                if (!leaves.ok) return leaves.error;
                leaving.push(leaves.value);
              }
            }
            const rows: VerifiedRow[] = [];
            for (const [at, { kernel }] of names.entries()) {
              const kernelOf = kernel.replace('-', ':');
              const on = surfaces[at];
              if (on === undefined || (kernels.length > 0 && !kernels.includes(kernelOf))) continue;
              terminal.status(`${on.name}: ${leaving.length} contracts`);
              const done = await verifyOn(context, { architecture: each, kernel: kernelOf, cpu: onCpu }, on, leaving);
              terminal.status('');
              if (!done.ok) return 'exit' in done.error ? done.error : labFailure(terminal, done.error);
              rows.push({ kernel, cells: done.value });
            }
            if (rows.length === 0) return failure(EXIT.usage, `no recorded kernel is called ${kernels.join(', ')}`);
            if (given.length === 0) {
              terminal.out(`${terminal.style('bold', `${each}, ${onCpu}`)}\n`);
              terminal.out(
                matrixOfVerified(
                  terminal,
                  names.map(({ kernel }) => kernel),
                  rows,
                ),
              );
              const differences = agreementText(terminal, rows);
              terminal.out(differences);
              if (differences !== '') exit = EXIT.worse;
              continue;
            }
            for (const { kernel, cells } of rows) {
              for (const { contract, verification, caveats } of cells) {
                terminal.out(
                  verificationText(terminal, `${each}/${onCpu}/${kernel}: ${contract}:`, verification, caveats),
                );
                const code = verificationExit(verification.honoured);
                if (code === EXIT.worse || exit === EXIT.ok) exit = code;
              }
            }
          }
        }
        return exit;
      },
  ),
  {
    brief: 'Make the machines of contracts on real kernels and read them back',
    description:
      'One boot a kernel, for all contracts. Without contracts: the default contract of every recorded kernel on every kernel of the same CPU, predicted and verified side by side; ends with 1 where the two disagree. With contracts: as contract verify on each kernel.',
    examples: [
      'evenkeel lab verify --arch arm64 --cpu max',
      'evenkeel lab verify web.contract.json --kernel debian:7.2',
    ],
  },
);
