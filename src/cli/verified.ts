/** Contracts verified on lab kernels: predicted and verified, side by side, and where the two differ. */
import { measure, registryFor } from '../arch/index.ts';
import { check, disagreements, verify } from '../engine/index.ts';
import type { Disagreement } from '../engine/index.ts';
import { AGREEMENT_FORMAT, agreementSchema } from '../format/index.ts';
import type { AgreementDocument } from '../format/index.ts';
import { labExecute } from '../lab/index.ts';
import type { LabContext, LabError, LabVerifyOptions } from '../lab/index.ts';
import { err, ok } from '../model/index.ts';
import type { Plan, Result, Verdict, Verification } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { documentText } from './emit.ts';
import { fingerprinted } from './input.ts';
import type { NamedSurface } from './input.ts';
import type { LabGroup } from './lab-hosts.ts';
import type { Departure } from './move.ts';
import { measureOptions } from './pin.ts';
import { planFor } from './plan.ts';
import { table } from './table.ts';
import { showLevel } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** One contract on one kernel. */
export interface VerifiedCell {
  readonly contract: string;
  readonly verdict: Verdict;
  readonly verification: Verification;
  readonly differences: readonly Disagreement[];
  readonly caveats: readonly string[];
}

/** All contracts on one kernel. */
export interface VerifiedRow {
  readonly kernel: string;
  readonly on: NamedSurface;
  readonly cells: readonly VerifiedCell[];
}

/** All kernels with one CPU. */
export interface VerifiedGroup {
  readonly group: LabGroup;
  readonly contracts: readonly string[];
  readonly rows: readonly VerifiedRow[];
}

/** One boot; `on` is what was recorded of that kernel. */
export async function verifyOn(
  context: LabContext,
  target: LabVerifyOptions,
  on: NamedSurface,
  leaving: readonly Departure[],
): Promise<Result<readonly VerifiedCell[], LabError | Failure>> {
  const plans: Plan[] = [];
  for (const { name, contract, from } of leaving) {
    const source: NamedSurface | null = from === null ? null : { kind: 'surface', name, surface: from };
    const plan = planFor(name, contract, on, source);
    if (!plan.ok) return plan;
    plans.push(plan.value);
  }
  const executed = await labExecute(context, target, plans);
  if (!executed.ok) return executed;
  const registry = registryFor(target.architecture);
  const cells: VerifiedCell[] = [];
  for (const [index, { name, contract }] of leaving.entries()) {
    const plan = plans[index];
    const execution = executed.value[index];
    if (plan === undefined || execution === undefined) continue;
    if (!execution.ok) return err(failure(EXIT.lab, `${on.name}, ${name}: ${execution.error.message}`));
    const verification = verify(registry, plan, execution.value);
    const verdict = check(registry, contract, measure(on.surface, measureOptions(contract.choices)));
    const differences = disagreements(registry, plan, verdict, verification);
    cells.push({ contract: name, verdict, verification, differences, caveats: plan.caveats });
  }
  return ok(cells);
}

/** Rows leave, columns receive; in each cell the level that is predicted, and whether the kernel honours the contract. */
export function matrixOfVerified(terminal: Terminal, { contracts, rows }: VerifiedGroup): string {
  const columns = [{ title: 'FROM \\ TO' }, ...rows.map(({ kernel }) => ({ title: kernel }))];
  const lines = contracts.map((contract, index) => [
    contract,
    ...rows.map(({ cells }) => {
      const cell = cells[index];
      if (cell === undefined) return '-';
      const mark = cell.differences.length === 0 ? '' : `, ${cell.differences.length} differ`;
      return showLevel(terminal, cell.verdict.level, `${cell.verdict.level} / ${cell.verification.honoured}${mark}`);
    }),
  ]);
  return table(columns, lines, { width: terminal.width, indent: '  ' });
}

/** Every word of which the two say different things; empty where they agree. */
export function agreementText(terminal: Terminal, rows: readonly VerifiedRow[]): string {
  const found = rows.flatMap(({ kernel, cells }) =>
    cells.flatMap(({ contract, differences }) => differences.map((each) => ({ kernel, contract, ...each }))),
  );
  if (found.length === 0) return '';
  const columns = [
    { title: 'WORD' },
    { title: 'PREDICTED' },
    { title: 'VERIFIED' },
    { title: 'PAIRS' },
    { title: 'FIRST' },
    { title: 'WHY', flexible: true },
  ];
  const alike = Map.groupBy(found, ({ word, predicted, verified }) => `${word} ${predicted} ${verified}`);
  const lines = [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { word, predicted, verified, contract, kernel, text } = first;
    return [[word, showLevel(terminal, predicted), verified, `${same.length}`, `${contract} on ${kernel}`, text]];
  });
  return `\nPredicted and verified disagree:\n${table(columns, lines, { width: terminal.width, indent: '  ' })}`;
}

export function agreementJson(verified: readonly VerifiedGroup[]): string {
  const document: AgreementDocument = {
    format: AGREEMENT_FORMAT,
    rows: verified.flatMap(({ group, rows }) =>
      rows.flatMap(({ on, cells }) =>
        cells.map(({ contract, verdict, verification, differences }) => ({
          architecture: group.architecture,
          cpu: group.cpu,
          contract,
          on: fingerprinted(on),
          predicted: verdict.level,
          honoured: verification.honoured,
          differences,
        })),
      ),
    ),
  };
  return documentText(agreementSchema.encode(document));
}
