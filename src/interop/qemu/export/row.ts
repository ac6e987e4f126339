/** What the profile's row says of an element that no argument is for. */
import { rowFor } from '../../../engine/vmm/rows.ts';
import { extract } from '../../../model/index.ts';
import type { Contract, ExportOutcome, Registry, VmmProfile, WordPath } from '../../../model/index.ts';
import type { PromisedField } from '../../export.ts';

/** True for words that a VMM sets and no host shows by itself: nobody asking means the neutral value. */
const SWITCHED = /^(?:switch|quirk|x2apic|vcpu)\//;

/** What a guest has where nobody asks; null where that is the host's. A vCPU feature that nobody asks for is off. */
function unasked(registry: Registry, word: WordPath): bigint | null {
  if (!SWITCHED.test(word)) return null;
  return word.startsWith('vcpu/') ? 0n : registry.neutral(word);
}

export function rowOutcome(
  registry: Registry,
  profile: VmmProfile,
  { architecture }: Contract,
  { word, field, value }: PromisedField,
): ExportOutcome {
  if (word.startsWith('behaviour/'))
    return { how: 'cannot', why: 'it is how the kernel behaves, which no argument changes' };
  const selects = rowFor(profile, architecture, word)?.selects ?? { how: 'unknown' };
  switch (selects.how) {
    case 'gives':
      return extract(field, selects.value) === value
        ? { how: 'inherent', why: 'its guests always have it' }
        : { how: 'cannot', why: 'its guests always have another value', gives: extract(field, selects.value) };
    case 'bits':
      return value === 0n
        ? { how: 'inherent', why: 'bits without a name are 0' }
        : { how: 'cannot', why: 'this QEMU has no name for the bit, and leaves it 0', gives: 0n };
    case 'itself':
      return byItself(registry, profile, architecture, { word, field, value }, selects.text);
    case 'never':
      return never(registry, { word, field, value });
    case 'off':
    case 'property':
      return { how: 'cannot', why: 'no argument gives this value' };
    case 'insists':
      return { how: 'cannot', why: selects.text };
    case 'unknown':
      return { how: 'cannot', why: 'whether this QEMU can set it was not read' };
  }
}

function byItself(
  registry: Registry,
  profile: VmmProfile,
  architecture: Contract['architecture'],
  { word, field, value }: Pick<PromisedField, 'word' | 'field' | 'value'>,
  text: string,
): ExportOutcome {
  const given = profile.defaults[architecture].find(
    ({ words, mask }) => mask === undefined && words.includes(word),
  )?.value;
  if (given !== undefined) {
    return extract(field, given) === value
      ? { how: 'inherent', why: `QEMU sets it by itself: ${text}` }
      : { how: 'cannot', why: `QEMU sets it by itself: ${text}`, gives: extract(field, given) };
  }
  if (SWITCHED.test(word)) return never(registry, { word, field, value });
  return {
    how: 'cannot',
    why: text.startsWith('from')
      ? 'no argument sets it: a guest that is migrated brings it along, one that is started gets what the host shows'
      : `QEMU sets it by itself: ${text}`,
  };
}

function never(
  registry: Registry,
  { word, field, value }: Pick<PromisedField, 'word' | 'field' | 'value'>,
): ExportOutcome {
  const neutral = unasked(registry, word);
  if (neutral === null) return { how: 'cannot', why: 'QEMU has no way to set it: the guest gets what the host shows' };
  return extract(field, neutral) === value
    ? { how: 'inherent', why: 'QEMU never asks for anything else' }
    : { how: 'cannot', why: 'QEMU never asks for it', gives: extract(field, neutral) };
}
