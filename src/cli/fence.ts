/** The steps of an upgrade as pairs of kernel and VMM, judged and shown to people. */
import { measure, registryFor } from '../arch/index.ts';
import { fence, holds } from '../engine/index.ts';
import type { Fence, FencePair, FenceStep } from '../engine/index.ts';
import { LEVELS, err, ok, worse } from '../model/index.ts';
import type { Contract, Level, Result, VmmProfile } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import type { NamedSurface } from './input.ts';
import { measureOptions } from './pin.ts';
import { table, wrap } from './table.ts';
import { showLevel } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export interface Upgrade {
  readonly contract: Contract;
  readonly surfaces: readonly NamedSurface[];
  readonly found: Fence;
  /** Pairs with a host that the contract was pinned from. */
  readonly home: readonly number[];
}

/** Surfaces and VMMs from old to new; kernels are upgraded first. All of the contract's architecture, or it fails. */
export function upgradeOf(
  contract: Contract,
  surfaces: readonly NamedSurface[],
  vmms: readonly VmmProfile[],
): Result<Upgrade, Failure> {
  for (const { name, surface } of surfaces) {
    if (surface.architecture === contract.architecture) continue;
    const message = `the contract is of ${contract.architecture} and ${name} of ${surface.architecture}`;
    return err(failure(EXIT.input, message));
  }
  const options = measureOptions(contract.choices);
  const pairs = surfaces.flatMap(({ surface }, kernel): FencePair[] => {
    const measured = measure(surface, options);
    if (vmms.length === 0) return [{ surface: measured, vmm: null, kernel, generation: 0 }];
    return vmms.map((vmm, generation) => ({ surface: measured, vmm, kernel, generation }));
  });
  const pinnedFrom = new Set(contract.pinnedFrom.map(({ fingerprint }) => fingerprint));
  const home = pairs.flatMap(({ surface }, index) => (pinnedFrom.has(surface.fingerprint) ? [index] : []));
  return ok({ contract, surfaces, found: fence(registryFor(contract.architecture), contract, pairs), home });
}

/** Kernel releases as numbers: 6.1 before 6.12, and 7.3~rc7 as 7.3. */
export function byRelease(surfaces: readonly NamedSurface[]): NamedSurface[] {
  return surfaces.toSorted((a, b) => {
    const [left, right] = [a, b].map(({ surface }) => surface.host?.kernelRelease ?? '');
    return (left ?? '').localeCompare(right ?? '', 'en', { numeric: true });
  });
}

/** The worst of every way there and every way back between pairs that can be under the contract at all. */
export function worstOfUpgrade({ found }: Upgrade): Level {
  const usable = (index: number): boolean => holds(found.steps[index]?.level ?? 'silent');
  return found.steps.reduce<Level>((worst, { level: own, back }, index) => {
    const ways = usable(index) ? back.filter(({ to }) => usable(to)) : [];
    return ways.reduce<Level>((most, { level }) => worse(most, level), worse(worst, own));
  }, 'same');
}

export function upgradeText(terminal: Terminal, upgrade: Upgrade): string {
  const { steps } = upgrade.found;
  const rows = steps.map((step, index) => [
    String(index + 1),
    upgrade.surfaces[step.pair.kernel]?.name ?? '',
    ...(hasVmm(upgrade) ? [step.pair.vmm?.name ?? ''] : []),
    showLevel(terminal, step.level, levelText(step)),
    backText(terminal, steps, step),
  ]);
  const columns = [
    { title: 'STEP', align: 'right' as const },
    { title: 'KERNEL' },
    ...(hasVmm(upgrade) ? [{ title: 'VMM' }] : []),
    { title: 'THERE' },
    { title: 'BACK TO', flexible: true },
  ];
  const sentences = [...conclusions(upgrade), ...cautions(upgrade)].flatMap((line) =>
    wrap(line, Math.min(terminal.width, 120)),
  );
  return `${table(columns, rows, { width: terminal.width })}\n${sentences.map((line) => `${line}\n`).join('')}`;
}

function hasVmm({ found }: Upgrade): boolean {
  return found.steps.some(({ pair }) => pair.vmm !== null);
}

/** `refused 3`: the level, and how many elements have it. */
function levelText({ level, there }: FenceStep): string {
  return level === 'same' ? level : `${level} ${there.counts[level]}`;
}

/** Steps by level, the best first: `1, 2 selectable; 3 refused`. Of pairs that the contract cannot be on nothing is said. */
function backText(terminal: Terminal, steps: readonly FenceStep[], { level, back }: FenceStep): string {
  if (level === 'unknown') return 'unknown whether it gets there';
  if (!holds(level)) return 'not under this contract';
  const usable = back.filter(({ to }) => holds(steps[to]?.level ?? 'silent'));
  if (usable.length === 0) return back.length === 0 ? '-' : 'nowhere: before the fence';
  const byLevel = Map.groupBy(usable, (way) => way.level);
  return LEVELS.flatMap((each) => {
    const numbers = (byLevel.get(each) ?? []).map(({ to }) => to + 1);
    return numbers.length === 0 ? [] : [`${numbers.join(', ')} ${showLevel(terminal, each)}`];
  }).join('; ');
}

function conclusions(upgrade: Upgrade): string[] {
  const { steps, fence: first, wayBack } = upgrade.found;
  if (first.length === 0) return ['Fence: the contract can be selected on none of these steps.'];
  const stands = `Fence: ${first.map((index) => pairName(upgrade, index)).join('; ')}. Before it the contract cannot be selected; a guest that has it cannot go back there.`;
  const barred = steps.flatMap(({ level }, index) => (holds(level) && !wayBack.includes(index) ? [index] : []));
  const returns =
    barred.length === 0
      ? 'From every step on which the contract can be selected there is a way back to every earlier one of them.'
      : `Way back: complete from ${list(wayBack)}; not from ${list(barred)}.`;
  const home =
    upgrade.home.length === 0
      ? 'None of the hosts that the contract was pinned from is among these steps.'
      : `Pinned on ${list(upgrade.home)}.`;
  return [stands, returns, home];
}

function cautions({ found }: Upgrade): string[] {
  const all = found.steps.flatMap(({ back }) => back.flatMap(({ verdict }) => verdict.caveats));
  return [...new Set([...all, ...unsaved(found)])].map((caveat) => `Caution: ${caveat}`);
}

/** State that a VMM never saves: it is no part of a fence, and a guest that uses it loses it on any move. */
function unsaved({ steps }: Fence): string[] {
  const byVmm = Map.groupBy(steps, ({ pair }) => pair.vmm?.name ?? '');
  return [...byVmm].flatMap(([vmm, members]) => {
    const words = new Set(
      members.flatMap(({ there }) =>
        there.reasons.filter(({ rule }) => rule === 'vmm-does-not-save').map(({ element }) => element),
      ),
    );
    return words.size === 0 ? [] : [`${vmm} does not save ${[...words].join(', ')}; a guest that uses it loses it`];
  });
}

function pairName(upgrade: Upgrade, index: number): string {
  const pair = upgrade.found.steps[index]?.pair;
  const kernel = upgrade.surfaces[pair?.kernel ?? 0]?.name ?? '';
  const name = pair?.vmm === null || pair?.vmm === undefined ? kernel : `${kernel} with ${pair.vmm.name}`;
  return `step ${index + 1} (${name})`;
}

function list(indices: readonly number[]): string {
  return indices.length === 0 ? 'no step' : `step ${indices.map((index) => index + 1).join(', ')}`;
}
