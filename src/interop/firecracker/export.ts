/**
 * A contract as a CPU template of Firecracker: laid over what guests have on a host without one, it gives what the
 * contract promises. Only bits that differ are named, so that the template stays small and says what it is for; everything
 * that a template cannot bring about is said, element by element. Pure.
 */
import { cpuidElements } from '../../arch/x86/cpuid-elements.ts';
import { FIRECRACKER } from '../../arch/vmm/firecracker.ts';
import { promisedMask } from '../../engine/addition-units.ts';
import { rowFor } from '../../engine/vmm/index.ts';
import { fieldLatitude } from '../../engine/field-latitude.ts';
import { stringify } from '../../format/stringify.ts';
import { atMost, err, extract, fieldMask, latitude, ok } from '../../model/index.ts';
import type {
  Contract,
  Element,
  ExportOutcome,
  Exported,
  MeasuredWord,
  Promised,
  Registry,
  Result,
} from '../../model/index.ts';
import { exported, promisedFields } from '../export.ts';
import type { PromisedField } from '../export.ts';
import { assemble } from './assemble.ts';
import { isDump, overwritten } from './base.ts';
import type { Base } from './base.ts';
import { exportNotes } from './export-notes.ts';
import { slotOf, slotText } from './slot.ts';
import type { Slot } from './slot.ts';
import { isRegisterOfTemplates } from './template.ts';
import { templateJson } from './write.ts';

export interface ExportOptions {
  /** What guests have without a template where the guest is to start. */
  readonly base: Base;
  /** Name every promised bit, not only those that differ from the base. */
  readonly full: boolean;
  /** Also set features that the base does not show: the guest is told of them, whether the host has them or not. */
  readonly claim: boolean;
}

/** Fails with a sentence where contract and base are of CPUs that cannot stand for each other. */
export function exportTemplate(
  registry: Registry,
  contract: Contract,
  options: ExportOptions,
): Result<Exported, string> {
  const { base } = options;
  const why = registry.incomparable(shownBy(contract, base), base.measured);
  if (why !== null) return err(why);
  const whole = { ...contract, promises: [...contract.promises, ...absentLeaves(registry, contract, base)] };
  const words = new Map(whole.promises.map((promised) => [promised.word, promised]));
  const decided = new Map<string, Decision>();
  for (const field of promisedFields(registry, whole)) {
    const promised = words.get(field.word);
    if (promised !== undefined) decided.set(field.element, decide(registry, contract, promised, field, options));
  }
  const template = assemble(
    contract.architecture,
    base.surface,
    [...decided.values()].flatMap(({ set }) => set ?? []),
  );
  return ok(
    exported(registry, whole, {
      target: 'firecracker',
      artefact: { text: stringify(templateJson(template)) },
      notes: exportNotes(contract, template, options),
      outcome: ({ element }) => decided.get(element)?.outcome ?? cannot(NO_PLACE),
    }),
  );
}

/** The contract as a host that shows what it promises; what it does not speak of is as on the base. */
function shownBy({ architecture, promises }: Contract, { measured }: Base): Base['measured'] {
  const words = new Map(measured.words);
  for (const { word: path, width, value } of promises) {
    words.set(path, { path, width, value, latitude: { kind: 'free' }, mechanism: null, evidence: '' });
  }
  return { ...measured, architecture, words };
}

/**
 * A guest that was promised CPUID was promised zeros in every leaf that it did not have; those in which the base shows
 * something are part of what the template has to hide.
 */
function absentLeaves(registry: Registry, contract: Contract, { measured }: Base): Promised[] {
  const spoken = new Set(contract.promises.map(({ word }) => word));
  const unknown = new Set(contract.unknown.map(({ area }) => area));
  return [...measured.words.values()].flatMap(({ path: word, width, value }): Promised[] => {
    const isLeaf = slotOf(contract.architecture, word)?.in === 'cpuid';
    if (!isLeaf || spoken.has(word) || unknown.has(registry.area(word))) return [];
    const mask = promisedMask(registry, { path: word, width });
    return ((value ?? 0n) & mask) === 0n ? [] : [{ word, width, value: 0n, mask }];
  });
}

/** Bits that the template gets in one slot. */
export interface SetBits {
  readonly slot: Slot;
  readonly mask: bigint;
  readonly value: bigint;
}

interface Decision {
  readonly outcome: ExportOutcome;
  readonly set?: SetBits;
}

const cannot = (why: string): ExportOutcome => ({ how: 'cannot', why });
const inherent = (why: string): ExportOutcome => ({ how: 'inherent', why });

const NO_PLACE = 'a template has no place for it';
const DEFAULT = 'guests have it so on that host without a template';
const WRITTEN_ALIKE = 'Firecracker writes it so itself, after any template';
const OVERWRITTEN =
  'Firecracker writes it over a template (CPUID normalization, boot protocol): it comes from the host or is the same for all guests';
const OVERWRITTEN_UNKNOWN =
  'Firecracker writes it over a template, and only a dump of its own says what it writes on that host';
const NO_LEAF = 'the host has no such leaf, and a guest reads zeros there';
const LEAF_MISSING = 'KVM does not list the leaf on that host, and Firecracker refuses a template that names it';
const NOT_USED = 'the host does not have it, and the promised value says that it is not used';
const NOT_IN_BASE =
  'the base does not hold it, and Firecracker refuses a template that names what KVM does not read on that host';
