/** A pool for people: its machine, what it costs each host, who limits it, and what to do where there is none. */
import { defaultChoices, measure, registryFor } from '../arch/index.ts';
import { baseline, groupName } from '../engine/index.ts';
import type { Baseline, ElementChange, PoolGroup } from '../engine/index.ts';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { describeHost } from './describe.ts';
import type { Failure } from './exit.ts';
import type { NamedSurface } from './input.ts';
import { differentArchitectures, measureOptions } from './pin.ts';
import { table, wrap } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Elements that are named for a host; the rest are counted, unless all are wanted. */
const NAMED = 12;

const LIST_WIDTH = 120;

export interface PoolOptions {
  readonly name?: string | undefined;
  readonly vcpu?: string | undefined;
}

export interface Pool {
  readonly architecture: Architecture;
  readonly found: Baseline;
}

/** All of one architecture, or it fails. At least one surface. */
export function poolOf(
  surfaces: readonly [NamedSurface, ...NamedSurface[]],
  options: PoolOptions = {},
): Result<Pool, Failure> {
  const [first] = surfaces;
  const other = surfaces.find(({ surface }) => surface.architecture !== first.surface.architecture);
  if (other !== undefined) return err(differentArchitectures(first, other));
  const { architecture } = first.surface;
  const choices = options.vcpu === undefined ? defaultChoices(architecture) : { vcpu: options.vcpu };
  const groups = [...Map.groupBy(surfaces, ({ surface }) => surface.fingerprint).values()].flatMap(
    (members): PoolGroup[] => {
      const [one] = members;
      if (one === undefined) return [];
      const surface = measure(one.surface, measureOptions(choices));
      const names = members.map(({ name }) => name);
      return [{ names, hosts: members.map((member) => describeHost(member.surface)), surface }];
    },
  );
  const name = options.name ?? surfaces.map((each) => each.name).join(' + ');
  return ok({ architecture, found: baseline(registryFor(architecture), groups, { name, choices }) });
}

export function poolText(terminal: Terminal, { found }: Pool, all: boolean): string {
  const limit = all ? Number.POSITIVE_INFINITY : NAMED;
  return found.common ? commonText(terminal, found, limit) : conflictText(terminal, found, limit);
}

function commonText(terminal: Terminal, found: Extract<Baseline, { common: true }>, limit: number): string {
  const { contract, groups } = found;
  const hosts = groups.reduce((sum, { names }) => sum + names.length, 0);
  const heading = `${terminal.style('bold', 'Common machine')}: ${contract.promises.length} words promised, ${contract.carries.length} carried, ${contract.unknown.length} areas unknown; ${hosts} hosts, ${groups.length} distinct\n\n`;
  const rows = groups.map(({ names, costs, limits, gains }) => [
    groupName(names),
    String(costs.length),
    String(limits.length),
    gains === null ? '-' : String(gains.length),
  ]);
  const columns = [
    { title: 'HOST' },
    { title: 'COSTS', align: 'right' },
    { title: 'LIMITS', align: 'right' },
    { title: 'GAIN WITHOUT IT', align: 'right' },
  ] as const;
  const summary = table(columns, rows, { width: terminal.width });
  const details = groups.flatMap(({ names, costs, limits, gains }) => [
    ...section(terminal, `Without ${groupName(names)} the pool gains`, (gains ?? []).map(changeText), limit),
    ...section(terminal, `The pool costs ${groupName(names)}`, costs.map(changeText), limit),
    ...section(terminal, `${groupName(names)} limits`, limits, limit),
  ]);
  return heading + summary + details.join('');
}

function conflictText(
  terminal: Terminal,
  { why, conflicts, exclusion }: Extract<Baseline, { common: false }>,
  limit: number,
): string {
  const shown = conflicts.slice(0, limit).map(({ element, hosts }) => {
    const rows = hosts.map(({ name, shows, canShow }) => [
      name,
      shows === null ? 'absent' : `shows 0x${shows.toString(16)}`,
      canShow,
    ]);
    const columns = [{ title: '' }, { title: '' }, { title: '', flexible: true }];
    return `  ${element}\n${table(columns, rows, { width: terminal.width, indent: '    ', bare: true })}`;
  });
  const more = conflicts.length > limit ? `  and ${conflicts.length - limit} more (--all)\n` : '';
  const { names } = exclusion;
  const listed = names.slice(0, limit).join(', ') + (names.length > limit ? ` and ${names.length - limit} more` : '');
  const sure = exclusion.smallest ? 'the fewest hosts to leave out' : 'enough to leave out; fewer might do';
  return `${terminal.style('bold', 'No common machine')}: ${why}\n\n${shown.join('')}${more}\nLeave out ${listed}: ${sure} so that the others have one.\n`;
}

function section(terminal: Terminal, heading: string, items: readonly string[], limit: number): string[] {
  if (items.length === 0) return [];
  const more = items.length > limit ? ` and ${items.length - limit} more (--all)` : '';
  const lines = wrap(items.slice(0, limit).join(', ') + more, Math.min(terminal.width, LIST_WIDTH) - 2);
  return [`\n${heading} (${items.length}):\n${lines.map((line) => `  ${line}\n`).join('')}`];
}

/** `cpuid/…/avx2 0 → 1`, or the name alone for a feature that comes or goes. */
function changeText({ element, before, after }: ElementChange): string {
  const text = (value: bigint | null): string => (value === null ? 'nothing' : `0x${value.toString(16)}`);
  const flag = (before ?? 0n) + (after ?? 0n) === 1n;
  return flag ? element : `${element} (${text(before)} to ${text(after)})`;
}
