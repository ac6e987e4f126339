/** What sections mean that both architectures have. */
import { behaviourWord } from '../behaviour.ts';
import { isObject, KEY, list, measurement, record, row, textOf, word } from './meaning.ts';
import type { Meaning } from './meaning.ts';

const MEMBERS = ['number', 'name', 'value', 'errno'] as const;

const capability: Meaning = row('capability', MEMBERS, ({ value }) => {
  const named = textOf(value, 'name');
  const path = `capability/${named === '' ? textOf(value, 'number') : named}`;
  if (isObject(value) && value['errno'] !== undefined) return word(path, 'KVM_CHECK_EXTENSION does not answer for it');
  return word(path);
});

const ofSystem: Meaning = row('capability', MEMBERS, ({ value }) => {
  const named = textOf(value, 'name');
  return word(
    `capability/${named === '' ? textOf(value, 'number') : named}`,
    'only the system fd has it: it says nothing of a VM',
  );
});

export const CAPABILITIES: Meaning = record({
  scanned: measurement('how many numbers were asked'),
  system: list(ofSystem),
  vm: list(capability),
});

/** Section `ordering`: what the rules of order rest on. */
export const ORDERING: Meaning = record({
  ran: measurement('what the trials ran in'),
  trials: list(
    record({
      id: KEY,
      calls: measurement('the calls that were made'),
      of: measurement('on what the calls were made'),
      outcome: measurement('a trial of the order of calls: a rule of order rests on it, no word'),
      reads: measurement('what was read after the calls'),
    }),
  ),
});

/** Section `behaviour`: each row is a word, where the test came to an outcome. */
export const BEHAVIOUR: Meaning = record({
  rows: list(
    row('behaviour', ['id', 'outcome', 'why', 'reads', 'with'], ({ value }) => {
      const path = behaviourWord(textOf(value, 'id'));
      const came = isObject(value) && value['outcome'] !== null;
      return word(path, came ? null : 'the test came to no outcome on this host, which it says');
    }),
  ),
});
