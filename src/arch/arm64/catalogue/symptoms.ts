/** What goes wrong in a guest that finds another value than it was promised. The most particular row counts. */
import type { Element, Symptom } from '../../../model/index.ts';
import { idOf, registerName } from '../names.ts';
import { gicMeaning } from '../tables/gic-meanings.ts';
import { meaningOf } from '../tables/id-meanings.ts';
import type { Meaning } from '../tables/id-meanings.ts';
import { VCPU_FEATURES } from '../tables/vcpu-features.ts';
import { LOSSES } from './loss.ts';
import { SYMPTOM_ROWS } from './symptom-rows.ts';

const STATE: Symptom = {
  severity: 'fatal',
  reason: 'it holds what the guest was doing: lost or changed, the guest computes wrongly or stops',
};
const COUNTING: Symptom = { severity: 'degraded', reason: 'profilers count wrongly; nothing else does' };
const DEBUGGING: Symptom = { severity: 'degraded', reason: 'a debugger in the guest loses its place' };
const DERIVED: Symptom = { severity: 'minor', reason: 'it follows from other elements, which are judged themselves' };
const CHOSEN: Symptom = {
  severity: 'fatal',
  reason: 'vCPUs and interrupts are named by it: the VMM must give the same',
};
const UNNAMED: Symptom = {
  severity: 'fatal',
  reason: 'what it stands for is not known: taken for an instruction, the worst that such a bit can be',
};

export function symptom(element: Element): Symptom {
  const row = symptomRow(element.path);
  if (row !== null) return row;
  const [area = '', first = '', ...rest] = element.word.split('/');
  if (area === 'vgic') {
    const field = element.path.slice(element.word.length + 1);
    return gicMeaning(rest.join('/'), field)?.symptom ?? UNNAMED;
  }
  if (area === 'vcpu') return VCPU_FEATURES.find(({ name }) => name === first)?.symptom ?? UNNAMED;
  if (element.kind === 'derived') return DERIVED;
  if (element.kind === 'topology') return CHOSEN;
  if (element.kind === 'state') return stateSymptom(first);
  const meaning = fieldMeaning(element);
  return meaning === null ? UNNAMED : LOSSES[meaning.loss];
}

/** The element's own row, or that of its word or area. */
function symptomRow(path: string): Symptom | null {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const row = SYMPTOM_ROWS[path.slice(0, end)];
    if (row !== undefined) return row;
  }
  return null;
}

function stateSymptom(name: string): Symptom {
  if (name.startsWith('PM')) return COUNTING;
  return /^(DBG|MDSCR|MDCC|MDSELR|OS)/.test(name) ? DEBUGGING : STATE;
}

/** What the table of ID registers says of the element; null where it is none of its fields. */
export function fieldMeaning(element: Element): Meaning | null {
  const id = idOf(element.word);
  if (id === null) return null;
  const field = element.path === element.word ? 'Value' : element.path.slice(element.word.length + 1);
  const register = element.word.startsWith('cache/') ? 'CCSIDR_EL1' : registerName(id);
  return meaningOf(register, field);
}
