/**
 * Held against QEMU's own checker: on its planted incompatibilities, on every pair of the recorded versions both ways, and on
 * dumps that were changed at random, it and we count the same, in the same sections and descriptions.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readDocument } from '../../../../src/format/index.ts';
import { DumpLoader, compare, readDump } from '../../../../src/interop/qemu/vmstate/index.ts';
import type { VmstateDump } from '../../../../src/interop/qemu/vmstate/index.ts';
import { dumpedMachines, vmstateDump } from '../../../../src/model/index.ts';
import type { Json } from '../../../../src/model/index.ts';
import { recordedVmms } from '../../../../src/cli/recorded.ts';
import { RUNS } from '../../../runs.ts';
import { findChecker, placesOf, runChecker } from './checker.ts';
import type { Checker } from './checker.ts';
import { description, dumpJson, field, section } from './sample.ts';
import type { DescriptionJson } from './sample.ts';

const corpora = fileURLToPath(new URL('../../../../../shared/corpora/qemu/', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'evenkeel-vmstate-'));
afterAll(() => rmSync(directory, { recursive: true }));

const checker = findChecker();

/** Each is a run of Python. */
const CHANGED = 60;

interface DumpFile {
  readonly path: string;
  readonly dump: VmstateDump;
}

function fileOf(name: string, json: Json): DumpFile {
  const path = join(directory, `${name}.json`);
  writeFileSync(path, JSON.stringify(json));
  const read = readDump(json);
  if (!read.ok) throw new Error(`${name}: ${read.error.message}`);
  return { path, dump: read.value };
}

/** How many problems both count. */
function bothCount(found: Checker, from: DumpFile, to: DumpFile): number {
  const checked = runChecker(found, from.path, to.path);
  const ours = compare(from.dump, to.dump);
  expect(placesOf(ours, from.dump)).toEqual(checked.places);
  expect(Math.min(255, ours.problems)).toBe(checked.status);
  return ours.problems;
}

async function recorded(architecture: string): Promise<DumpFile[]> {
  const files: DumpFile[] = [];
  for (const { name, path } of recordedVmms().filter((each) => each.name.endsWith(`/${architecture}`))) {
    const document = await readDocument(path);
    if (!document.ok || document.value.kind !== 'vmm-surface') throw new Error(`${path} is no VMM surface`);
    const { surface } = document.value;
    const [machine] = dumpedMachines(surface);
    const json = machine === undefined ? null : vmstateDump(surface, machine);
    if (json === null) throw new Error(`${path} has no dump`);
    files.push(fileOf(name.replaceAll('/', '-'), json));
  }
  return files;
}

describe("QEMU's vmstate-static-checker.py and we find the same", () => {
  test('on its own planted incompatibilities, both ways', async (context) => {
    if (typeof checker === 'string') return context.skip(checker);
    if (!existsSync(corpora)) return context.skip('../shared/corpora/qemu is not here');
    const [one, two] = await Promise.all(
      ['dump1', 'dump2'].map(async (name): Promise<DumpFile> => {
        const path = `${corpora}${name}.json`;
        const loaded = await new DumpLoader().load(path);
        if (!loaded.ok) throw new Error(loaded.error.message);
        return { path, dump: loaded.value };
      }),
    );
    if (one === undefined || two === undefined) throw new Error('two dumps');
    expect(bothCount(checker, one, two)).toBe(13);
    expect(bothCount(checker, two, one)).toBe(6);
  });

  test.for(['x86_64', 'arm64'])(
    'on every pair of the recorded QEMUs of %s',
    { timeout: 120_000 },
    async (architecture, context) => {
      if (typeof checker === 'string') return context.skip(checker);
      const files = await recorded(architecture);
      let found = 0;
      for (const from of files) for (const to of files) found += bothCount(checker, from, to);
      expect(found).toBeGreaterThan(100);
    },
  );

  test('on dumps that were changed at random', (context) => {
    if (typeof checker === 'string') return context.skip(checker);
    let found = 0;
    fc.assert(
      fc.property(dumps, dumps, (from, to) => {
        found += bothCount(checker, fileOf('from', from), fileOf('to', to));
      }),
      { numRuns: CHANGED },
    );
    expect(found).toBeGreaterThan(CHANGED);
  }, 240_000);
});

test('what was found one way does not change what is found on the way back', () => {
  const read = (json: Json): VmstateDump => {
    const dump = readDump(json);
    if (!dump.ok) throw new Error(dump.error.message);
    return dump.value;
  };
  let found = 0;
  fc.assert(
    fc.property(dumps, dumps, (one, other) => {
      const [a, b] = [read(one), read(other)];
      found += compare(a, b).findings.length;
      expect(compare(b, a)).toEqual(compare(read(other), read(one)));
    }),
    { numRuns: Math.min(RUNS, 1000) },
  );
  expect(found).toBeGreaterThan(100);
});

test.each(['x86_64', 'arm64'])('each recorded QEMU of %s loads what it saved itself', async (architecture) => {
  const files = await recorded(architecture);
  expect(files.length).toBeGreaterThanOrEqual(4);
  for (const { path, dump } of files) {
    const stands = compare(dump, dump).findings.filter(({ level }) => level !== 'same');
    // QEMU 11.1 saves two subsections of an eMMC under one name, and loads the second as the first.
    const twice = path.includes('qemu-11.1') ? ['sd-card/ext_csd_modes-state'] : [];
    expect(new Set(stands.map((finding) => finding.description))).toEqual(new Set(twice));
  }
});

/** Names that occur in the tables of renames, so that those are met too. */
const FIELD_NAMES = ['a', 'b', 'unused', 'unused', 'dev', 'parent_obj', 'card', 'ahci', 'ich9_ahci'];
const DESCRIPTION_NAMES = ['mch', 'e1000', 'ich9_ahci', 'ich9-ahci', 'inner'];

const versions = fc.record({ version_id: fc.nat({ max: 3 }), minimum_version_id: fc.nat({ max: 3 }) });

const { tree } = fc.letrec<{ tree: DescriptionJson; field: DescriptionJson }>((tie) => ({
  field: fc
    .tuple(
      fc.constantFrom(...FIELD_NAMES),
      fc.constantFrom(1, 2, 4, 8),
      fc.option(fc.constantFrom(1, 2, 3), { nil: null }),
      fc.nat({ max: 2 }),
      fc.option(tie('tree'), { nil: null, depthSize: 'small' }),
    )
    .map(([name, size, num, version_id, inner]) =>
      field(name, size, {
        version_id,
        ...(num === null ? {} : { num }),
        ...(inner === null ? {} : { Description: inner }),
      }),
    ),
  tree: fc
    .tuple(
      fc.constantFrom(...DESCRIPTION_NAMES),
      versions,
      fc.option(fc.array(tie('field'), { maxLength: 4 }), { nil: null }),
      fc.option(
        fc.array(
          fc.constantFrom('s/a', 's/b').chain((name) => versions.map((of) => description(name, of))),
          { maxLength: 2 },
        ),
        { nil: null },
      ),
    )
    .map(([name, of, fields, subsections]) =>
      description(name, {
        ...of,
        ...(fields === null ? {} : { Fields: fields }),
        ...(subsections === null ? {} : { Subsections: subsections }),
      }),
    ),
}));

const dumps: fc.Arbitrary<Json> = fc
  .dictionary(fc.constantFrom('mch', 'e1000', 'e1000-82540em', 'ICH9-LPC', 'device'), tree, { minKeys: 1 })
  .map((sections) => dumpJson(Object.fromEntries(Object.entries(sections).map(([name, of]) => [name, section(of)]))));
