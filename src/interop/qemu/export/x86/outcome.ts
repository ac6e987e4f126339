/** What becomes of one promised element, given the settings: said by an argument, right by itself, or not to be had. */
import { QEMU_AMD_ALIASES, qemuNames } from '../../../../arch/vmm/qemu-cpuid.ts';
import type { QemuProperty } from '../../../../arch/vmm/qemu-property.ts';
import { extract } from '../../../../model/index.ts';
import type { ExportOutcome, WordPath } from '../../../../model/index.ts';
import type { PromisedField } from '../../../export.ts';
import type { Promises } from '../promise.ts';
import { computed } from './computed.ts';
import type { Computed } from './computed.ts';
import { hypervOutcome } from './hyperv.ts';
import { computedMsr } from './msrs.ts';
import { isAmd } from './settings.ts';
import type { X86Settings } from './settings.ts';

const ALIASED: WordPath = 'cpuid/0x80000001:0/edx';

/** Null where no argument and no value of QEMU's own is known: the profile's row then decides. */
export function x86Outcome(settings: X86Settings, promises: Promises, promised: PromisedField): ExportOutcome | null {
  return (
    byProperty(settings, promised) ??
    byName(settings, promised) ??
    byAlias(promises, promised) ??
    hypervOutcome(settings.hyperv, promised) ??
    byValue(computedMsr(settings, promised.word), promised) ??
    byValue(computed(settings, promises, promised.word), promised) ??
    byRest(settings, promised)
  );
}

function byProperty({ written }: X86Settings, { word, field }: PromisedField): ExportOutcome | null {
  for (const [property, text] of written) {
    const covers = property.fields.some(
      (of) => of.word === word && of.shift <= field.shift && field.shift + field.width <= of.shift + of.width,
    );
    if (covers) return outcomeOf(property, text);
  }
  return null;
}

function outcomeOf({ name }: QemuProperty, text: string | null): ExportOutcome {
  return text === null
    ? { how: 'cannot', why: `no text of the property ${name} gives it` }
    : { how: 'set', by: `${name}=${text}` };
}

function byName({ version, features }: X86Settings, { word, field, value }: PromisedField): ExportOutcome | null {
  if (field.width !== 1) return null;
  const name = qemuNames(version, word)[field.shift];
  if (name === undefined || (word === ALIASED && isAlias(field.shift))) return null;
  const has = extract(field, features.get(word)?.value ?? 0n);
  if (has !== value)
    return { how: 'cannot', why: 'the one property is for several bits, of which not all are promised', gives: has };
  const said = extract(field, features.get(word)?.said ?? 0n) === 1n;
  return said
    ? { how: 'set', by: `${name}=${value === 1n ? 'on' : 'off'}` }
    : { how: 'inherent', why: 'the model has no feature that is not named' };
}

const isAlias = (shift: number): boolean => (QEMU_AMD_ALIASES >> shift) % 2 === 1;

/** CPUID_EXT2_AMD_ALIASES: x86_cpu_realizefn copies them for AMD and clears them for others. */
function byAlias(promises: Promises, { word, field, value }: PromisedField): ExportOutcome | null {
  if (word !== ALIASED || !isAlias(field.shift)) return null;
  const first = extract(field, promises.get('cpuid/0x1:0/edx')?.value ?? 0n);
  const given = isAmd(promises) ? first : 0n;
  return given === value
    ? { how: 'inherent', why: 'on AMD it repeats leaf 1, elsewhere it is 0' }
    : { how: 'cannot', why: 'on AMD it repeats leaf 1, elsewhere it is 0', gives: given };
}

function byValue(found: Computed | null, { field, value }: PromisedField): ExportOutcome | null {
  if (found === null) return null;
  const { value: given, hosts, why } = found;
  if (given === null || extract(field, hosts ?? 0n) !== 0n) return { how: 'cannot', why };
  const gives = extract(field, given);
  return gives === value ? { how: 'inherent', why } : { how: 'cannot', why, gives };
}

/** Of words with names: what has none is 0. */
function byRest({ version, features }: X86Settings, { word, value }: PromisedField): ExportOutcome | null {
  if (!features.has(word) && Object.keys(qemuNames(version, word)).length === 0) return null;
  return value === 0n
    ? { how: 'inherent', why: 'bits without a name are 0' }
    : { how: 'cannot', why: 'this QEMU has no name for the bit, and leaves it 0', gives: 0n };
}
