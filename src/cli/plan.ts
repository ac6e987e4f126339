/** Plans and what came of them, for commands: made from named documents, shown as tables. */
import { measure, registryFor } from '../arch/index.ts';
import { plan } from '../engine/index.ts';
import { err, ok } from '../model/index.ts';
import type { Contract, Plan, PlanCall, PlanStep, Result, Verification } from '../model/index.ts';
import { EXIT, failure } from './exit.ts';
import type { ExitCode, Failure } from './exit.ts';
import type { NamedSurface } from './input.ts';
import { measureOptions } from './pin.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Elements that one step of a table names; the rest are counted. */
const NAMED = 3;

export function planFor(
  name: string,
  contract: Contract,
  on: NamedSurface,
  from: NamedSurface | null,
): Result<Plan, Failure> {
  const other = [on, ...(from === null ? [] : [from])].find(
    ({ surface }) => surface.architecture !== contract.architecture,
  );
  if (other !== undefined) {
    const message = `${name} is of ${contract.architecture} and ${other.name} of ${other.surface.architecture}: there is nothing to plan`;
    return err(failure(EXIT.input, message));
  }
  const options = measureOptions(contract.choices);
  const source = from === null ? {} : { from: measure(from.surface, options) };
  return ok(plan(registryFor(contract.architecture), contract, measure(on.surface, options), source));
}

export function planText(terminal: Terminal, { steps, words, notes, caveats }: Plan): string {
  const rows = steps.map((step, index) => [String(index + 1), step.phase, callText(step.call), selectsText(step)]);
  const blind = words.filter(({ unread }) => unread === 'none').map(({ word }) => word);
  return [
    table([{ title: '#' }, { title: 'PHASE' }, { title: 'CALL' }, { title: 'SELECTS', flexible: true }], rows, {
      width: terminal.width,
    }),
    `\n${words.length} words to read back; ${blind.length === 0 ? 'none that was set cannot be read' : `set, and no call reads them: ${blind.join(', ')}`}\n`,
    ...notes.map((note) => `Note: ${note}\n`),
    ...caveats.map((caveat) => `Caution: ${caveat}\n`),
  ].join('');
}

function selectsText({ selects }: PlanStep): string {
  const named = selects.slice(0, NAMED).map(({ element, value }) => `${element}=${value}`);
  const more = selects.length > NAMED ? [`and ${selects.length - NAMED} more`] : [];
  return [...named, ...more].join(', ');
}

/** The call with the arguments that fit a line; all of them are in the JSON. */
function callText(call: PlanCall): string {
  switch (call.call) {
    case 'KVM_CREATE_VM':
      return `${call.call}(${call.machineType})`;
    case 'KVM_ENABLE_CAP':
      return `${call.call}(${call.capability}, ${call.args[0]})${call.on === 'vcpu' ? ' on the vCPU' : ''}`;
    case 'KVM_X86_SET_MSR_FILTER':
      return `${call.call}(${call.deny.length} ranges denied)`;
    case 'KVM_SET_PMU_EVENT_FILTER':
      return `${call.call}(${call.action} ${call.events.length} events)`;
    case 'KVM_CREATE_IRQCHIP':
      return call.call;
    case 'KVM_CREATE_VCPU':
      return `${call.call}(${call.id})`;
    case 'KVM_SET_CPUID2':
      return `${call.call}(${call.entries.length} entries)`;
    case 'KVM_SET_MSRS':
      return `${call.call}(${call.msrs.map(({ index, value }) => `0x${index.toString(16)}=${value}`).join(', ')})`;
    case 'KVM_SET_TSC_KHZ':
      return `${call.call}(${call.khz})`;
    case 'KVM_CREATE_DEVICE':
      return `${call.call}(${call.device})`;
    case 'KVM_ARM_VCPU_INIT':
      return `${call.call}(features ${call.features.join(', ')})`;
    case 'KVM_ARM_VCPU_FINALIZE':
      return `${call.call}(${call.feature})`;
    case 'KVM_SET_ONE_REG':
      return `${call.call}(${call.id} = ${call.value})`;
    case 'KVM_SET_DEVICE_ATTR':
      return `${call.call}(${call.on}, ${call.group}:${call.attribute}${call.bytes === 0 ? '' : ` = ${call.value}`})`;
  }
}

const SAYS: Readonly<Record<Verification['honoured'], string>> = {
  yes: 'honours the contract',
  no: 'does not honour the contract',
  unknown: 'shows nothing wrong, but not everything could be decided',
};

export function verificationText(
  terminal: Terminal,
  name: string,
  found: Verification,
  caveats: readonly string[],
): string {
  const format = found.honoured === 'yes' ? 'green' : found.honoured === 'no' ? 'red' : 'yellow';
  const counts = Object.entries(found.counts)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`);
  const shown = found.elements.filter(({ outcome }) => outcome !== 'taken');
  const rows = shown.map(({ outcome, element, promised, reads, text }) => [
    outcome,
    element,
    `0x${promised.toString(16)}`,
    reads === null ? '-' : `0x${reads.toString(16)}`,
    text,
  ]);
  const columns = [
    { title: 'OUTCOME' },
    { title: 'ELEMENT' },
    { title: 'PROMISED' },
    { title: 'READS' },
    { title: 'WHY', flexible: true },
  ];
  return [
    `${name} ${terminal.style(format, SAYS[found.honoured])}: ${counts.join(', ')}\n`,
    rows.length === 0 ? '' : table(columns, rows, { width: terminal.width, indent: '  ' }),
    ...caveats.map((caveat) => `Caution: ${caveat}\n`),
    caveats.length === 0 ? '' : 'What reads back is what KVM keeps; there it proves nothing of what a guest sees.\n',
  ].join('');
}

export function verificationExit(honoured: Verification['honoured']): ExitCode {
  switch (honoured) {
    case 'yes':
      return EXIT.ok;
    case 'no':
      return EXIT.worse;
    case 'unknown':
      return EXIT.unknown;
  }
}
