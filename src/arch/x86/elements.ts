/** The elements of any x86 word, and the area that it belongs to. */
import type { Element, WordPath } from '../../model/index.ts';
import { behaviourElements, behaviourWord } from '../behaviour.ts';
import { cpuidElements } from './cpuid-elements.ts';
import { elementsOf, wholeWord } from './fields.ts';
import type { FieldRow } from './fields.ts';
import { guestWord, hostElements } from './host-cpu.ts';
import { capabilityElements, factElements } from './host-elements.ts';
import { featureMsrElements, isFeatureMsr, stateMsrElements } from './msr-elements.ts';
import { parseMsrWord } from './msr-names.ts';
import { BEHAVIOURS } from './tables/behaviours.ts';
import { HYPERV_FIELDS, HYPERV_VALUES } from './tables/hyperv.ts';
import { LAPIC_ROWS } from './tables/lapic.ts';
import { switchRow } from './tables/switches.ts';
import { QUIRKS, SWITCH, X2APIC_FLAGS, XFEATURES } from './tables/words.ts';
import { vcpuElements } from './vcpu-elements.ts';

export { isFeatureMsr } from './msr-elements.ts';

/** The part of the machine that a word belongs to: the first segment of its path, but for feature MSRs. */
export function areaOf(word: WordPath): string {
  const index = parseMsrWord(word);
  if (index !== null) return isFeatureMsr(index) ? 'feature-msr' : 'msr';
  const end = word.indexOf('/');
  return end < 0 ? word : word.slice(0, end);
}

const cache = new Map<string, readonly Element[]>();

/** Named fields and unnamed bits in order of their shift; together they cover the word. */
export function elements(word: WordPath, width: number): readonly Element[] {
  const key = `${word} ${width}`;
  const known = cache.get(key) ?? compile(word, width);
  cache.set(key, known);
  return known;
}

function compile(word: WordPath, width: number): readonly Element[] {
  const guest = guestWord(word);
  if (guest !== null) return hostElements(elements(guest, width));
  const area = areaOf(word);
  switch (area) {
    case 'cpuid':
      return cpuidElements(word);
    case 'hyperv':
      return hypervElements(word, width);
    case 'feature-msr':
      return featureMsrElements(word, width, parseMsrWord(word) ?? -1);
    case 'msr':
      return stateMsrElements(word, width, parseMsrWord(word) ?? -1);
    case 'quirk':
    case 'x2apic':
      return switchElements(word, width, area);
    case 'switch':
      return enabledElements(word, width);
    case 'behaviour':
      return ofBehaviour(word, width);
    case 'xfeature':
      return elementsOf(word, width, {
        fields: xfeatures(),
        rest: 'none',
        restKind: 'derived',
        source: 'Intel SDM volume 1, 13.1',
      });
    case 'lapic':
      return word === 'lapic/VERSION' ? lapicVersion(word, width) : lapicRegister(word, width);
    case 'capability':
      return capabilityElements(word, width);
    default:
      return vcpuElements(word, width) ?? factElements(word, width);
  }
}

function hypervElements(word: WordPath, width: number): readonly Element[] {
  const name = word.slice('hyperv/'.length);
  const bits = Object.entries(HYPERV_FIELDS[name] ?? {}).map(([bit, field]): FieldRow => ({
    shift: Number(bit),
    width: 1,
    name: field,
    kind: 'paravirtual',
    comparison: 'subset',
    description: field.replaceAll('_', ' '),
  }));
  const values = (HYPERV_VALUES[name] ?? []).map((row): FieldRow => ({ ...row, kind: 'paravirtual' }));
  return elementsOf(word, width, {
    fields: [...bits, ...values],
    rest: 'subset',
    source: 'Linux 6.12, hyperv-tlfs.h; Hyper-V TLFS 2.4',
  });
}

function switchElements(word: WordPath, width: number, area: 'quirk' | 'x2apic'): readonly Element[] {
  const rows = area === 'quirk' ? QUIRKS : X2APIC_FLAGS;
  const description = rows.find(({ name }) => word === `${area}/${name}`)?.description ?? 'a flag that no table names';
  return wholeWord(word, width, SWITCH.kind, SWITCH.comparison, description, 'Linux 7.3, uapi/asm/kvm.h');
}

function enabledElements(word: WordPath, width: number): readonly Element[] {
  const row = switchRow(word);
  return row === undefined
    ? wholeWord(word, width, SWITCH.kind, SWITCH.comparison, 'a switch that no table names', 'no table names it')
    : wholeWord(word, width, row.kind, row.comparison, row.description, row.source);
}

/** A test of a newer Evenkeel is compared as it came. */
function ofBehaviour(word: WordPath, width: number): readonly Element[] {
  const row = BEHAVIOURS.find(({ id }) => word === behaviourWord(id));
  return row === undefined
    ? wholeWord(word, width, 'feature', 'exact', 'a behaviour that no table names', 'no table names it')
    : behaviourElements(row);
}

function xfeatures(): FieldRow[] {
  return Object.entries(XFEATURES).map(([bit, name]) => ({
    shift: Number(bit),
    width: 1,
    name,
    // What a guest carries of it is `xsave/state/NAME`.
    kind: 'derived',
    comparison: 'none',
    description: `XSAVE component ${name}`,
  }));
}

function lapicRegister(word: WordPath, width: number): readonly Element[] {
  const row = LAPIC_ROWS.find(({ name }) => word === `lapic/${name}`);
  const [whole] = wholeWord(
    word,
    width,
    'state',
    'none',
    row?.description ?? 'a register that no table names',
    'Intel SDM volume 3, table 12-1',
  );
  return whole === undefined ? [] : [{ ...whole, named: row !== undefined }];
}

/** Intel SDM volume 3, 12.4.8. */
function lapicVersion(word: WordPath, width: number): readonly Element[] {
  const fields: FieldRow[] = [
    { shift: 0, width: 8, name: 'version', kind: 'identity', comparison: 'exact', description: 'version' },
    {
      shift: 16,
      width: 8,
      name: 'max_lvt',
      kind: 'identity',
      comparison: 'exact',
      description: 'number of LVT entries, less one',
    },
    {
      shift: 24,
      width: 1,
      name: 'directed_eoi',
      kind: 'feature',
      comparison: 'subset',
      description: 'EOI broadcasts can be suppressed',
    },
  ];
  return elementsOf(word, width, { fields, rest: 'subset', source: 'Intel SDM volume 3, 12.4.8' });
}