const NO_VALUE = 'the base does not say what it holds there';
const TOO_WIDE = 'a template speaks of registers of 32, 64 and 128 bits';
const NOT_SHOWN =
  'guests do not have it on that host: a template would only claim it (--claim), and nothing would stand behind it';
const NOT_ASKED =
  'KVM takes no other value unless it is asked to let implementation registers be written, which Firecracker 1.16 does not: the guest would not start';
const NOT_TAKEN = 'KVM was seen not to take this value on that host';

function decide(
  registry: Registry,
  contract: Contract,
  promised: Promised,
  field: PromisedField,
  options: ExportOptions,
): Decision {
  const slot = slotOf(contract.architecture, promised.word);
  if (slot === null) return { outcome: byItself(registry, contract, field, options.base) };
  if (slot.in === 'features') return feature(slot, field);
  const word = options.base.measured.words.get(promised.word);
  const over = overwritten(options.base, slot);
  if (word === undefined && over.mask === 0n) return { outcome: absent(registry, slot, field) };
  if (word?.value === null) return { outcome: cannot(NO_VALUE) };
  const shown = ((word?.value ?? 0n) & ~over.constant) | over.value;
  const asked = fieldMask(field.field) & promised.mask;
  const differs = (shown ^ promised.value) & asked;
  const itself = asked & over.mask;
  if ((asked & over.dumped) !== 0n && !isDump(options.base)) return { outcome: cannot(OVERWRITTEN_UNKNOWN) };
  if ((differs & itself) !== 0n) return { outcome: cannot(OVERWRITTEN) };
  if (itself === asked) return { outcome: inherent(WRITTEN_ALIKE) };
  if (word === undefined) return { outcome: differs === 0n ? inherent(NO_LEAF) : cannot(LEAF_MISSING) };
  if (differs === 0n && !options.full) return { outcome: inherent(DEFAULT) };
  if (slot.in === 'registers' && !isRegisterOfTemplates(slot.id)) {
    return { outcome: differs === 0n ? inherent(DEFAULT) : cannot(TOO_WIDE) };
  }
  if (differs !== 0n && rowFor(FIRECRACKER, contract.architecture, promised.word)?.selects.how === 'insists') {
    return { outcome: cannot(NOT_ASKED) };
  }
  const against = differs === 0n || options.claim ? null : objection(field.field, field.value, word, shown, options);
  if (against !== null) return { outcome: cannot(against) };
  const mask = options.full ? asked & ~itself : differs;
  return {
    outcome: { how: 'set', by: slotText(slot) },
    set: { slot, mask, value: promised.value & mask },
  };
}

/** Why the template should not set this value although it could spell it. */
function objection(
  element: Element,
  value: bigint,
  word: MeasuredWord,
  shown: bigint,
  { base }: ExportOptions,
): string | null {
  if (exceeds(element, value, extract(element, shown))) return NOT_SHOWN;
  // A dump says nothing of what KVM would take; a probed host was asked.
  if (isDump(base)) return null;
  const found = fieldLatitude(element, word, word.value ?? 0n);
  return found.known && !latitude.contains(found.latitude, value) ? NOT_TAKEN : null;
}

/** True where the guest would be told of more than it has. */
function exceeds(element: Element, value: bigint, shown: bigint): boolean {
  switch (cpuidElements(element.word).find(({ path }) => path === element.path)?.selection) {
    case 'data':
      return false;
    case 'hardware':
      return value !== 0n;
    case 'mask':
    case undefined:
      return element.comparison !== 'exact' && element.comparison !== 'none' && !atMost(element, value, shown);
  }
}

/** A register or leaf that guests there do not have. */
function absent(registry: Registry, slot: Slot, { word, value, field }: PromisedField): ExportOutcome {
  if (slot.in === 'cpuid') return value === 0n ? inherent(NO_LEAF) : cannot(LEAF_MISSING);
  const neutral = registry.neutral(word);
  return neutral !== null && extract(field, neutral) === value ? inherent(NOT_USED) : cannot(NOT_IN_BASE);
}

/** KVM_ARM_VCPU_PSCI_0_2, which Firecracker sets for every guest (src/vmm/src/vstate/vcpu/aarch64.rs, init). */
const PSCI_0_2 = 2;

function feature(slot: Extract<Slot, { readonly in: 'features' }>, { value }: PromisedField): Decision {
  if (slot.bit === PSCI_0_2) {
    return { outcome: value === 1n ? inherent('every guest of Firecracker has it') : cannot(OVERWRITTEN) };
  }
  if (value === 0n) return { outcome: inherent('guests of Firecracker have it only where a template says so') };
  const bit = 1n << BigInt(slot.bit);
  return { outcome: { how: 'set', by: slotText(slot) }, set: { slot, mask: bit, value: bit } };
}

/** What no template speaks of: as Firecracker does it, which its profile knows. */
function byItself(registry: Registry, contract: Contract, promised: PromisedField, base: Base): ExportOutcome {
  const { word, value, field } = promised;
  const row = rowFor(FIRECRACKER, contract.architecture, word);
  if (row === null || row.selects.how === 'unknown') return cannot('whether Firecracker sets it was not read');
  const given = FIRECRACKER.defaults[contract.architecture].find(({ words }) =>
    words.some((pattern) => word.startsWith(pattern.replace('*', ''))),
  );
  const shown = given?.value ?? base.measured.words.get(word)?.value ?? registry.neutral(word);
  if (shown === null) return cannot(NO_VALUE);
  if (extract(field, shown) === value) return inherent('Firecracker asks KVM for nothing else');
  return cannot(NO_PLACE);
}
