/** Dumps that somebody else wrote: what is not as QEMU writes it ends the reading, with its place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeDocumentError, parseJson, readDocument } from '../../../../src/format/index.ts';
import { DumpLoader, compare, readDump } from '../../../../src/interop/qemu/vmstate/index.ts';
import type { Json } from '../../../../src/model/index.ts';
import { dumpedMachines, vmstateDump } from '../../../../src/model/index.ts';
import { recordedVmms } from '../../../../src/cli/recorded.ts';
import { RUNS } from '../../../runs.ts';
import { description, dumpJson, field, section } from './sample.ts';
import type { DescriptionJson } from './sample.ts';

const good = (): Json =>
  dumpJson({
    device: section(
      description('device', {
        Fields: [
          field('a', 4),
          field('s', 16, { Description: description('inner', { Fields: [field('b', 2, { num: 8 })] }) }),
        ],
        Subsections: [description('device/more', { Fields: [field('c', 1)] })],
      }),
    ),
  });

function fault(text: string): string {
  const read = new DumpLoader().parse('dump.json', new TextEncoder().encode(text));
  return read.ok ? 'nothing is wrong' : describeDocumentError(read.error);
}

function nested(levels: number): DescriptionJson {
  let inner = description('deepest');
  for (let level = 1; level < levels; level++) {
    inner = description('deep', { Fields: [field('s', 1, { Description: inner })] });
  }
  return inner;
}

/** The careful way reads some hundred a second. */
const CAREFUL = 1000;

const text = JSON.stringify(good(), null, 2);

describe('what is wrong is told with its place', () => {
  test.each<[what: string, text: string, says: string]>([
    ['cut short', text.slice(0, -20), 'this is not JSON: the text ends'],
    ['nothing', '', 'the file is empty'],
    ['a list', '[]', 'a dump of -dump-vmstate is a JSON object'],
    ['an empty object', '{}', 'no section is in it'],
    ['a section that is a number', '{"a": 1}', '/a: a section is an object'],
    ['no version', '{"a": {"Name": "a"}}', '/a/version_id: expected a whole number'],
    [
      'a version as text',
      text.replace('"version_id": 1', '"version_id": "1"'),
      '/device/version_id: expected a whole number',
    ],
    [
      'half a version',
      text.replace('"version_id": 1', '"version_id": 1.5'),
      '/device/version_id: expected a whole number',
    ],
    [
      'a negative size',
      text.replace('"size": 4', '"size": -4'),
      '/device/Description/Fields/0/size: a size is not negative',
    ],
    [
      'a number of elements below 0',
      text.replace('"num": 8', '"num": -8'),
      '/device/Description/Fields/1/Description/Fields/0/num: ',
    ],
    ['a machine type without a name', '{"vmschkmachine": {}}', '/vmschkmachine/Name: expected a text'],
    [
      'fields that are no list',
      '{"a": {"version_id": 1, "Description": {"name": "a", "version_id": 1, "Fields": {}}}}',
      '/a/Description/Fields: expected a list',
    ],
    [
      'a description that is null',
      '{"a": {"version_id": 1, "Description": null}}',
      '/a/Description: a description is an object',
    ],
    [
      'a subsection that is a text',
      '{"a": {"version_id": 1, "Description": {"name": "a", "version_id": 1, "Subsections": ["b"]}}}',
      '/a/Description/Subsections/0: a description is an object',
    ],
    [
      'a key twice',
      text.replace('"field": "a",', '"field": "b", "field": "a",'),
      '/device/Description/Fields/0/field: the key is here twice',
    ],
    [
      'a device type twice',
      text.replace('"device": {', '"device": {"version_id": 1}, "device": {'),
      '/device: the key is here twice',
    ],
    ['structs in each other without end', `{"a": ${'{"Description": '.repeat(100_000)}`, 'levels of nesting'],
  ])('%s', (_, wrong, says) => {
    const told = fault(wrong);
    expect(told).toContain(says);
    expect(told).toMatch(/^dump\.json/);
  });
});

test('more structs in each other than any QEMU has', () => {
  const read = readDump(dumpJson({ d: section(nested(40)) }));
  expect(read).toMatchObject({ ok: false, error: { message: 'more than 32 descriptions in each other' } });
});

