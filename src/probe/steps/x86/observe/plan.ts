/** What a guest reads on the machine that a plan makes, of the words that the plan is about, and how KVM behaves there. */
import { BEHAVIOURS } from '../../../../arch/x86/tables/behaviours.ts';
import { LAPIC_ROWS } from '../../../../arch/x86/tables/lapic.ts';
import { parseMsrWord } from '../../../../arch/x86/msr-names.ts';
import { UNREAD_APIC } from '../../../../arch/x86/observed.ts';
import { openRuns } from '../../../../guest/machine.ts';
import { BEHAVIOUR_TESTS } from '../../../../guest/x86/behaviour/index.ts';
import type { Bench, BehaviourTest, Came, CpuidEntry } from '../../../../guest/x86/behaviour/index.ts';
import { openGuest } from '../../../../guest/x86/index.ts';
import type { Mode, X86Guest } from '../../../../guest/x86/index.ts';
import { khzOf, load32, paravirtualClock } from '../../../../guest/x86/observe/index.ts';
import type { CpuidKey } from '../../../../guest/x86/observe/index.ts';
import { describeKvmError } from '../../../../kvm/index.ts';
import type { KvmError } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type {
  BehaviourResult,
  ObservedMachine,
  ObservedWord,
  Plan,
  PlanWord,
  Result,
  StepResult,
} from '../../../../model/index.ts';
import { build } from '../../../../settings/index.ts';
import { absent, failed, measured } from '../../../step.ts';
import type { Step, StepContext } from '../../../step.ts';
import { baseTable } from '../fresh.ts';
import { guestMode } from './mode.ts';
import { cpuidOf, observeMsrs } from './registers.ts';

export function observePlan(plan: Plan): Step {
  return {
    name: 'observed-plan',
    architecture: 'x86_64',
    seconds: 30,
    run(context) {
      const cpuid = baseTable(context.kvm);
      if (!cpuid.ok) return failed(cpuid.error);
      const found = guestMode(context, cpuid.value);
      if (!found.ok) return failed(found.error);
      const { mode, why } = found.value;
      if (mode === null) return absent(why ?? 'no guest runs on this host');
      const read = onMachine(context, plan, mode, ({ guest }) => readWords(guest, plan.words));
      if (!read.ok) return failed(read.error);
      const { steps, value } = read.value;
      const data: ObservedMachine = { steps, observed: value, behaviours: behaviours(context, plan, mode) };
      return measured(data);
    },
  };
}

interface Used<T> {
  readonly steps: readonly StepResult[];
  readonly value: T;
}

/** Makes the plan's machine, and closes it when `use` is done with it. */
function onMachine<T>(
  context: StepContext,
  plan: Plan,
  mode: Mode,
  use: (bench: Bench) => Result<T, KvmError>,
): Result<Used<T>, KvmError> {
  const { libc, kvm, note } = context;
  using memory = new DisposableStack();
  const built = build(context, plan, { note });
  using machine = built.machine;
  using runs = new DisposableStack();
  const opened = openRuns(libc, kvm, machine, runs);
  if (!opened.ok) return opened;
  const guest = openGuest(libc, opened.value, mode, memory);
  if (!guest.ok) return guest;
  const [vcpu] = opened.value.vcpus;
  if (vcpu === undefined) throw new Error('the plan made no vCPU');
  const host = { ...context, cpuid: tableOf(plan), mode };
  const used = use({ host, vm: opened.value.vm, vcpu: vcpu.fd, guest: guest.value });
  return used.ok ? ok({ steps: built.steps, value: used.value }) : used;
}

function tableOf({ steps }: Plan): CpuidEntry[] {
  return steps.flatMap(({ call }) =>
    call.call !== 'KVM_SET_CPUID2'
      ? []
      : call.entries.map(({ eax, ebx, ecx, edx, ...place }) => ({
          ...place,
          eax: Number(eax),
          ebx: Number(ebx),
          ecx: Number(ecx),
          edx: Number(edx),
        })),
  );
}

const APIC_PAGE = 0xfee0_0000;

/** Those of the plan's words that a guest can read; an error is a call of the VMM's. */
function readWords(guest: X86Guest, words: readonly PlanWord[]): Result<ObservedWord[], KvmError> {
  const apic = apicWords(guest, words);
  if (!apic.ok) return apic;
  const cpuid = cpuidWords(guest, words);
  if (!cpuid.ok) return cpuid;
  const msrs = msrWords(guest, words);
  if (!msrs.ok) return msrs;
  const rate = words.some(({ word }) => word === 'tsc/khz') ? paravirtualClock(guest) : ok('nobody asked');
  if (!rate.ok) return rate;
  const khz = typeof rate.value === 'string' ? null : khzOf(rate.value);
  const tsc: ObservedWord[] = khz === null ? [] : [{ word: 'tsc/khz', width: 64, value: hex(khz) }];
  return ok([...apic.value, ...cpuid.value, ...msrs.value, ...tsc]);
}

