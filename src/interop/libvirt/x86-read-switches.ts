/** `<features>` and `<clock>` of a domain as bits of the guest's CPUID. */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { DomainParts } from './locate.ts';
import { unsigned } from './numbers.ts';
import { characterWords } from './stated-words.ts';
import type { StatedWord } from './stated-words.ts';
import {
  HIDDEN_WORDS,
  HYPERV_SWITCHES,
  HYPERV_VENDOR_WORDS,
  KVM_SWITCHES,
  PMU_WORDS,
  SPINLOCKS_WORD,
  TSC_WORD,
} from './x86-switches.ts';
import type { SwitchRow } from './x86-switches.ts';
import { childOf, childrenOf, fault } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

export interface StatedSwitches {
  readonly words: readonly StatedWord[];
  readonly notes: readonly string[];
}

type State = 'on' | 'off' | null;

const WHOLE = 0xffff_ffffn;
const zero = (word: string): StatedWord => ({ word, mask: WHOLE, value: 0n });

export function readSwitches(parts: DomainParts): Result<StatedSwitches, XmlFault> {
  const { features, clock, whole } = parts;
  const hyperv = childOf(features ?? undefined, 'hyperv');
  const words: StatedWord[] = [];
  const notes: string[] = [];
  const passthrough = hyperv?.attributes.get('mode') === 'passthrough';
  if (passthrough)
    notes.push("<hyperv mode='passthrough'>: which of Hyper-V's services the guest has depends on the host");
  for (const row of [...HYPERV_SWITCHES, ...KVM_SWITCHES]) {
    const state = stateOf(row, features, clock);
    if (!state.ok) return state;
    // QEMU turns on none of Hyper-V's services that libvirt does not name to it.
    const ofHyperv = row.bits.every(([word]) => word.startsWith('hyperv/'));
    const known = state.value ?? (whole && ofHyperv && !passthrough ? 'off' : null);
    if (known === null) continue;
    words.push(...row.bits.map(([word, mask]) => ({ word, mask, value: known === 'on' ? mask : 0n })));
  }
  const numbers = readNumbers(hyperv, clock);
  if (!numbers.ok) return numbers;
  words.push(...numbers.value);
  const hidden = switched(childOf(childOf(features ?? undefined, 'kvm'), 'hidden'));
  if (!hidden.ok) return hidden;
  if (hidden.value === 'on') words.push(...HIDDEN_WORDS.map(zero));
  const pmu = switched(childOf(features ?? undefined, 'pmu'));
  if (!pmu.ok) return pmu;
  if (pmu.value === 'off') words.push(...PMU_WORDS.map(zero));
  const ioapic = childOf(features ?? undefined, 'ioapic')?.attributes.get('driver');
  if (ioapic === 'qemu') notes.push("<ioapic driver='qemu'>: the interrupt controller is split (kernel-irqchip=split)");
  return ok({ words, notes });
}

function readNumbers(
  hyperv: XmlElement | undefined,
  clock: XmlElement | null,
): Result<readonly StatedWord[], XmlFault> {
  const words: StatedWord[] = [];
  const spinlocks = childOf(hyperv, 'spinlocks');
  if (spinlocks?.attributes.get('state') === 'on') {
    const retries = unsigned(spinlocks, 'retries', 32);
    if (!retries.ok) return retries;
    words.push({ word: SPINLOCKS_WORD, mask: WHOLE, value: retries.value });
  }
  const vendor = childOf(hyperv, 'vendor_id');
  if (vendor?.attributes.get('state') === 'on') {
    const value = vendor.attributes.get('value') ?? '';
    if (!/^[\x20-\x7e]{1,12}$/.test(value))
      return err(fault(vendor.line, `vendor_id of 1 to 12 characters, not '${value}'`));
    words.push(...characterWords(HYPERV_VENDOR_WORDS, value));
  }
  const tsc = timers(clock).find(({ attributes }) => attributes.get('name') === 'tsc');
  if (tsc?.attributes.has('frequency') === true) {
    const frequency = unsigned(tsc, 'frequency', 64);
    if (!frequency.ok) return frequency;
    words.push({ word: TSC_WORD, mask: WHOLE, value: (frequency.value / 1000n) & WHOLE });
  }
  return ok(words);
}

function stateOf({ path }: SwitchRow, features: XmlElement | null, clock: XmlElement | null): Result<State, XmlFault> {
  const [first = '', second = '', third] = path.split('/');
  switch (first) {
    case 'timer': {
      const timer = timers(clock).find(({ attributes }) => attributes.get('name') === second);
      return switched(timer, 'present', ['yes', 'no']);
    }
    case 'apic':
      return switched(childOf(features ?? undefined, first), second);
    case 'pvspinlock':
      return switched(childOf(features ?? undefined, first));
    default: {
      const outer = childOf(childOf(features ?? undefined, first), second);
      return switched(third === undefined ? outer : childOf(outer, third));
    }
  }
}

function timers(clock: XmlElement | null): readonly XmlElement[] {
  return clock === null ? [] : childrenOf(clock, 'timer');
}

/** Null where the element, or its attribute, is not there. */
function switched(
  element: XmlElement | undefined,
  name = 'state',
  [on, off]: readonly [string, string] = ['on', 'off'],
): Result<State, XmlFault> {
  const written = element?.attributes.get(name);
  if (element === undefined || written === undefined) return ok(null);
  if (written === on) return ok('on');
  if (written === off) return ok('off');
  return err(fault(element.line, `<${element.name} ${name}='${written}'>: not one of ${on}, ${off}`));
}