test('names that objects inherit are names like any other', () => {
  const json = JSON.parse(
    `{"constructor": {"version_id": 1, "Description": {"name": "__proto__", "version_id": 1}}}`,
  ) as Json;
  const read = readDump(json);
  if (!read.ok) throw new Error(read.error.message);
  expect([...read.value.sections.keys()]).toEqual(['constructor']);
  expect(compare(read.value, read.value).findings).toEqual([]);
});

test('dumps of one program for several machine types are read once, and each keeps its machine type', () => {
  const loader = new DumpLoader();
  const read = (machine: string): unknown =>
    loader.parse('d', new TextEncoder().encode(text.replace('pc-q35-7.2', machine)));
  expect(read('pc-q35-7.2')).toMatchObject({ ok: true, value: { machine: 'pc-q35-7.2' } });
  expect(read('microvm')).toMatchObject({ ok: true, value: { machine: 'microvm' } });
});

test('a dump that anybody damaged is refused or read, never more, and then compares', () => {
  const damage = fc.record({
    at: fc.nat({ max: text.length - 1 }),
    length: fc.nat({ max: 30 }),
    instead: fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '1', '-1', 'null', '"Fields"', '1e999', '\\u0000'),
  });
  let taken = 0;
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      let damaged = text;
      for (const { at, length, instead } of damages)
        damaged = damaged.slice(0, at) + instead + damaged.slice(at + length);
      const read = new DumpLoader().parse('d', new TextEncoder().encode(damaged));
      if (!read.ok) return describeDocumentError(read.error) !== '';
      taken++;
      return compare(read.value, read.value).problems >= 0;
    }),
    { numRuns: RUNS },
  );
  expect(taken).toBeGreaterThan(0);
});

/** As QEMU lays it out: some device types of a recorded one. */
async function excerpt(): Promise<string> {
  const recorded = recordedVmms().find(({ name }) => name === 'vmm/qemu-11.1/x86_64');
  if (recorded === undefined) throw new Error('QEMU 11.1 is recorded');
  const document = await readDocument(recorded.path);
  if (!document.ok || document.value.kind !== 'vmm-surface') throw new Error('a VMM surface');
  const { surface } = document.value;
  const dump = vmstateDump(surface, dumpedMachines(surface)[0] ?? '') ?? {};
  return JSON.stringify(Object.fromEntries(Object.entries(dump).slice(0, 8)), null, 2);
}

test('what is read at once is what the careful way reads, and nothing else is', async () => {
  const whole = await excerpt();
  const lines = whole.split('\n');
  const change = fc.oneof(
    fc.record({ line: fc.nat({ max: lines.length - 1 }), to: fc.constant<string | null>(null) }),
    fc.record({
      line: fc.nat({ max: lines.length - 1 }),
      to: fc.oneof(
        fc.constantFrom(
          '"size": 8,',
          '"size": "8",',
          '"num": 2,',
          '"num": null,',
          '"version_id": -1,',
          '"name": "a:b",',
        ),
        fc.constantFrom(
          '{',
          '}',
          '"Fields": [',
          '],',
          '"é": 1,',
          '"field": "\\u0061",',
          '"__proto__": 1,',
          '"other": {},',
        ),
        fc.constantFrom(...lines),
      ),
    }),
  );
  const met = { read: 0, refused: 0 };
  const asCarefully = (damaged: string): void => {
    const bytes = new TextEncoder().encode(damaged);
    const read = new DumpLoader().parse('d', bytes);
    const json = parseJson('d', bytes);
    const careful = json.ok ? readDump(json.value) : json;
    met[read.ok ? 'read' : 'refused']++;
    if (careful.ok) expect(read).toEqual(careful);
    else expect(read.ok).toBe(false);
  };
  asCarefully(whole);
  expect(met).toEqual({ read: 1, refused: 0 });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), fc.boolean(), (changes, added) => {
      const damaged = [...lines];
      for (const { line, to } of changes) damaged.splice(line, added ? 0 : 1, ...(to === null ? [] : [to]));
      asCarefully(damaged.join('\n'));
    }),
    { numRuns: Math.min(RUNS, CAREFUL) },
  );
  expect(Math.min(met.read, met.refused)).toBeGreaterThan(0);
});
