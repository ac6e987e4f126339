/**
 * Groups reasons for people: what has one cause is shown as one. Reasons of one level and one rule in one area of the
 * machine belong together (all bits of AVX-512, all fields of one ID register).
 */
import type { Level, Reason } from '../model/index.ts';
import type { Rule } from './finding.ts';

export interface Group {
  readonly level: Level;
  readonly rule: Rule | (string & {});
  readonly area: string;
  readonly reasons: readonly Reason[];
}

export function group(reasons: readonly Reason[]): Group[] {
  const groups = new Map<string, Reason[]>();
  for (const reason of reasons) {
    const key = JSON.stringify([reason.level, reason.rule, reason.area]);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [reason]);
    else members.push(reason);
  }
  return [...groups.values()].flatMap((members) => {
    const first = members[0];
    if (first === undefined) return [];
    return [{ level: first.level, rule: first.rule, area: first.area, reasons: members }];
  });
}
