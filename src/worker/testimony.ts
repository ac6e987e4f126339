/** What a guest's report says of one run: whether it went on as itself, and what it found otherwise than at first. */
import type { WitnessEnd, WitnessReport, WitnessValue, WitnessVcpu } from '../guest/witness.ts';
import type { WordPath } from '../model/index.ts';
import type { Testimony } from './round-trip.ts';

/** `before`: its report when it was restored; null where it was loaded just then. */
export function testimonyOf(before: WitnessReport | null, after: WitnessReport, end: WitnessEnd): Testimony {
  const complaints = [
    ...(end.how === 'rounds' ? [] : [endText(end)]),
    ...after.vcpus.flatMap((vcpu, index) =>
      complaintsOf(vcpu, before?.vcpus[index]).map((text) => `vCPU ${index}: ${text}`),
    ),
  ];
  const rounds = after.vcpus.map((vcpu, index) => vcpu.rounds - (before?.vcpus[index]?.rounds ?? 0));
  return {
    runsOn: complaints.length === 0,
    text: complaints.length === 0 ? `${rounds.join(' and ')} rounds` : complaints.join('; '),
    changes: changesOf(after),
    read: readWords(after),
  };
}

export function endText(end: WitnessEnd): string {
  switch (end.how) {
    case 'rounds':
      return 'it did the rounds that it was asked for';
    case 'deadline':
      return 'it did not do the rounds that it was asked for before the deadline';
    case 'exit':
    case 'error':
      return `it ended with ${end.what}`;
  }
}

/** Only what is new since `before` counts against this run. */
function complaintsOf(now: WitnessVcpu, before: WitnessVcpu | undefined): string[] {
  const said: string[] = [];
  for (const { name, failures, first } of now.checks) {
    const old = before?.checks.find((check) => check.name === name)?.failures ?? 0;
    if (failures === old) continue;
    const where =
      first === null ? '' : ` (round ${first.round}, at ${first.at}: ${first.found}, not ${first.expected})`;
    said.push(`${failures - old} failures of ${name}${where}`);
  }
  const unanswered = now.unanswered - (before?.unanswered ?? 0);
  if (unanswered > 0) said.push(`${unanswered} interrupts that it sent were not answered`);
  const stray = now.strayInterrupts - (before?.strayInterrupts ?? 0);
  if (stray > 0) said.push(`${stray} interrupts that nobody sent`);
  if (before !== undefined && before.timerTicks > 0 && now.timerTicks === before.timerTicks) {
    said.push('its timer has stopped');
  }
  return said;
}

function changesOf({ vcpus }: WitnessReport): Testimony['changes'] {
  const byWord = new Map<WordPath, { before: string; now: string }>();
  for (const { path, before, now } of vcpus.flatMap(({ changes }) => changes)) {
    byWord.set(path, { before: byWord.get(path)?.before ?? valueText(before), now: valueText(now) });
  }
  // What was otherwise in between, on another host, and is as before is no change.
  return [...byWord].filter(([, { before, now }]) => before !== now).map(([word, values]) => ({ word, ...values }));
}

function readWords({ vcpus }: WitnessReport): WordPath[] {
  const first = vcpus.flatMap((vcpu) => vcpu.first);
  return [...new Set(first.filter(({ value }) => value.kind === 'values').map(({ path }) => path))];
}

function valueText(value: WitnessValue): string {
  switch (value.kind) {
    case 'values':
      return value.values.join(' ');
    case 'fault':
      return value.fault;
    case 'not-reached':
      return 'not read';
  }
}