function apicWords(guest: X86Guest, words: readonly PlanWord[]): Result<ObservedWord[], KvmError> {
  if (guest.mode === 'real') return ok([]);
  const rows = LAPIC_ROWS.filter(
    ({ offset, name }) => !UNREAD_APIC.includes(offset) && words.some(({ word }) => word === `lapic/${name}`),
  );
  if (rows.length === 0) return ok([]);
  const read = load32(
    guest,
    rows.map(({ offset }) => APIC_PAGE + offset),
  );
  if (!read.ok) return read;
  return ok(
    (read.value ?? []).flatMap(({ value }, at): ObservedWord[] => {
      const row = rows[at];
      return row === undefined || value === null ? [] : [{ word: `lapic/${row.name}`, width: 32, value: hex(value) }];
    }),
  );
}

/**
 * At the leaf that the plan reads back, which is not always the word's: where a guest has Hyper-V's leaves, KVM's own stand
 * behind them, and where it has none, KVM's stand in their place.
 */
function cpuidWords(guest: X86Guest, words: readonly PlanWord[]): Result<ObservedWord[], KvmError> {
  const wanted = words.flatMap(({ word, read }) =>
    read?.call === 'KVM_GET_CPUID2'
      ? [{ word, leaf: read.function, subleaf: read.index, register: read.register }]
      : [],
  );
  const keys = new Map(
    wanted.map(({ leaf, subleaf }): [string, CpuidKey] => [`${leaf}:${subleaf}`, { leaf, subleaf }]),
  );
  if (keys.size === 0) return ok([]);
  const read = cpuidOf(guest, [...keys.values()]);
  if (!read.ok) return read;
  return ok(
    wanted.flatMap(({ word, leaf, subleaf, register }): ObservedWord[] => {
      const row = read.value?.find((each) => each.leaf === leaf && each.subleaf === subleaf);
      return row === undefined ? [] : [{ word, width: 32, value: hex(row[register] >>> 0) }];
    }),
  );
}

function msrWords(guest: X86Guest, words: readonly PlanWord[]): Result<ObservedWord[], KvmError> {
  const wanted = words.flatMap(({ word }) => {
    const index = parseMsrWord(word);
    return index === null ? [] : [{ word, index }];
  });
  if (wanted.length === 0) return ok([]);
  const read = observeMsrs(
    guest,
    wanted.map(({ index }) => index),
  );
  if (!read.ok) return read;
  return ok(
    read.value.flatMap((row): ObservedWord[] => {
      const word = wanted.find(({ index }) => hex(index) === row.index)?.word;
      if (word === undefined) return [];
      return [{ word, width: 64, value: row.value ?? null, ...(row.fault === undefined ? {} : { fault: row.fault }) }];
    }),
  );
}

/** Those of one machine each that may follow no other; the rest share the plan's. */
function behaviours(context: StepContext, plan: Plan, mode: Mode): BehaviourResult[] {
  const possible = BEHAVIOUR_TESTS.filter((test) => suits(test, plan, mode));
  const came = new Map<string, Came>();
  const run = (tests: readonly BehaviourTest[]): void => {
    const done = onMachine(context, plan, mode, (bench) => {
      for (const test of tests) {
        context.note(`behaviour/${test.id}`);
        const result = test.run(bench);
        came.set(test.id, result.ok ? result.value : { outcome: null, why: describeKvmError(result.error) });
      }
      return ok(undefined);
    });
    if (!done.ok) for (const test of tests) came.set(test.id, { outcome: null, why: describeKvmError(done.error) });
  };
  run(possible.filter(({ needs }) => needs.alone !== true));
  for (const test of possible.filter(({ needs }) => needs.alone === true)) run([test]);
  return BEHAVIOURS.map(({ id }) => {
    const result = came.get(id) ?? { outcome: null, why: 'it needs another machine than the plan makes' };
    return { id, ...result, with: [] };
  });
}

/** Feature MSRs are the plan's to write; the rest needs what the plan's machine has, or has not. */
function suits({ id, needs, hides, modes }: BehaviourTest, plan: Plan, mode: Mode): boolean {
  if (!modes.includes(mode) || needs.vcpu !== 0 || id === 'stuff-feature-msrs') return false;
  const split = plan.steps.some(
    ({ call }) => call.call === 'KVM_ENABLE_CAP' && call.capability === 'KVM_CAP_SPLIT_IRQCHIP',
  );
  if ((needs.irqchip === 'split') !== split) return false;
  const change = hides ?? needs.cpuid;
  if (change === undefined) return true;
  return tableOf(plan).every((entry) => {
    const changed = change(entry);
    return (['eax', 'ebx', 'ecx', 'edx'] as const).every(
      (register) => changed[register] >>> 0 === entry[register] >>> 0,
    );
  });
}
